import type { ComposeModel } from "../ports.ts";

export function servicesWhere(model: ComposeModel, isWanted: (service: ComposeModel["services"][string]) => boolean): string[] {
    return Object.entries(model.services)
        .filter(([, service]) => isWanted(service))
        .map(([name]) => name);
}

/** The services and all that Compose starts before them. */
export function withDependencies(model: ComposeModel, services: readonly string[]): Set<string> {
    const wanted = new Set(services);
    for (const service of wanted) {
        // A set that grows while it is walked is walked to its new end.
        Object.keys(model.services[service]?.depends_on ?? {}).forEach((other) => wanted.add(other));
    }
    return wanted;
}
