import type { StepName } from "../../common/deployment.ts";
import { DeployError } from "../domain/errors.ts";
import { judgeHealth } from "../domain/health.ts";
import { findHealthTarget } from "../domain/health-target.ts";
import type { ContainerState } from "../domain/ports.ts";
import { ContainerChanges } from "./container-changes.ts";
import type { ReleasedProject } from "./release.ts";
import type { Run } from "./run-context.ts";

const LOOK_EVERY_MS = 200;
const PROBE_TIMEOUT_MS = 5000;
const TAIL_LINES = 20;
/** The settle time unless somebody changes it. Who asks for a longer one wants to see the stack stay healthy for all of it. */
const SETTLE_TIME_UNASKED_MS = 2000;

/**
 * Waits until every container of the project is healthy, and stays so for the settle time where that proves something; then until the release's HTTP check answers 2xx or 3xx.
 * All of it within the config's `healthCheckTimeout`. @throws HEALTH_TIMEOUT, CONTAINER_EXITED, CONTAINER_UNHEALTHY, HEALTH_CHECK_FAILED
 */
export async function awaitHealth(run: Run, released: ReleasedProject, step: Extract<StepName, "health" | "rollback">, signal: AbortSignal): Promise<void> {
    const { clock } = run.parts;
    const deadline = clock.monotonic() + run.config.healthCheckTimeout * 1000;
    const changes = new ContainerChanges(run.parts, released.project.name);
    try {
        await awaitContainers(run, released, step, { deadline, changes, signal });
    } finally {
        changes.close();
    }
    if (released.healthCheckPath !== null) {
        await awaitAnswer(run, released, released.healthCheckPath, step, deadline, signal);
    }
}

interface Wait {
    /** By the monotonic clock, milliseconds. */
    deadline: number;
    changes: ContainerChanges;
    signal: AbortSignal;
}

async function awaitContainers(run: Run, { project, expected, startedBefore }: ReleasedProject, step: StepName, { deadline, changes, signal }: Wait): Promise<void> {
    const { docker, clock } = run.parts;
    const settleMs = run.config.settleTime * 1000;
    const restartsBefore = new Map<string, number>();
    let healthySince: number | null = null;
    let saidWaitingFor = "";
    for (;;) {
        signal.throwIfAborted();
        const containers = await docker.containers(project.name);
        for (const container of containers) {
            if (!restartsBefore.has(container.id)) {
                restartsBefore.set(container.id, container.restartCount);
            }
        }
        const verdict = judgeHealth(expected, containers, restartsBefore);
        if (verdict.kind === "failed") {
            await noteTail(run, verdict.containerId, step);
            throw new DeployError(verdict.code, `${verdict.message}. The container's last lines are in the log.`);
        }
        if (verdict.kind === "healthy") {
            healthySince ??= clock.monotonic();
            if (clock.monotonic() - healthySince >= settleMs || containers.every((container) => isProved(container, startedBefore, settleMs))) {
                return;
            }
        } else {
            healthySince = null;
            if (verdict.for !== saidWaitingFor) {
                run.log.note(step, `Waiting for ${verdict.for}`);
                saidWaitingFor = verdict.for;
            }
        }
        if (clock.monotonic() >= deadline) {
            await noteTails(run, containers, step);
            const reason = verdict.kind === "waiting" ? `still waiting for ${verdict.for}` : "not stable for the settle time";
            throw new DeployError("HEALTH_TIMEOUT", `The stack was not healthy within ${run.config.healthCheckTimeout} s: ${reason}. The last lines of its containers are in the log.`);
        }
        const settlesInMs = healthySince === null ? LOOK_EVERY_MS : healthySince + settleMs - clock.monotonic();
        await changes.wait(Math.min(LOOK_EVERY_MS, Math.max(1, Math.ceil(settlesInMs))), signal);
    }
}

/** What its own health check calls healthy need not be watched as well, nor what has done its work, nor what ran before and was left alone by this release. */
function isProved(container: ContainerState, startedBefore: ReleasedProject["startedBefore"], settleMs: number): boolean {
    return (container.health === "healthy" && settleMs <= SETTLE_TIME_UNASKED_MS) || container.state === "exited" || (container.startedAt !== null && startedBefore.get(container.id) === container.startedAt);
}

async function awaitAnswer(run: Run, { project, expected }: ReleasedProject, path: string, step: StepName, deadline: number, signal: AbortSignal): Promise<void> {
    const { docker, probe, clock } = run.parts;
    let last = "nothing answered";
    for (;;) {
        const containers = await docker.containers(project.name);
        const target = findHealthTarget(path, containers, expected.map((service) => service.name));
        if (target === null) {
            throw new DeployError("HEALTH_CHECK_FAILED", `No container of the stack publishes a port for the health check ${path}. Publish one, or write it as service:port/path.`);
        }
        for (const base of probe.baseUrls(target.container, target.port)) {
            try {
                const status = await probe.get(`${base}${target.path}`, PROBE_TIMEOUT_MS, signal);
                last = `${base}${target.path} answered ${status}`;
                if (status >= 200 && status < 400) {
                    run.log.note(step, `Health check: ${last}`);
                    return;
                }
                break;
            } catch (error) {
                signal.throwIfAborted();
                last = `${base}${target.path} did not answer (${error instanceof Error ? error.message : String(error)})`;
            }
        }
        if (clock.monotonic() >= deadline) {
            await noteTail(run, target.container.id, step);
            throw new DeployError("HEALTH_CHECK_FAILED", `The health check did not pass within ${run.config.healthCheckTimeout} s: ${last}.`);
        }
        await clock.sleep(LOOK_EVERY_MS, signal);
    }
}

async function noteTails(run: Run, containers: readonly ContainerState[], step: StepName): Promise<void> {
    for (const container of containers.filter((each) => each.state !== "running" || each.health !== "healthy")) {
        await noteTail(run, container.id, step);
    }
}

/** What a container printed last is usually the reason. */
async function noteTail(run: Run, containerId: string, step: StepName): Promise<void> {
    try {
        for (const line of await run.parts.docker.tail(containerId, TAIL_LINES)) {
            run.log.lines(step, "err", line);
        }
    } catch {
        run.log.note(step, "The container's own log could not be read.", "warn");
    }
}
