import type { HealthCheckAttempt, HealthCheckTestInput } from "../../../common/stack-insight.ts";
import { projectName, readStackCompose, serviceNames } from "../../domain/compose/compose-project.ts";
import { DeployError } from "../../domain/errors.ts";
import { findHealthTarget } from "../../domain/health-target.ts";
import type { BuildConfigStore, Clock, Docker, Probe, RepositoryStore, StackFolder } from "../../domain/ports.ts";
import { requireRepository } from "../repository/linked-repository.ts";
import type { Stacks } from "../stacks.ts";

interface Parts {
    repositories: Pick<RepositoryStore, "byStack">;
    buildConfigs: Pick<BuildConfigStore, "byStack">;
    stackFolder: Pick<StackFolder, "read">;
    docker: Pick<Docker, "containers">;
    probe: Probe;
    clock: Pick<Clock, "now">;
    stacks: Stacks;
}

/** As in a deployment. */
const PROBE_TIMEOUT_MS = 5000;

/** Asks a running stack once what its health check would ask. */
export class HealthCheckService {
    readonly #parts: Parts;

    constructor(parts: Parts) {
        this.#parts = parts;
    }

    /** That nothing answers is an answer, not an error. @throws REPOSITORY_NOT_LINKED, STACK_NOT_FOUND, COMPOSE_INVALID, DOCKER_UNAVAILABLE; INPUT_INVALID when there is no path to try */
    async attempt(stack: string, input: HealthCheckTestInput): Promise<HealthCheckAttempt> {
        await requireRepository(this.#parts, stack);
        const path = input.healthCheckPath ?? (await this.#parts.buildConfigs.byStack(stack))?.healthCheckPath ?? null;
        if (path === null) {
            throw new DeployError("INPUT_INVALID", "healthCheckPath: No path is saved for this stack. Give one to try, such as /healthz.");
        }
        const compose = await readStackCompose((file) => this.#parts.stackFolder.read(stack, file));
        const containers = await this.#parts.docker.containers(compose === null ? stack : projectName(compose.source, compose.path, stack));
        const order = compose === null ? [] : serviceNames(compose.source, compose.path);
        // A service that only an included file names still counts, after the others.
        const target = findHealthTarget(path, containers, [...new Set([...order, ...containers.map(({ service }) => service)])]);
        if (target === null) {
            const isRunning = containers.some(({ state, isOneOff }) => state === "running" && !isOneOff);
            return { isHealthy: false, status: null, duration: 0, url: null, message: isRunning ? `No running container publishes a port for ${path}. Publish one, or write it as service:port/path.` : "The stack does not run. Start it first." };
        }
        return await this.#ask(this.#parts.probe.baseUrls(target.container, target.port).map((base) => `${base}${target.path}`), target.container.service);
    }

    /** The first address under which anything answers decides. */
    async #ask(urls: readonly string[], service: string): Promise<HealthCheckAttempt> {
        const { clock, probe } = this.#parts;
        let failed: HealthCheckAttempt = { isHealthy: false, status: null, duration: 0, url: null, message: `${service} has no address that can be reached from here.` };
        for (const url of urls) {
            const startedAt = clock.now();
            try {
                const status = await probe.get(url, PROBE_TIMEOUT_MS);
                const isHealthy = status >= 200 && status < 400;
                return { isHealthy, status, duration: secondsSince(startedAt, clock), url, message: isHealthy ? `${service} answered ${status}.` : `${service} answered ${status}; 2xx or 3xx is healthy.` };
            } catch (thrown) {
                failed = { isHealthy: false, status: null, duration: secondsSince(startedAt, clock), url, message: thrown instanceof DeployError ? thrown.message : `${service} did not answer.` };
            }
        }
        return failed;
    }
}

function secondsSince(startedAt: number, clock: Pick<Clock, "now">): number {
    return Math.max(0, clock.now() - startedAt) / 1000;
}
