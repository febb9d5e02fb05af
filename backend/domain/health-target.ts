import type { ContainerState } from "./ports.ts";

export interface HealthTarget {
    container: ContainerState;
    /** Inside of the container. */
    port: number;
    path: string;
}

/**
 * Whom a health check path asks. `/path`: the first service with a published port; `service/path` and `service:port/path`: that service.
 * @param order names of the services as the compose file has them
 */
export function findHealthTarget(check: string, containers: readonly ContainerState[], order: readonly string[]): HealthTarget | null {
    const slash = check.indexOf("/");
    const [service = "", port] = check.slice(0, slash).split(":");
    const path = check.slice(slash);
    const running = containers.filter((container) => !container.isOneOff && container.state === "running");
    if (service !== "") {
        const container = running.find((each) => each.service === service);
        const chosen = port === undefined ? container?.ports.find((each) => each.protocol === "tcp")?.privatePort : Number(port);
        return container === undefined || chosen === undefined ? null : { container, port: chosen, path };
    }
    for (const name of order) {
        for (const container of running.filter((each) => each.service === name)) {
            const published = container.ports.find((each) => each.protocol === "tcp" && each.publicPort !== null);
            if (published !== undefined) {
                return { container, port: published.privatePort, path };
            }
        }
    }
    return null;
}
