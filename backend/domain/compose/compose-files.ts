/** Names that Compose and Dockge look for in a stack folder, in order of preference. */
export const COMPOSE_FILE_NAMES = ["compose.yaml", "docker-compose.yaml", "docker-compose.yml", "compose.yml"] as const;

/**
 * What Compose merges over the file it found, when no `-f` is given: the first of these.
 * @see https://github.com/compose-spec/compose-go/blob/main/cli/options.go (DefaultOverrideFileNames)
 */
export const COMPOSE_OVERRIDE_NAMES = ["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"] as const;

/** The compose file of a repository's root that a stack folder would show, or null. */
export function discoverComposeFile(paths: ReadonlySet<string>): string | null {
    return COMPOSE_FILE_NAMES.find((name) => paths.has(name)) ?? null;
}

/** The override that Compose would merge, or null. */
export function discoverOverrideFile(paths: ReadonlySet<string>): string | null {
    return COMPOSE_OVERRIDE_NAMES.find((name) => paths.has(name)) ?? null;
}

/**
 * True when the stack folder needs a rendered `compose.yaml`: the file lies elsewhere, has a name nobody looks for, or has another beside it.
 * Of several, Compose takes `compose.yml` before those that Dockge and we prefer to it, and all agree on `compose.yaml` only.
 */
export function needsRendering(composePath: string, paths: ReadonlySet<string>): boolean {
    const found = COMPOSE_FILE_NAMES.filter((name) => paths.has(name));
    return found[0] !== composePath || (found.length > 1 && composePath !== "compose.yaml");
}

/** Anything at the root that Compose reads by itself. In a `docker_build` stack these stay the stack's own. */
export function isRootComposeFile(path: string): boolean {
    return [...COMPOSE_FILE_NAMES, ...COMPOSE_OVERRIDE_NAMES].some((name) => name === path);
}

/** Files that people keep a stack in, anywhere in a repository: what a list of choices offers. */
export function looksLikeComposeFile(path: string): boolean {
    return /(^|\/)(docker-)?compose([.-][\w.-]+)?\.ya?ml$/.test(path);
}
