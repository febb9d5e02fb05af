import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { openDatabase } from "../../db/database.ts";
import { printTable, quantile, timed } from "./measure.ts";
import { callAgent, logIn, startServerOf } from "./servers.ts";

/**
 * How long a browser waits for the history of a stack with very many deployments: pages of it, filters, text searches and statistics over its socket.
 * `npx tsx extra/bench/history.ts [requests] [deployments]`; build this project first.
 */

const requests = Number(process.argv[2] ?? 300);
const deployments = Number(process.argv[3] ?? 100_000);
const STACK = "busy";
const MINUTE_MS = 60_000;
/** One a minute, until now. */
const FIRST_AT = Date.now() - deployments * MINUTE_MS;

/** Messages as people write them: a word that all of them have, one that one in a thousand has, and one that none has. */
const INSERT = `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${deployments})
INSERT INTO deployments (id, stack_id, kind, commit_sha, commit_message, commit_author, branch, must_check_paths, is_rebuild, status, started_at, completed_at, duration, triggered_by, triggered_by_user, attempt, created_at)
SELECT printf('00000000-0000-4000-8000-%012d', n), '${STACK}', 'deploy', lower(hex(randomblob(20))),
    printf('Change %d: correct the total of an order', n) || CASE WHEN n % 1000 = 0 THEN ' after a refund' ELSE '' END || char(10) || char(10) || 'The customer saw the amount before the discount, as the cart was read too early.',
    printf('Author %d', n % 40), CASE WHEN n % 50 = 0 THEN 'feature/cart' ELSE 'main' END, 0, 0, CASE WHEN n % 20 = 0 THEN 'failed' ELSE 'successful' END,
    ${FIRST_AT} + n * ${MINUTE_MS}, ${FIRST_AT} + n * ${MINUTE_MS} + 30000, 30.0, CASE WHEN n % 30 = 0 THEN 'manual' ELSE 'webhook' END, printf('author-%d', n % 40), 1, ${FIRST_AT} + n * ${MINUTE_MS} FROM numbers`;

const QUERIES: [name: string, filter: object][] = [
    ["first page", {}],
    ["page 2,500", { page: Math.max(1, Math.floor(deployments / 40)) }],
    ["first page of one branch", { branch: "feature/cart" }],
    ["first page of what failed", { status: ["failed"] }],
    ["search: a word that one in 1,000 has", { q: "refund" }],
    ["search: a word that all have", { q: "order" }],
    ["search: a word that none has", { q: "zeppelin" }],
    ["search: the start of a commit", { q: "beef1" }],
    ["search: two letters", { q: "cu" }],
];

const folder = await mkdtemp(path.join(os.tmpdir(), "git-deploy-bench-"));
const database = await openDatabase({ directory: path.join(folder, "data") });
await database.migrate();
await database.knex.raw(INSERT);
await database.close();
await mkdir(path.join(folder, "stacks", STACK), { recursive: true });
await writeFile(path.join(folder, "stacks", STACK, "compose.yaml"), "services:\n    web:\n        image: none\n");
const server = await startServerOf("ours", { folder });
const rows: string[][] = [];

async function measure(name: string, ask: () => Promise<{ total: number }>): Promise<void> {
    const times: number[] = [];
    let total = 0;
    for (let turn = -5; turn < requests; turn += 1) {
        const ms = await timed(async () => ({ total } = await ask()));
        if (turn >= 0) {
            times.push(ms);
        }
    }
    rows.push([name, total.toLocaleString("en"), ...[0.5, 0.99, 1].map((share) => quantile(times, share).toFixed(1))]);
}

try {
    const socket = await logIn(server.url);
    for (const [name, filter] of QUERIES) {
        await measure(name, async () => (await callAgent(socket, "getDeploymentList", STACK, filter)) as { ok: boolean; total: number });
    }
    for (const days of [30, 365]) {
        await measure(`statistics of ${days} days`, async () => {
            const { statistics } = (await callAgent(socket, "deploymentStatistics", STACK, { days })) as { ok: boolean; statistics: { ended: number } };
            return { total: statistics.ended };
        });
    }
    socket.close();
} finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
}
printTable([`${deployments.toLocaleString("en")} deployments`, "found", "median, ms", "p99, ms", "highest, ms"], rows);
process.exit(0);
