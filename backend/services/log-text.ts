import type { StepName } from "../../common/deployment.ts";
import { formatLogLine } from "../../common/log-line.ts";
import type { LogInput } from "../../common/schemas.ts";
import type { LogLine } from "../../common/views.ts";
import type { Deployment } from "../domain/entities.ts";
import type { DeploymentLogs } from "../domain/ports.ts";

const TAIL_BYTES = 1024 * 1024;
const READ_BYTES = 1024 * 1024;
const PAGE_LINES = 10_000;
const BUILD_STEPS: ReadonlySet<StepName> = new Set<StepName>(["fetch", "checkout", "pre-build", "build", "post-build"]);

/** Of a longer log the two halves are taken from its end: nobody waits for 80 MiB to be read. */
const MAX_SCAN_BYTES = 8 * 1024 * 1024;

type LogOf = Pick<Deployment, "id" | "createdAt">;

/** The log in the two halves that the data model has: up to the built images, and from the release on. The last 1 MiB of each. */
export async function logTails(logs: Pick<DeploymentLogs, "read" | "query">, deployment: LogOf): Promise<{ build: string; deployment: string; size: number }> {
    const { size } = await logs.read(deployment, 0, 0);
    const build = new Tail();
    const release = new Tail();
    for await (const line of lines(logs, deployment, { offset: Math.max(0, size - MAX_SCAN_BYTES) })) {
        (BUILD_STEPS.has(line.step) ? build : release).add(line);
    }
    return { build: build.text, deployment: release.text, size };
}

/** For those who read the log by itself: two MiB less to carry. */
export async function withoutText(logs: Pick<DeploymentLogs, "read">, deployment: LogOf): Promise<{ build: string; deployment: string; size: number }> {
    return { build: "", deployment: "", size: (await logs.read(deployment, 0, 0)).size };
}

/** Byte for byte what the file holds, so that whoever counts can go on from where it ended. */
export async function* rawText(logs: Pick<DeploymentLogs, "read">, deployment: LogOf, offset: number): AsyncIterable<string> {
    for (let next = offset; ; ) {
        const chunk = await logs.read(deployment, next, READ_BYTES);
        if (chunk.text === "") {
            return;
        }
        yield chunk.text;
        next = chunk.nextOffset;
    }
}

/** The lines that the filter lets through, at most `limit` of them. */
export async function* filteredText(logs: Pick<DeploymentLogs, "query">, deployment: LogOf, input: LogInput): AsyncIterable<string> {
    for await (const line of lines(logs, deployment, input)) {
        yield `${formatLogLine(line)}\n`;
    }
}

async function* lines(logs: Pick<DeploymentLogs, "query">, deployment: LogOf, input: LogInput): AsyncIterable<LogLine> {
    let { offset } = input;
    for (let left = input.limit ?? Infinity; left > 0; ) {
        const page = await logs.query(deployment, { ...input, offset, limit: Math.min(left, PAGE_LINES) });
        yield* page.lines;
        if (page.nextOffset <= offset || page.nextOffset >= page.size) {
            return;
        }
        left -= page.lines.length;
        offset = page.nextOffset;
    }
}

class Tail {
    #lines: string[] = [];
    #bytes = 0;
    #first = 0;

    add(line: LogLine): void {
        const text = `${formatLogLine(line)}\n`;
        this.#lines.push(text);
        this.#bytes += Buffer.byteLength(text);
        while (this.#bytes > TAIL_BYTES && this.#first < this.#lines.length - 1) {
            this.#bytes -= Buffer.byteLength(this.#lines[this.#first] ?? "");
            this.#first += 1;
        }
        // Dropping the front of an array one by one would be quadratic.
        if (this.#first > 4096) {
            this.#lines = this.#lines.slice(this.#first);
            this.#first = 0;
        }
    }

    get text(): string {
        return this.#lines.slice(this.#first).join("");
    }
}
