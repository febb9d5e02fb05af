import { fork, spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { freePort, pause, startServer, until, type TestServer } from "../../test/fixtures/server.ts";
import { alternate, median, printTable, quantile, ratio, spread } from "./measure.ts";
import type { LoadPlan, LoadResult } from "./webhook-load.ts";

/**
 * Signed pushes accepted per second, each recorded and its deployment queued on disk before the answer, against adnanh/webhook (Debian: `webhook`),
 * which verifies the same signature, records nothing and runs `true`. It answers first and runs that later, so both are counted: what was accepted per
 * second, and what was accepted and done. Then how long an answer takes at half of each one's own maximum.
 * `GIT_DEPLOY_TEST_SERVER=compiled npx tsx extra/bench/webhooks.ts [rounds] [seconds]`; build this project first.
 */

const rounds = Number(process.argv[2] ?? 5);
const seconds = Number(process.argv[3] ?? 5);
const CONNECTIONS = 32;
/** Each may be sent 600 deliveries a minute. */
const STACKS = 120;
const SECRET = "0123456789abcdef0123456789abcdef";
/** Of Debian's package. */
const WEBHOOK = "/usr/bin/webhook";

async function load(plan: Omit<LoadPlan, "secret" | "connections">): Promise<LoadResult> {
    const child = fork(path.join(import.meta.dirname, "webhook-load.ts"), { execArgv: ["--import", "tsx"] });
    const result = new Promise<LoadResult>((resolve, reject) => {
        child.once("message", (message) => resolve(message as LoadResult));
        child.once("exit", (code) => reject(new Error(`The load ended with ${code ?? "a signal"}.`)));
    });
    child.send({ ...plan, secret: SECRET, connections: CONNECTIONS });
    return await result;
}

/** The one deployment that may run waits for a Git server that never answers, so that all others stay queued. */
async function linkStacks(server: TestServer, gitPort: number): Promise<string[]> {
    const urls: string[] = [];
    for (let number = 1; number <= STACKS; number += 1) {
        const stack = `/api/v1/stacks/stack-${number}`;
        await server.api.expectOk("PUT", stack, {});
        const repository = { url: `http://127.0.0.1:${gitPort}/team/app.git`, branch: "main", authType: "none", provider: "github", webhookSecret: SECRET };
        const { id } = await server.api.expectOk<{ id: string }>("PUT", `${stack}/repository`, repository);
        urls.push(`${server.url}/api/webhooks/deploy/${id}`);
    }
    return urls;
}

async function startOther(folder: string): Promise<{ child: ChildProcess; url: string }> {
    const hooks = path.join(folder, "hooks.json");
    await writeFile(hooks, JSON.stringify([{ id: "push", "execute-command": "/bin/true", "trigger-rule": { match: { type: "payload-hmac-sha256", secret: SECRET, parameter: { source: "header", name: "X-Hub-Signature-256" } } } }]));
    const port = await freePort();
    const child = spawn(WEBHOOK, ["-hooks", hooks, "-ip", "127.0.0.1", "-port", String(port)], { stdio: "ignore" });
    const url = `http://127.0.0.1:${port}`;
    await until("webhook answers", async () => await fetch(url).then((answer) => answer.ok, () => false));
    return { child, url: `${url}/hooks/push` };
}

/**
 * It answers before it has run its command: what it has put off must not be paid for by the one that is measured next.
 * @returns seconds until it had no child for the first time of three in a row
 */
async function untilIdle(pid: number): Promise<number> {
    const startedAt = performance.now();
    let idleAt = startedAt;
    for (let quiet = 0; quiet < 3; ) {
        const threads = await readdir(`/proc/${pid}/task`);
        const children = await Promise.all(threads.map(async (thread) => await readFile(`/proc/${pid}/task/${thread}/children`, "utf8").catch(() => "")));
        const isIdle = children.join("").trim() === "";
        idleAt = isIdle && quiet > 0 ? idleAt : performance.now();
        quiet = isIdle ? quiet + 1 : 0;
        await pause(100);
    }
    return (idleAt - startedAt) / 1000;
}

const silent = net.createServer(() => undefined);
await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
const folder = await mkdtemp(path.join(os.tmpdir(), "git-deploy-bench-"));
const server = await startServer({ env: { GIT_DEPLOY_CONCURRENCY: "1", GIT_DEPLOY_LOG_LEVEL: "warn" } });
const other = await startOther(folder);
try {
    const targets = { "Git Deploy": await linkStacks(server, (silent.address() as net.AddressInfo).port), "adnanh/webhook 2.8": [other.url] };
    type Name = keyof typeof targets;
    const each = <Sample>(measure: (name: Name) => Promise<Sample>) => Object.fromEntries(Object.keys(targets).map((name) => [name, () => measure(name as Name)])) as Record<Name, () => Promise<Sample>>;
    const loaded = async (plan: Parameters<typeof load>[0]) => {
        const result = await load(plan);
        return { ...result, doneAfterSeconds: result.seconds + (await untilIdle(other.child.pid ?? 0)) };
    };
    const full = await alternate(rounds, each((name) => loaded({ urls: targets[name], seconds, perSecond: null })));
    const perSecond = (name: Name) => full[name].map((one) => one.accepted / one.seconds);
    const donePerSecond = (name: Name) => full[name].map((one) => one.accepted / one.doneAfterSeconds);
    const half = await alternate(rounds, each((name) => loaded({ urls: targets[name], seconds, perSecond: median(perSecond(name)) / 2 })));
    const rows = (Object.keys(targets) as Name[]).map((name) => [
        name,
        spread(perSecond(name)),
        ratio(perSecond(name), perSecond("adnanh/webhook 2.8")),
        spread(donePerSecond(name)),
        ratio(donePerSecond(name), donePerSecond("adnanh/webhook 2.8")),
        spread(half[name].map((one) => quantile(one.latenciesMs, 0.5)), 1),
        spread(half[name].map((one) => quantile(one.latenciesMs, 0.99)), 1),
        [...full[name], ...half[name]].map((one) => JSON.stringify(one.refused)).filter((text) => text !== "{}").join(" ") || "none",
    ]);
    printTable(["", `accepted per second, ${CONNECTIONS} connections`, "against webhook", "until what was accepted is done: per second", "against webhook", "at half of that: median, ms", "p99, ms", "refused"], rows);
} finally {
    other.child.kill();
    await server.remove();
    silent.close();
    await rm(folder, { recursive: true, force: true });
}
process.exit(0);
