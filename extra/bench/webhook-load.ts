import { createHmac, randomUUID } from "node:crypto";
import http from "node:http";

/**
 * A load generator in a process of its own, as it would take time from the server it measures: keep-alive connections that send signed pushes.
 * Each delivery has an id of its own, and connections come from many addresses of 127.0.0.0/8, since limits are counted for each.
 */

export interface LoadPlan {
    /** Addresses that are sent to, in turn. */
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

function delivery(plan: LoadPlan): { body: string; headers: Record<string, string> } {
    const after = createHmac("sha1", plan.secret).update(randomUUID()).digest("hex");
    const commit = { id: after, message: "A change", timestamp: "2026-01-31T10:00:00Z", author: { name: "Ada", email: "ada@example.org" }, added: [], modified: ["www/index.html"], removed: [] };
    const body = JSON.stringify({ ...BODY, after, commits: [commit], head_commit: commit });
    const signature = createHmac("sha256", plan.secret).update(body).digest("hex");
    return { body, headers: { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)), "x-github-event": "push", "x-github-delivery": randomUUID(), "x-hub-signature-256": `sha256=${signature}` } };
}

async function send(url: string, agent: http.Agent, { body, headers }: ReturnType<typeof delivery>): Promise<number> {
    return await new Promise((resolve, reject) => {
        const request = http.request(url, { method: "POST", agent, headers }, (response) => {
            response.resume();
            response.once("end", () => resolve(response.statusCode ?? 0));
        });
        request.once("error", reject);
        request.end(body);
    });
}

async function run(plan: LoadPlan): Promise<LoadResult> {
    const result: LoadResult = { accepted: 0, refused: {}, seconds: 0, latenciesMs: [] };
    const startedAt = performance.now();
    const endAt = startedAt + plan.seconds * 1000;
    let next = 0;
    const connection = async (number: number) => {
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1, localAddress: `127.0.${1 + Math.floor(number / 200)}.${1 + (number % 200)}` });
        for (;;) {
            const turn = next++;
            const dueAt = plan.perSecond === null ? performance.now() : startedAt + (turn * 1000) / plan.perSecond;
            if (dueAt > endAt) {
                agent.destroy();
                return;
            }
            const prepared = delivery(plan);
            const waitMs = dueAt - performance.now();
            if (waitMs > 0) {
                await new Promise((resolve) => setTimeout(resolve, waitMs));
            }
            const sentAt = plan.perSecond === null ? performance.now() : dueAt;
            const status = await send(plan.urls[turn % plan.urls.length] ?? "", agent, prepared).catch((error: unknown) => String(error));
            if (status === 200 || status === 202) {
                result.accepted += 1;
                result.latenciesMs.push(performance.now() - sentAt);
            } else {
                result.refused[status] = (result.refused[status] ?? 0) + 1;
            }
        }
    };
    await Promise.all(Array.from({ length: plan.connections }, (_, number) => connection(number)));
    result.seconds = (performance.now() - startedAt) / 1000;
    return result;
}

process.once("message", (plan) => {
    void run(plan as LoadPlan).then((result) => process.send?.(result, () => process.exit(0)));
});
