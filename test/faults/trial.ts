import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { DeploymentDetail } from "../../common/views.ts";
import { pause, until } from "../fixtures/server.ts";
import type { LinkedStack, LinkOptions, TestBed } from "../fixtures/test-bed.ts";
import { dockerfile, webService } from "../fixtures/web-service.ts";

/** One row of the table that the fault tests print. */
export interface Finding {
    fault: string;
    /** What the person sees: status, code and sentence. */
    seen: string;
    /** What the stack did meanwhile and where it ended. */
    served: string;
    /** How it went on when the fault was over, without a restart of the server. */
    healed: string;
}

export interface Fault {
    name: string;
    run(bed: TestBed): Promise<Finding>;
}

/** Long enough that a fault can be made while the step runs. */
export const SLOW_BUILD = dockerfile(["RUN sleep 3"]);

const SERVED_EVERY_MS = 100;

/** A stack that serves "one", and what is looked at when a fault has hit it. */
export class Trial {
    readonly stack: LinkedStack;
    readonly #bed: TestBed;
    readonly #pages = new Set<string>();
    #version = 1;

    private constructor(bed: TestBed, stack: LinkedStack) {
        this.#bed = bed;
        this.stack = stack;
    }

    static async open(bed: TestBed, options: LinkOptions): Promise<Trial> {
        return await Trial.of(bed, await bed.link({ ...options, buildConfig: { maxRetries: 0, settleTime: 1, ...options.buildConfig } }));
    }

    /** With a stack that was linked in another way. */
    static async of(bed: TestBed, stack: LinkedStack): Promise<Trial> {
        const trial = new Trial(bed, stack);
        const done = await stack.finished((await stack.push(webService({ port: stack.port, version: "one" }))).deploymentId);
        trial.expect(done.status === "successful", `the first push ended ${done.status}: ${done.error ?? ""}`);
        return trial;
    }

    /** Pushes the next version; what else changes comes with it. */
    async push(files: Parameters<LinkedStack["push"]>[0] = {}): Promise<{ deploymentId: string; version: string }> {
        const version = `v${(this.#version += 1)}`;
        const { deploymentId, reply } = await this.stack.push({ "www/index.html": `${version}\n`, ...files });
        this.expect(reply.status === 202, `a push was answered ${reply.status} ${JSON.stringify(reply.body)}`);
        return { deploymentId, version };
    }

    /** From now on; `null` for what every trial has. A short deadline must not end the runs before and after the fault. */
    async setTimeLimit(seconds: number | null): Promise<void> {
        await this.stack.api.expectOk("PUT", `${this.stack.path}/build-config`, { timeout: seconds ?? 120 });
    }

    /** Asks the stack's page again and again while something happens; what it answered is part of the finding. */
    async watching<T>(work: () => Promise<T>): Promise<T> {
        let isOver = false;
        const watch = (async () => {
            while (!isOver) {
                this.#pages.add((await this.stack.served()) ?? "nothing");
                await pause(SERVED_EVERY_MS);
            }
        })();
        try {
            return await work();
        } finally {
            isOver = true;
            await watch;
        }
    }

    /**
     * What is to be true after the fault: the stack serves `served`, the next push is deployed without a restart, and nothing is left behind.
     * @throws with what was not so
     */
    async close(fault: string, done: DeploymentDetail | string, served: string): Promise<Finding> {
        const serves = await this.stack.served();
        this.expect(serves === served, `the stack serves ${String(serves)} and not ${served}`);
        const { deploymentId, version } = await this.push({ Dockerfile: dockerfile() });
        const next = await this.stack.finished(deploymentId, 120_000);
        this.expect(next.status === "successful", `the next push ended ${next.status} ${next.errorCode ?? ""}: ${next.error ?? ""}`);
        this.expect((await this.stack.served()) === version, `after the next push the stack serves ${String(await this.stack.served())}`);
        await this.expectNothingLeft();
        const pages = this.#pages.size === 0 ? "" : `answered ${[...this.#pages].join(", ")}; `;
        return {
            fault,
            seen: typeof done === "string" ? done : `${done.status}${done.errorCode === null ? "" : ` \`${done.errorCode}\``}${done.error === null ? "" : `: ${done.error}`}`,
            served: `${pages}ended on ${served}`,
            healed: `next push ${next.status}${next.attempt > 1 ? ` at attempt ${next.attempt}` : ""}`,
        };
    }

    async expectNothingLeft(): Promise<void> {
        await until("nothing is left behind", async () => (await this.#leftBehind()).length === 0, 20_000).catch(async () => this.fail(`left behind: ${(await this.#leftBehind()).join(", ")}`));
    }

    async #leftBehind(): Promise<string[]> {
        const own = path.join(this.#bed.server.dataDirectory, "git-deploy");
        const left: string[] = [];
        for (const folder of ["work", "keys"]) {
            left.push(...(existsSync(path.join(own, folder)) ? await readdir(path.join(own, folder)) : []).map((name) => `${folder}/${name}`));
        }
        const mirrors = existsSync(path.join(own, "mirrors")) ? await readdir(path.join(own, "mirrors"), { recursive: true }) : [];
        left.push(...mirrors.filter((name) => /\.lock$|tmp_(?:pack|idx|obj)|\.keep$/.test(name)));
        left.push(...(await this.stack.containers()).filter(({ state }) => state !== "running").map(({ id, state }) => `container ${id.slice(0, 12)} ${state}`));
        for (const { id, status, steps } of await Promise.all((await this.stack.deployments()).map((each) => this.stack.deployment(each.id)))) {
            left.push(...steps.filter((step) => step.status === "running").map((step) => `step ${step.name} of ${id} (${status})`));
        }
        left.push(...(await childrenOf(this.#bed.server.pid)));
        return left;
    }

    expect(isSo: boolean, otherwise: string): void {
        if (!isSo) {
            this.fail(otherwise);
        }
    }

    fail(message: string): never {
        throw new Error(`${this.stack.name}: ${message}`);
    }
}

/** Argument lists of git and docker processes that the server has started. */
export async function childrenOf(pid: number): Promise<string[]> {
    const children = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "")).trim().split(" ").filter((each) => each !== "");
    const named = await Promise.all(children.map(async (child) => (await readFile(`/proc/${child}/cmdline`, "utf8").catch(() => "")).replaceAll("\0", " ").trim()));
    return named.filter((line) => /\b(?:git|docker|ssh)\b/.test(line) && !line.includes("esbuild"));
}
