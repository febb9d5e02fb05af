import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { BASE_IMAGE } from "../../test/fixtures/base-image.ts";
import { pause } from "../../test/fixtures/server.ts";
import { openTestBed } from "../../test/fixtures/test-bed.ts";
import { webService } from "../../test/fixtures/web-service.ts";
import { printTable, quantile, usageOfTree, watchMemory } from "./measure.ts";
import { callAgent, logIn } from "./servers.ts";

/**
 * A build that prints very many lines, watched by many browsers over their sockets, against the same commands in the same image with their output
 * in a file. Each line bears its number and, every so often, the time at which it was printed, so that lost, repeated and late lines are found.
 * `GIT_DEPLOY_TEST_SERVER=compiled npx tsx extra/bench/log-stream.ts [lines] [sockets]`; build this project first.
 */

const lines = Number(process.argv[2] ?? 1_000_000);
const sockets = Number(process.argv[3] ?? 20);
const STAMP_EVERY = 1000;
const QUIET_MS = 10_000;
const PRINT = `n=0; while [ $n -lt ${Math.ceil(lines / STAMP_EVERY)} ]; do echo "stamp $(date +%s%3N)"; seq -f "line %.0f of this build, with some more words behind it" $((n * ${STAMP_EVERY} + 1)) $(((n + 1) * ${STAMP_EVERY})); n=$((n + 1)); done`;

async function toFile(): Promise<number> {
    const folder = await mkdtemp(path.join(os.tmpdir(), "git-deploy-bench-"));
    const file = await open(path.join(folder, "build.log"), "w");
    const startedAt = performance.now();
    const child = spawn("docker", ["run", "--rm", BASE_IMAGE, "sh", "-c", PRINT], { stdio: ["ignore", file.fd, file.fd] });
    await once(child, "close");
    const ms = performance.now() - startedAt;
    await file.close();
    await rm(folder, { recursive: true, force: true });
    return ms;
}

/** What one browser gets: every line once and in order, or it is counted. */
class Watcher {
    readonly lagsMs: number[] = [];
    expected = 1;
    lost = 0;
    repeated = 0;
    #rest = "";
    #offset: number | null = null;

    take({ offset, text }: { offset: number; text: string }): void {
        if (this.#offset !== null && offset < this.#offset) {
            // It was in what joining answered as well; a browser tells them apart by their offset.
            return;
        }
        this.#offset = offset + Buffer.byteLength(text);
        const now = Date.now();
        const whole = (this.#rest + text).split("\n");
        this.#rest = whole.pop() ?? "";
        for (const line of whole) {
            const number = /\bline (\d+) of this build/.exec(line)?.[1];
            if (number !== undefined) {
                this.#count(Number(number));
                continue;
            }
            const stamp = /stamp (\d{13})$/.exec(line)?.[1];
            if (stamp !== undefined) {
                this.lagsMs.push(now - Number(stamp));
            }
        }
    }

    #count(number: number): void {
        if (number < this.expected) {
            this.repeated += 1;
            return;
        }
        this.lost += number - this.expected;
        this.expected = number + 1;
    }
}

/** The sockets may be behind the build. Whoever gets nothing for a while has lost the rest. */
async function drained(watchers: readonly Watcher[]): Promise<void> {
    const reached = () => watchers.map((watcher) => watcher.expected).join();
    for (let before = ""; before !== reached(); ) {
        before = reached();
        await pause(QUIET_MS);
    }
    for (const watcher of watchers) {
        watcher.lost += lines + 1 - watcher.expected;
    }
}

const bed = await openTestBed({ env: { GIT_DEPLOY_LOG_MAX_MIB: "400" } });
const connections: Awaited<ReturnType<typeof logIn>>[] = [];
try {
    const stack = await bed.link({ purpose: "bench", buildConfig: { preBuildCommands: ["sleep 3", PRINT], timeout: 1200 } });
    await stack.commit(webService({ port: stack.port, version: "one" }));
    const watchers = Array.from({ length: sockets }, () => new Watcher());
    for (let number = 0; number < sockets; number += 1) {
        const socket: Awaited<ReturnType<typeof logIn>> = await logIn(bed.server.url, connections[0]?.token);
        connections.push(socket);
    }
    const idleMib = (await usageOfTree(bed.server.pid)).memoryMib;
    const { id } = await stack.deploy();
    for (const [number, socket] of connections.entries()) {
        const watcher = watchers[number];
        socket.on("agent", (event: string, piece: { deploymentId: string; offset: number; text: string }) => {
            if (event === "deploymentLog" && piece.deploymentId === id) {
                watcher?.take(piece);
            }
        });
        await callAgent(socket, "joinDeploymentLog", id);
    }
    const memory = watchMemory(bed.server.pid);
    const run = await stack.finished(id, 1_200_000);
    await drained(watchers);
    const highestMib = await memory.stop();
    const step = run.steps.find(({ name }) => name === "pre-build");
    const buildMs = Date.parse(step?.completedAt ?? "") - Date.parse(step?.startedAt ?? "") - 3000;
    const file = [await toFile(), await toFile()];
    const lags = watchers.flatMap((watcher) => watcher.lagsMs);
    const sum = (of: (watcher: Watcher) => number) => watchers.reduce((total, watcher) => total + of(watcher), 0);
    printTable(
        [`${lines.toLocaleString("en")} lines, ${sockets} sockets`, ""],
        [
            ["build with the log and its watchers, ms", buildMs.toFixed(0)],
            ["the same commands into a file, ms", file.map((ms) => ms.toFixed(0)).join(", ")],
            ["ratio to the mean of both", (buildMs / ((file[0] ?? 0) + (file[1] ?? 0)) * 2).toFixed(2)],
            ["lines that reached each socket", [...new Set(watchers.map((watcher) => lines - watcher.lost))].join(", ")],
            ["lost, repeated, of all sockets", `${sum((watcher) => watcher.lost)}, ${sum((watcher) => watcher.repeated)}`],
            ["printed to received, median, ms", quantile(lags, 0.5).toFixed(0)],
            ["p99, ms", quantile(lags, 0.99).toFixed(0)],
            ["memory, idle, MiB", idleMib.toFixed(0)],
            ["highest, more than idle, MiB (with the programs of the build)", (highestMib - idleMib).toFixed(0)],
        ],
    );
} finally {
    connections.forEach((socket) => socket.close());
    await bed.close();
}
process.exit(0);
