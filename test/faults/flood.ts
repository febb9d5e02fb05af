import { readdir, readFile } from "node:fs/promises";
import http from "node:http";
import net from "node:net";
import { pause, startServer, type TestServer } from "../fixtures/server.ts";
import { makePush, send } from "../fixtures/webhook-sender.ts";
import type { RepositorySaved } from "../../common/views.ts";
import { machineText } from "./machine-text.ts";

/**
 * Forged requests, bodies that never end, sockets that only open and close; and in between genuine deliveries, which must all be accepted.
 * `npx tsx test/faults/flood.ts [requests]`. Prints how much memory the server had, and ends with 1 when a genuine delivery was lost or memory stayed up.
 */

const REQUESTS = Number(process.argv[2] ?? 100_000);
const SOCKETS = REQUESTS / 10;
const SLOW_BODIES = 500;
const PARALLEL = 32;
/** A genuine delivery every so often, from an address of its own. */
const GENUINE_EVERY_MS = 250;
/** Counters of addresses are forgotten after a minute. */
const FORGET_MS = 65_000;
const MAY_STAY_MIB = 40;

interface Row {
    what: string;
    answers: string;
    seconds: number;
    peakMib: number;
    handles: number;
    genuine: string;
}

async function rssMib(server: TestServer): Promise<number> {
    return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${server.pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
}

async function openFiles(server: TestServer): Promise<number> {
    return (await readdir(`/proc/${server.pid}/fd`)).length;
}

class Flood {
    readonly rows: Row[] = [];
    readonly lost: string[] = [];
    readonly #server: TestServer;
    readonly #repository: RepositorySaved;
    #sent = 0;

    constructor(server: TestServer, repository: RepositorySaved) {
        this.#server = server;
        this.#repository = repository;
    }

    get #url(): string {
        return `${this.#server.url}/api/webhooks/deploy/${this.#repository.id}`;
    }

    /** One genuine push through the proxy, of a commit of its own: it must be queued. */
    async #deliver(): Promise<boolean> {
        this.#sent += 1;
        const after = this.#sent.toString(16).padStart(40, "a");
        const push = { ref: "refs/heads/main", before: "f".repeat(40), after, message: "genuine", url: this.#repository.url };
        const delivery = makePush(push, { provider: "github", secret: this.#repository.webhookSecret ?? "" });
        try {
            const { status, body } = await send(this.#url, { ...delivery, headers: { ...delivery.headers, "x-forwarded-for": "192.0.2.200" } });
            if (status === 202) {
                return true;
            }
            this.lost.push(`a genuine delivery was answered ${status} ${JSON.stringify(body)}`);
        } catch (error) {
            this.lost.push(`a genuine delivery failed: ${String(error)}`);
        }
        return false;
    }

    /** Measures while `attack` runs, and sends genuine deliveries in between. */
    async during(what: string, attack: () => Promise<Map<string, number>>): Promise<void> {
        const startedAt = performance.now();
        let isOver = false;
        let peak = 0;
        let handles = 0;
        let accepted = 0;
        let sent = 0;
        const watch = (async () => {
            while (!isOver) {
                sent += 1;
                accepted += (await this.#deliver()) ? 1 : 0;
                peak = Math.max(peak, await rssMib(this.#server));
                handles = Math.max(handles, await openFiles(this.#server));
                await pause(GENUINE_EVERY_MS);
            }
        })();
        const answers = await attack();
        isOver = true;
        await watch;
        const counted = [...answers].toSorted(([a], [b]) => a.localeCompare(b)).map(([answer, times]) => `${times} x ${answer}`).join(", ");
        this.rows.push({ what, answers: counted, seconds: (performance.now() - startedAt) / 1000, peakMib: peak, handles, genuine: `${accepted} of ${sent}` });
        process.stderr.write(`${what}: ${counted}, peak ${peak.toFixed(0)} MiB, genuine ${accepted} of ${sent}\n`);
    }

    async forged(count: number, addressOf: (at: number) => string): Promise<Map<string, number>> {
        const answers = new Map<string, number>();
        const agent = new http.Agent({ keepAlive: true, maxSockets: PARALLEL });
        const body = JSON.stringify({ ref: "refs/heads/main", after: "b".repeat(40), filler: "x".repeat(2000) });
        let next = 0;
        const one = async (at: number) =>
            await new Promise<void>((resolve) => {
                const headers = { "content-type": "application/json", "content-length": body.length, "x-github-event": "push", "x-hub-signature-256": `sha256=${at.toString(16).padStart(64, "0")}`, "x-forwarded-for": addressOf(at) };
                const count1 = (answer: string) => {
                    answers.set(answer, (answers.get(answer) ?? 0) + 1);
                    resolve();
                };
                const request = http.request(this.#url, { method: "POST", headers, agent }, (response) => response.resume().once("end", () => count1(String(response.statusCode))));
                request.once("error", (error: NodeJS.ErrnoException) => count1(error.code ?? "error")).end(body);
            });
        await Promise.all(
            Array.from({ length: PARALLEL }, async () => {
                while (next < count) {
                    await one((next += 1));
                }
            }),
        );
        agent.destroy();
        return answers;
    }

    /** Bodies of which one byte comes every second. They end by the server's own time limit, or when we stop. */
    async slowBodies(count: number, forMs: number): Promise<Map<string, number>> {
        const answers = new Map<string, number>();
        const sockets = Array.from({ length: count }, () => {
            const socket = net.connect(this.#server.port, "127.0.0.1");
            let answer = "no answer yet";
            socket.on("error", () => undefined).on("data", (data: Buffer) => (answer = /HTTP\/1.1 (\d+)/.exec(data.toString())?.[1] ?? answer));
            socket.write(`POST /api/webhooks/deploy/${this.#repository.id} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 20000000\r\n\r\n`);
            const timer = setInterval(() => socket.write("x"), 1000);
            return { socket, timer, answer: () => answer };
        });
        await pause(forMs);
        for (const { socket, timer, answer } of sockets) {
            clearInterval(timer);
            socket.destroy();
            answers.set(answer(), (answers.get(answer()) ?? 0) + 1);
        }
        return answers;
    }

    /** Half of them say nothing, half send the beginning of a request. */
    async openAndClose(count: number): Promise<Map<string, number>> {
        const answers = new Map<string, number>();
        let next = 0;
        await Promise.all(
            Array.from({ length: PARALLEL * 4 }, async () => {
                while (next < count) {
                    const at = (next += 1);
                    const answer = await new Promise<string>((resolve) => {
                        const socket = net.connect(this.#server.port, "127.0.0.1");
                        socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "error"));
                        socket.once("connect", () => {
                            if (at % 2 === 0) {
                                socket.write("POST /api/webhooks/deploy/x HTTP/1.1\r\nHost: x\r\nConte");
                            }
                            setTimeout(() => {
                                socket.destroy();
                                resolve("opened and closed");
                            }, 5);
                        });
                    });
                    answers.set(answer, (answers.get(answer) ?? 0) + 1);
                }
            }),
        );
        return answers;
    }
}

const server = await startServer({ env: { GIT_DEPLOY_TRUST_PROXY: "true", GIT_DEPLOY_DOCKER_SOCKET: "/nowhere/docker.sock", GIT_DEPLOY_LOG_LEVEL: "error" } });
try {
    await server.api.expectOk("PUT", "/api/v1/stacks/flood", {});
    const repository = await server.api.expectOk<RepositorySaved>("PUT", "/api/v1/stacks/flood/repository", { url: "http://127.0.0.1:9/team/flood.git", branch: "main", authType: "none", provider: "github" });
    await server.api.expectOk("PUT", "/api/v1/stacks/flood/build-config", { maxRetries: 0 });
    const flood = new Flood(server, repository);
    await flood.during("nothing but genuine deliveries", async () => {
        await pause(10_000);
        return new Map([["no attack", 1]]);
    });
    const before = await rssMib(server);
    await flood.during(`${REQUESTS} wrong signatures from one address`, async () => await flood.forged(REQUESTS, () => "198.51.100.7"));
    await flood.during(`${REQUESTS} wrong signatures from as many addresses`, async () => await flood.forged(REQUESTS, (at) => `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}`));
    await flood.during(`${SLOW_BODIES} bodies of one byte a second`, async () => await flood.slowBodies(SLOW_BODIES, 40_000));
    await flood.during(`${SOCKETS} sockets opened and closed`, async () => await flood.openAndClose(SOCKETS));
    await pause(FORGET_MS);
    const after = await rssMib(server);
    console.log(`${machineText()}\n\n| attack | answers | s | memory at most, MiB | open files at most | genuine deliveries accepted |\n|---|---|---|---|---|---|`);
    for (const { what, answers, seconds, peakMib, handles, genuine } of flood.rows) {
        console.log(`| ${what} | ${answers} | ${seconds.toFixed(0)} | ${peakMib.toFixed(0)} | ${handles} | ${genuine} |`);
    }
    console.log(`| a minute later | | | ${after.toFixed(0)} (before: ${before.toFixed(0)}) | ${await openFiles(server)} | |`);
    const broken = [...flood.lost, ...(after > before + MAY_STAY_MIB ? [`memory stayed at ${after.toFixed(0)} MiB`] : [])];
    console.log(`\n${broken.length === 0 ? "All as it should be." : `BROKEN:\n${broken.slice(0, 20).join("\n")}`}`);
    process.exitCode = broken.length === 0 ? 0 : 1;
} finally {
    await server.remove();
}
