import type { Clock, DeploymentStore, Docker } from "../../domain/ports.ts";
import { isDoneWithin } from "../in-time.ts";
import type { Metrics } from "../metrics.ts";
import { json, route, type RestRoute } from "./route.ts";
import { health } from "./view-schemas.ts";

const CHECK_TIMEOUT_MS = 3000;

export interface SystemParts {
    version: string;
    docker: Pick<Docker, "ping">;
    deployments: Pick<DeploymentStore, "nextDueAt">;
    metrics: Pick<Metrics, "text" | "contentType">;
    clock: Pick<Clock, "sleep">;
}

export function systemRoutes(parts: SystemParts): RestRoute[] {
    return [
        route({
            method: "GET",
            path: "/api/health",
            tag: "system",
            access: "public",
            summary: "Is the server well?",
            description: "degraded: the Docker daemon does not answer, so stacks can be looked at and not deployed.",
            responses: { 200: { description: "ok or degraded", schema: health }, 503: { description: "down: the database does not answer", schema: health } },
            errors: [],
            answer: async () => {
                const [docker, database] = await Promise.all([answers(parts.clock, parts.docker.ping()), answers(parts.clock, parts.deployments.nextDueAt())]);
                const status = !database ? "down" : docker ? "ok" : "degraded";
                return json(database ? 200 : 503, {
                    status,
                    version: parts.version,
                    docker: docker ? "ok" : "unavailable",
                    database: database ? "ok" : "unavailable",
                });
            },
        }),
        route({
            method: "GET",
            path: "/metrics",
            tag: "system",
            access: "token-or-loopback",
            summary: "Metrics for Prometheus",
            description: "With an API token, or without one from this very machine when no proxy is in between.",
            responses: { 200: { description: "Prometheus text format", contentTypes: ["text/plain"] } },
            errors: [],
            answer: async () => ({ status: 200, headers: { "content-type": parts.metrics.contentType, "cache-control": "no-store" }, body: await parts.metrics.text() }),
        }),
    ];
}

/** False when the check fails or takes too long. */
async function answers(clock: Pick<Clock, "sleep">, check: Promise<unknown>): Promise<boolean> {
    return await isDoneWithin(CHECK_TIMEOUT_MS, check, clock).catch(() => false);
}
