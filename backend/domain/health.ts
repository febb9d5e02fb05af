import type { ErrorCode } from "../../common/error-codes.ts";
import type { ContainerState } from "./ports.ts";

/** What a service is expected to do, from its compose model. */
export interface ExpectedService {
    name: string;
    /** A service that is meant to stay up: it publishes ports, has a health check, or restarts whenever it ends. */
    isLongRunning: boolean;
}

export type HealthVerdict =
    | { kind: "healthy" }
    | { kind: "waiting"; for: string }
    | { kind: "failed"; code: Extract<ErrorCode, "CONTAINER_EXITED" | "CONTAINER_UNHEALTHY">; message: string; containerId: string };

/** Restarts after which a container that keeps ending is given up on. */
const MAX_RESTARTS = 3;

/**
 * Judges one look at a project's containers: every expected service runs, and is healthy where it has a health check;
 * a one-shot service may have ended with exit code 0.
 * @param restartsBefore restart counts at the first look, by container id
 */
export function judgeHealth(expected: readonly ExpectedService[], containers: readonly ContainerState[], restartsBefore: ReadonlyMap<string, number>): HealthVerdict {
    let waitingFor: string | null = null;
    for (const service of expected) {
        const own = containers.filter((container) => container.service === service.name && !container.isOneOff);
        if (own.length === 0) {
            waitingFor ??= `${service.name} to be created`;
        }
        for (const container of own) {
            const verdict = judgeContainer(service, container, restartsBefore.get(container.id) ?? 0);
            if (verdict.kind === "failed") {
                return verdict;
            }
            if (verdict.kind === "waiting") {
                waitingFor ??= verdict.for;
            }
        }
    }
    return waitingFor === null ? { kind: "healthy" } : { kind: "waiting", for: waitingFor };
}

function judgeContainer(service: ExpectedService, container: ContainerState, restartsBefore: number): HealthVerdict {
    const restarts = container.restartCount - restartsBefore;
    if (container.state === "restarting" || restarts >= MAX_RESTARTS) {
        return restarts >= MAX_RESTARTS
            ? exited(container, `${container.name} keeps ending (exit code ${container.exitCode ?? "unknown"}, restarted ${restarts} times)`)
            : { kind: "waiting", for: `${container.name} to stop restarting` };
    }
    if (container.state === "exited" || container.state === "dead") {
        if (container.exitCode === 0 && !service.isLongRunning) {
            return { kind: "healthy" };
        }
        return exited(container, `${container.name} ended with exit code ${container.exitCode ?? "unknown"}`);
    }
    if (container.state !== "running") {
        return { kind: "waiting", for: `${container.name} to run (it is ${container.state})` };
    }
    if (container.health === "unhealthy") {
        const output = container.lastHealthOutput?.trim();
        return {
            kind: "failed",
            code: "CONTAINER_UNHEALTHY",
            message: `${container.name} runs, but its health check fails${output ? `: ${output.slice(0, 300)}` : ""}`,
            containerId: container.id,
        };
    }
    return container.health === "starting" ? { kind: "waiting", for: `${container.name} to become healthy` } : { kind: "healthy" };
}

function exited(container: ContainerState, message: string): HealthVerdict {
    return { kind: "failed", code: "CONTAINER_EXITED", message, containerId: container.id };
}
