import { createHmac, randomBytes, randomUUID } from "node:crypto";
import net from "node:net";

/**
 * A load generator in a process of its own, as it would take time from the server it measures: keep-alive connections that send signed pushes.
 * Each delivery has an id of its own, and connections come from many addresses of 127.0.0.0/8, since limits are counted for each.
 * It writes HTTP itself: an HTTP client costs as much of the machine as the servers that are compared.
 */

export interface LoadPlan {
    /** Addresses of one server that are sent to, in turn. */
    urls: string[];
    secret: string;
    connections: number;
    seconds: number;
    /** Requests per second of all connections together; null: as fast as they are answered. */
    perSecond: number | null;
}

export interface LoadResult {
    accepted: number;
    refused: Record<string, number>;
    seconds: number;
    /** Of every accepted request, in milliseconds; from when it was due to its answer, so that waiting for a slow server counts. */
    latenciesMs: number[];
}

const BODY = { ref: "refs/heads/main", before: "0".repeat(40), after: "", created: false, deleted: false, forced: false, commits: [] as object[], head_commit: null as object | null, pusher: { name: "ada", email: "ada@example.org" }, repository: { id: 1, full_name: "team/app", clone_url: "", ssh_url: "", html_url: "", default_branch: "main" } };

function delivery(url: URL, secret: string): string {
    const after = randomBytes(20).toString("hex");
    const commit = { id: after, message: "A change", timestamp: "2026-01-31T10:00:00Z", author: { name: "Ada", email: "ada@example.org" }, added: [], modified: ["www/index.html"], removed: [] };
    const body = JSON.stringify({ ...BODY, after, commits: [commit], head_commit: commit });
    const signature = createHmac("sha256", secret).update(body).digest("hex");
    return [
        `POST ${url.pathname} HTTP/1.1`,
        `host: ${url.host}`,
        "user-agent: GitHub-Hookshot/1",
        "content-type: application/json",
        `content-length: ${Buffer.byteLength(body)}`,
        "x-github-event: push",
        `x-github-delivery: ${randomUUID()}`,
        `x-hub-signature-256: sha256=${signature}`,
        "",
        body,
    ].join("\r\n");
}

/** One connection that asks and waits for its answer, again and again. */
class Connection {
    readonly #socket: net.Socket;
    #received = "";
    #waiting: { resolve: (status: number) => void; reject: (error: Error) => void } | null = null;

    constructor(url: URL, localAddress: string) {
        this.#socket = net.connect({ host: url.hostname, port: Number(url.port), localAddress, noDelay: true });
        this.#socket.setEncoding("latin1").on("data", (text: string) => this.#read(text));
        this.#socket.on("error", (error) => this.#waiting?.reject(error)).on("close", () => this.#waiting?.reject(new Error("The connection was closed.")));
    }

    async send(request: string): Promise<number> {
        return await new Promise((resolve, reject) => {
            this.#waiting = { resolve, reject };
            this.#socket.write(request);
        });
    }

    close(): void {
        this.#waiting = null;
        this.#socket.destroy();
    }

    #read(text: string): void {
        this.#received += text;
        const headEnd = this.#received.indexOf("\r\n\r\n");
        const length = /\r\ncontent-length: (\d+)\r\n/i.exec(this.#received.slice(0, headEnd + 2));
        if (headEnd >= 0 && length === null) {
            this.#waiting?.reject(new Error("The answer does not say how long it is."));
        }
        if (headEnd >= 0 && this.#received.length >= headEnd + 4 + Number(length?.[1])) {
            const status = Number(this.#received.slice("HTTP/1.1 ".length, "HTTP/1.1 ".length + 3));
            this.#received = "";
            this.#waiting?.resolve(status);
        }
    }
}

async function run(plan: LoadPlan): Promise<LoadResult> {
    const result: LoadResult = { accepted: 0, refused: {}, seconds: 0, latenciesMs: [] };
    const urls = plan.urls.map((url) => new URL(url));
    const startedAt = performance.now();
    const endAt = startedAt + plan.seconds * 1000;
    let next = 0;
    const connect = async (number: number) => {
        const connection = new Connection(urls[0] as URL, `127.0.${1 + Math.floor(number / 200)}.${1 + (number % 200)}`);
        for (;;) {
            const turn = next++;
            const dueAt = plan.perSecond === null ? performance.now() : startedAt + (turn * 1000) / plan.perSecond;
            if (dueAt > endAt) {
                connection.close();
                return;
            }
            const prepared = delivery(urls[turn % urls.length] as URL, plan.secret);
            const waitMs = dueAt - performance.now();
            if (waitMs > 0) {
                await new Promise((resolve) => setTimeout(resolve, waitMs));
            }
            const sentAt = plan.perSecond === null ? performance.now() : dueAt;
            const status = await connection.send(prepared);
            if (status === 200 || status === 202) {
                result.accepted += 1;
                result.latenciesMs.push(performance.now() - sentAt);
            } else {
                result.refused[status] = (result.refused[status] ?? 0) + 1;
            }
        }
    };
    await Promise.all(Array.from({ length: plan.connections }, (_, number) => connect(number)));
    result.seconds = (performance.now() - startedAt) / 1000;
    return result;
}

process.once("message", (plan) => {
    void run(plan as LoadPlan).then((result) => process.send?.(result, () => process.exit(0)));
});
