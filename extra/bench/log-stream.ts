import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { isFinal } from "../../common/deployment.ts";
import type { DeploymentDetail } from "../../common/views.ts";
import { BASE_IMAGE } from "../../test/fixtures/base-image.ts";
import { pause } from "../../test/fixtures/server.ts";
import { openTestBed } from "../../test/fixtures/test-bed.ts";
import { webService } from "../../test/fixtures/web-service.ts";
import type { FromWatchers, ToWatchers, WatchOrder, WatchReport } from "./log-watchers.ts";
import { alternate, forgetPeak, median, printTable, quantile, ratio, spread, usageOf } from "./measure.ts";
import { callAgent, logIn, type BenchSocket } from "./servers.ts";

/**
 * A build that prints very many lines, watched by many browsers over their sockets, against the same commands with their output in a file, in turns.
 * Each line bears its number and, every so often, the time at which it was printed, so that lost, repeated and late lines are found. The browsers are a process of
 * their own, and its processor time is told: on a machine with few processors it is taken from the build.
 * `GIT_DEPLOY_TEST_SERVER=compiled npx tsx extra/bench/log-stream.ts [lines] [sockets] [rounds] [image|host]`; build this project first.
 */

const lines = Number(process.argv[2] ?? 1_000_000);
const sockets = Number(process.argv[3] ?? 20);
const rounds = Number(process.argv[4] ?? 3);
const isInImage = process.argv[5] !== "host";
const STAMP_EVERY = 1000;
const PRINT = `n=0; while [ $n -lt ${Math.ceil(lines / STAMP_EVERY)} ]; do read up idle < /proc/uptime; echo "stamp $up"; awk -v n=$n 'BEGIN { for (i = 1; i <= ${STAMP_EVERY}; i++) print "line " n * ${STAMP_EVERY} + i " of this build, with some more words behind it" }'; n=$((n + 1)); done`;
const ASK_EVERY_MS = 200;

async function intoFile(): Promise<number> {
    const folder = await mkdtemp(path.join(os.tmpdir(), "git-deploy-bench-"));
    const file = await open(path.join(folder, "build.log"), "w");
    const startedAt = performance.now();
    const [program, ...argv] = isInImage ? ["docker", "run", "--rm", BASE_IMAGE, "sh", "-c", PRINT] : ["sh", "-c", PRINT];
    await once(spawn(program ?? "", argv, { stdio: ["ignore", file.fd, file.fd] }), "close");
    const ms = performance.now() - startedAt;
    await file.close();
    await rm(folder, { recursive: true, force: true });
    return ms;
}

/** The browsers, in a process of their own. */
async function openWatchers(order: WatchOrder) {
    const child = fork(path.join(import.meta.dirname, "log-watchers.ts"), [JSON.stringify(order)], { execArgv: ["--import", "tsx"] });
    const next = async (): Promise<FromWatchers> => ((await once(child, "message")) as [FromWatchers])[0];
    const ask = async (message: ToWatchers): Promise<FromWatchers> => {
        const answer = next();
        child.send(message);
        return await answer;
    };
    await next();
    return {
        watch: async (deploymentId: string) => void (await ask({ watch: deploymentId })),
        report: async (): Promise<WatchReport> => {
            const answer = await ask({ isOver: true });
            if (!("report" in answer)) {
                throw new Error("The watchers have not told what they saw.");
            }
            return answer.report;
        },
    };
}

/** Asked without the log's text, which would be more work for the server than the log itself. */
async function ended(socket: BenchSocket, id: string): Promise<DeploymentDetail> {
    for (;;) {
        const { deployment } = (await callAgent(socket, "getDeployment", id, { logs: false })) as { ok: boolean; deployment: DeploymentDetail };
        if (isFinal(deployment.status)) {
            return deployment;
        }
        await pause(ASK_EVERY_MS);
    }
}

interface Watched extends WatchReport {
    ms: number;
    serverCpuSeconds: number;
    idleMib: number;
    peakMib: number;
}

const bed = await openTestBed({ env: { GIT_DEPLOY_LOG_MAX_MIB: "400" } });
try {
    const { pid, url } = bed.server;
    // The first command is the time to join; the second one is what is measured.
    const stack = await bed.link({ purpose: "bench", buildConfig: { preBuildCommands: ["sleep 3", PRINT], timeout: 1200, ...(isInImage ? { commandImage: BASE_IMAGE } : {}) } });
    await stack.commit(webService({ port: stack.port, version: "one" }));
    const admin = await logIn(url);

    const watched = async (): Promise<Watched> => {
        const watchers = await openWatchers({ url, token: admin.token, sockets, lines, stampEvery: STAMP_EVERY });
        const before = await usageOf(pid);
        await forgetPeak(pid);
        const { id } = await stack.deploy();
        await watchers.watch(id);
        const run = await ended(admin, id);
        const { cpuSeconds, peakMib } = await usageOf(pid);
        const report = await watchers.report();
        const note = await stack.api.expectOk<string>("GET", `/api/v1/deployments/${id}/log?step=pre-build&q=${encodeURIComponent("$ n=0;")}&limit=1`);
        const step = run.steps.find(({ name }) => name === "pre-build");
        return { ...report, ms: Date.parse(step?.completedAt ?? "") - Date.parse(note.split("\t", 1)[0] ?? ""), serverCpuSeconds: cpuSeconds - before.cpuSeconds, idleMib: before.nowMib, peakMib };
    };

    const runs: Watched[] = [];
    const times = await alternate(rounds, {
        file: intoFile,
        watched: async (round) => {
            const run = await watched();
            if (round > 0) {
                runs.push(run);
            }
            return run.ms;
        },
    });
    admin.close();
    const ages = runs.flatMap(({ agesMs }) => agesMs);
    const all = (of: (run: Watched) => number[]): string => String(runs.flatMap(of).reduce((sum, count) => sum + count, 0));
    const each = (of: (run: Watched) => number, digits: number): string => spread(runs.map(of), digits);
    printTable(
        [`${lines.toLocaleString("en")} lines, ${sockets} sockets, build ${isInImage ? "in a container" : "on the host"}`, `${rounds} rounds in turns, median [range]`],
        [
            ["commands into a file, ms", spread(times.file)],
            ["build with the log and its watchers, ms", spread(times.watched)],
            ["ratio", ratio(times.watched, times.file)],
            ["lines lost, repeated, of all sockets and rounds", `${all(({ lost }) => lost)}, ${all(({ repeated }) => repeated)}`],
            ["age of the newest line a watcher has, ms: median, p99, longest", [0.5, 0.99, 1].map((share) => quantile(ages, share).toFixed(0)).join(", ")],
            ["share of the log left out while it grew, read afterwards", `${each(({ leftOut }) => leftOut * 100, 0)} %`],
            ["times a socket was told that it is behind", median(runs.map(({ catchUps }) => catchUps)).toFixed(0)],
            ["memory of the server before, MiB", each(({ idleMib }) => idleMib, 0)],
            ["highest, more than before, MiB", each(({ peakMib, idleMib }) => peakMib - idleMib, 0)],
            ["processor time of the server, the whole deployment, s", each(({ serverCpuSeconds }) => serverCpuSeconds, 1)],
            ["processor time of all watchers until then, s", each(({ cpuSeconds }) => cpuSeconds, 1)],
        ],
    );
} finally {
    await bed.close();
}
process.exit(0);
