import { createHmac, randomUUID } from "node:crypto";
import net from "node:net";
import { pause, startServer } from "../../test/fixtures/server.ts";
import { printTable, spread, usageOfTree, watchMemory } from "./measure.ts";

/**
 * Memory of the server while twenty of the largest deliveries that a provider may send arrive at once, against idle before, and afterwards.
 * `GIT_DEPLOY_TEST_SERVER=compiled npx tsx extra/bench/deliveries-memory.ts [rounds]`; build this project first.
 */

const rounds = Number(process.argv[2] ?? 3);
const DELIVERIES = 20;
const BYTES = 25 * 1024 * 1024;
const SECRET = "0123456789abcdef0123456789abcdef";
const SETTLE_MS = 15_000;

/** A push whose commit message alone makes it as large as it may be. */
function delivery(): { body: Buffer; headers: Record<string, string> } {
    const push = (message: string) => JSON.stringify({ ref: "refs/heads/other", before: "0".repeat(40), after: "a".repeat(40), commits: [{ id: "a".repeat(40), message, added: [], modified: ["a"], removed: [] }], repository: { full_name: "team/app" } });
    const body = Buffer.from(push("x".repeat(BYTES - push("").length)));
    const signature = createHmac("sha256", SECRET).update(body).digest("hex");
    return { body, headers: { "content-type": "application/json", "x-github-event": "push", "x-github-delivery": randomUUID(), "x-hub-signature-256": `sha256=${signature}` } };
}

const silent = net.createServer(() => undefined);
await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
const server = await startServer({ env: { GIT_DEPLOY_LOG_LEVEL: "warn" } });
const memory = async () => (await usageOfTree(server.pid)).memoryMib;
const samples = { idle: [] as number[], highest: [] as number[], afterwards: [] as number[] };
const answers = new Map<number, number>();
try {
    await server.api.expectOk("PUT", "/api/v1/stacks/large", {});
    const { id } = await server.api.expectOk<{ id: string }>("PUT", "/api/v1/stacks/large/repository", {
        url: `http://127.0.0.1:${(silent.address() as net.AddressInfo).port}/team/app.git`,
        branch: "main",
        authType: "none",
        provider: "github",
        webhookSecret: SECRET,
    });
    for (let round = 0; round < rounds; round += 1) {
        await pause(SETTLE_MS);
        samples.idle.push(await memory());
        const watch = watchMemory(server.pid);
        await Promise.all(
            Array.from({ length: DELIVERIES }, async () => {
                const { body, headers } = delivery();
                const { status } = await fetch(`${server.url}/api/webhooks/deploy/${id}`, { method: "POST", headers, body: new Uint8Array(body) });
                answers.set(status, (answers.get(status) ?? 0) + 1);
            }),
        );
        samples.highest.push(await watch.stop());
        await pause(SETTLE_MS);
        samples.afterwards.push(await memory());
    }
} finally {
    await server.remove();
    silent.close();
}
printTable(
    ["memory of the process tree, MiB", ""],
    [
        ["idle before", spread(samples.idle)],
        [`highest, ${DELIVERIES} deliveries of 25 MiB at once`, spread(samples.highest)],
        ["more than idle", spread(samples.highest.map((highest, round) => highest - (samples.idle[round] ?? 0)))],
        [`${SETTLE_MS / 1000} s afterwards`, spread(samples.afterwards)],
        ["answers", [...answers].map(([status, count]) => `${count} x ${status}`).join(", ")],
    ],
);
process.exit(0);
