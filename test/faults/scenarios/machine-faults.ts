import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { pause } from "../../fixtures/server.ts";
import { dockerfile, idleService, composeFile } from "../../fixtures/web-service.ts";
import { Trial, type Fault } from "../trial.ts";

/** How long another process holds the database. */
const LOCKED_S = 10;

const LOCKER = `
    const sqlite3 = require("sqlite3");
    const database = new sqlite3.Database(process.argv[1]);
    database.exec("BEGIN EXCLUSIVE", (error) => {
        console.log(error === null ? "locked" : String(error));
        setTimeout(() => database.exec("ROLLBACK", () => process.exit(0)), Number(process.argv[2]) * 1000);
    });
`;

/** Another process, such as a backup, takes the database for itself. Resolves when it has it; \`done\` when it has let go. */
async function lockDatabase(file: string, seconds: number): Promise<{ done: Promise<unknown> }> {
    const locker = spawn(process.execPath, ["-e", LOCKER, file, String(seconds)], { cwd: path.join(import.meta.dirname, "..", "..", ".."), stdio: ["ignore", "pipe", "inherit"] });
    const done = once(locker, "exit");
    const [said] = (await once(locker.stdout, "data")) as [Buffer];
    if (said.toString().trim() !== "locked") {
        throw new Error(`The database could not be locked: ${said.toString()}`);
    }
    return { done };
}

/** The database, the registry and the containers themselves. */
export function machineFaults(): Fault[] {
    return [
        lockFault("build"),
        lockFault("release"),
        {
            name: "registry that refuses",
            run: async (bed) => {
                const trial = await Trial.open(bed, { purpose: "registry" });
                const compose = composeFile({ port: trial.stack.port, services: "    cache:\n        image: 127.0.0.1:9/team/cache:1\n" });
                const { deploymentId } = await trial.push({ "compose.yaml": compose });
                const done = await trial.watching(async () => await trial.stack.finished(deploymentId));
                trial.expect(done.status === "failed" && done.errorCode === "PULL_FAILED", `it ended ${done.status} ${done.errorCode ?? ""}: ${done.error ?? ""}`);
                await trial.stack.commit({ "compose.yaml": composeFile({ port: trial.stack.port }) });
                return await trial.close("registry that refuses the connection", done, "one");
            },
        },
        {
            name: "healthy for 5 s, then dead",
            run: async (bed) => {
                const trial = await Trial.open(bed, { purpose: "dies", buildConfig: { settleTime: 8, healthCheckTimeout: 30 } });
                const serve = "httpd -p 8080 -h /www\nsleep 5\necho 'the cache is gone' >&2\nexit 3\n";
                const { deploymentId } = await trial.push({ "serve.sh": serve });
                const done = await trial.watching(async () => await trial.stack.finished(deploymentId));
                trial.expect(done.status === "rolled_back" && done.errorCode === "CONTAINER_EXITED", `it ended ${done.status} ${done.errorCode ?? ""}: ${done.error ?? ""}`);
                await trial.stack.commit({ "serve.sh": "trap 'exit 0' TERM\nhttpd -p 8080 -h /www\nsleep 2147483 &\nwait\n" });
                return await trial.close("container healthy for 5 s, then dead (settle time 8 s)", done, "one");
            },
        },
        {
            name: "full file system in a build step",
            run: async (bed) => {
                const trial = await Trial.open(bed, { purpose: "full-build" });
                const { deploymentId } = await trial.push({ Dockerfile: dockerfile(["RUN dd if=/dev/zero of=/dev/shm/x bs=1M count=200"]) });
                const done = await trial.watching(async () => await trial.stack.finished(deploymentId));
                trial.expect(done.status === "failed", `it ended ${done.status} ${done.errorCode ?? ""}: ${done.error ?? ""}`);
                return await trial.close("full file system in a build step", done, "one");
            },
        },
        {
            name: "a second service that never becomes healthy",
            run: async (bed) => {
                const trial = await Trial.open(bed, { purpose: "second", buildConfig: { healthCheckTimeout: 6 } });
                const { deploymentId } = await trial.push({ "compose.yaml": composeFile({ port: trial.stack.port, services: `${idleService("worker")}\n        healthcheck: { test: ["CMD", "false"], interval: 60s, start_period: 60s }\n` }) });
                const done = await trial.watching(async () => await trial.stack.finished(deploymentId));
                trial.expect(done.status === "rolled_back" && done.errorCode === "HEALTH_TIMEOUT", `it ended ${done.status} ${done.errorCode ?? ""}: ${done.error ?? ""}`);
                await trial.stack.commit({ "compose.yaml": composeFile({ port: trial.stack.port }) });
                return await trial.close("second service that never becomes healthy", done, "one");
            },
        },
    ];
}

function lockFault(step: "build" | "release"): Fault {
    return {
        name: `database locked for ${LOCKED_S} s in a ${step}`,
        run: async (bed) => {
            const trial = await Trial.open(bed, { purpose: `locked-${step}`, buildConfig: { settleTime: 3 } });
            const { deploymentId, version } = await trial.push(step === "build" ? { Dockerfile: dockerfile(["RUN sleep 2"]) } : {});
            if (step === "build") {
                await trial.stack.inStep(deploymentId, "build");
            } else {
                await trial.stack.inStatus(deploymentId, "deploying");
            }
            const { done: unlocked } = await lockDatabase(path.join(bed.server.dataDirectory, "dockge.db"), LOCKED_S);
            await pause(500);
            // A push that arrives while nothing can be written: its provider must get an answer that it can act on.
            const during = await trial.stack.push({ "www/index.html": "during\n" });
            await trial.watching(async () => await unlocked);
            const done = await trial.stack.finished(deploymentId, 120_000);
            const last = during.deploymentId === "" ? version : "during";
            trial.expect(done.status === "successful", `it ended ${done.status} ${done.errorCode ?? ""}: ${done.error ?? ""}`);
            if (during.deploymentId !== "") {
                const next = await trial.stack.finished(during.deploymentId);
                trial.expect(next.status === "successful", `the push during the lock ended ${next.status} ${next.errorCode ?? ""}`);
            }
            const answer = `a push meanwhile is answered ${during.reply.status}${during.reply.body.code === undefined ? "" : ` \`${during.reply.body.code}\``}`;
            return await trial.close(`database locked by another process for ${LOCKED_S} s in a ${step}`, `${done.status}; ${answer}`, last);
        },
    };
}
