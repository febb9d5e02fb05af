import { COMPOSE_FILE_NAMES } from "./compose-files.ts";
import { composeContent, parseComposeDocument } from "./compose-relocate.ts";

/** The project's name is the stack's, unless the file names its own: then Dockge's buttons, which run without `-p`, use that. @throws COMPOSE_INVALID */
export function projectName(source: string, composePath: string, stack: string): string {
    const name: unknown = parseComposeDocument(source, composePath).get("name");
    return typeof name === "string" && /^[a-z0-9][a-z0-9_-]*$/.test(name) ? name : stack;
}

/** Names of the services in the order of the file. @throws COMPOSE_INVALID */
export function serviceNames(source: string, composePath: string): string[] {
    const services: unknown = (composeContent(source, composePath) as { services?: unknown } | null)?.services;
    return typeof services === "object" && services !== null ? Object.keys(services) : [];
}

/** The compose file that a stack folder has, by Compose's own order of preference, or null. */
export async function readStackCompose(read: (path: string) => Promise<string | null>): Promise<{ path: string; source: string } | null> {
    for (const path of COMPOSE_FILE_NAMES) {
        const source = await read(path);
        if (source !== null) {
            return { path, source };
        }
    }
    return null;
}
