import type { EngineProxy } from "../../fixtures/engine-proxy.ts";
import { pause } from "../../fixtures/server.ts";
import { SLOW_BUILD, Trial, type Fault } from "../trial.ts";

/** How long the Engine is away when it comes back by itself, as in `systemctl restart docker`. */
const RESTART_MS = 4000;

/** The Docker Engine goes away, comes back, and hangs. */
export function engineFaults(engine: EngineProxy): Fault[] {
    return [
        {
            name: "Engine stopped in a build, without retries",
            run: async (bed) => {
                const trial = await Trial.open(bed, { purpose: "engine-build" });
                const { deploymentId } = await trial.push({ Dockerfile: SLOW_BUILD });
                await trial.stack.inStep(deploymentId, "build");
                const done = await trial.watching(async () => {
                    await engine.cut();
                    return await trial.stack.finished(deploymentId);
                });
                await engine.restore();
                trial.expect(done.status === "failed" && done.errorCode === "DOCKER_UNAVAILABLE", `it ended ${done.status} ${done.errorCode ?? ""}: ${done.error ?? ""}`);
                return await trial.close("Engine stopped in a build, without retries", done, "one");
            },
        },
        {
            name: "Engine restarted in a build",
            run: async (bed) => {
                const trial = await Trial.open(bed, { purpose: "engine-restart", buildConfig: { maxRetries: 3 } });
                const { deploymentId, version } = await trial.push({ Dockerfile: SLOW_BUILD });
                await trial.stack.inStep(deploymentId, "build");
                const done = await trial.watching(async () => {
                    await engine.cut();
                    await pause(RESTART_MS);
                    await engine.restore();
                    return await trial.stack.finished(deploymentId);
                });
                trial.expect(done.status === "successful", `it ended ${done.status} ${done.errorCode ?? ""}: ${done.error ?? ""}`);
                return await trial.close(`Engine restarted in a build (${RESTART_MS / 1000} s away)`, done, version);
            },
        },
        {
            name: "Engine restarted in a release",
            run: async (bed) => {
                const trial = await Trial.open(bed, { purpose: "engine-release", buildConfig: { settleTime: 4 } });
                const { deploymentId, version } = await trial.push();
                await trial.stack.inStatus(deploymentId, "deploying");
                const done = await trial.watching(async () => {
                    await engine.cut();
                    await pause(RESTART_MS);
                    await engine.restore();
                    return await trial.stack.finished(deploymentId);
                });
                trial.expect(done.status === "rolled_back" || done.status === "successful", `it ended ${done.status} ${done.errorCode ?? ""}: ${done.error ?? ""}`);
                return await trial.close(`Engine restarted in a release (${RESTART_MS / 1000} s away)`, done, done.status === "successful" ? version : "one");
            },
        },
        {
            name: "Engine hangs in a build until the deadline",
            run: async (bed) => {
                const trial = await Trial.open(bed, { purpose: "engine-hang" });
                await trial.setTimeLimit(12);
                const { deploymentId } = await trial.push({ Dockerfile: SLOW_BUILD });
                await trial.stack.inStep(deploymentId, "build");
                const done = await trial.watching(async () => {
                    engine.hang();
                    return await trial.stack.finished(deploymentId);
                });
                await engine.restore();
                await trial.setTimeLimit(null);
                trial.expect(done.status === "failed" && done.errorCode === "DEADLINE_EXCEEDED", `it ended ${done.status} ${done.errorCode ?? ""}: ${done.error ?? ""}`);
                return await trial.close("Engine hangs in a build (time limit 12 s)", done, "one");
            },
        },
    ];
}
