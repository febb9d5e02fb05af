import type { RawHandler } from "../host.ts";

export type Method = "GET" | "PUT" | "POST" | "DELETE";

export interface Route {
    method: Method;
    handler: RawHandler;
    maxBytes: number;
}

/** A body of a REST call. Routes that take more say so. */
const DEFAULT_MAX_BYTES = 4 * 1024 * 1024;

export type Match =
    | { kind: "found"; route: Route; params: Record<string, string> }
    | { kind: "wrong-method"; allowed: Method[] }
    /** A `%` that encodes nothing. */
    | { kind: "malformed" }
    | { kind: "none" };

/** The core's own paths, with `{name}` parts. A literal part wins over a `{name}`. */
export class RouteTable {
    readonly #routes: { parts: string[]; route: Route }[] = [];

    add(method: Method, path: string, handler: RawHandler, maxBytes = DEFAULT_MAX_BYTES): void {
        this.#routes.push({ parts: path.split("/"), route: { method, handler, maxBytes } });
        this.#routes.sort((a, b) => namedParts(a.parts) - namedParts(b.parts));
    }

    match(method: string, path: string): Match {
        const given = path.split("/");
        const onPath = this.#routes.filter(({ parts }) => parts.length === given.length && parts.every((part, at) => isNamed(part) ? given[at] !== "" : part === given[at]));
        // As everywhere on the web, HEAD is GET without the body.
        const wanted = method === "HEAD" ? "GET" : method;
        const found = onPath.find(({ route }) => route.method === wanted);
        if (found === undefined) {
            return onPath.length === 0 ? { kind: "none" } : { kind: "wrong-method", allowed: onPath.map(({ route }) => route.method) };
        }
        try {
            const named = found.parts.flatMap((part, at) => (isNamed(part) ? [[part.slice(1, -1), decodeURIComponent(given[at] ?? "")] as const] : []));
            return { kind: "found", route: found.route, params: Object.fromEntries(named) };
        } catch {
            return { kind: "malformed" };
        }
    }
}

function isNamed(part: string): boolean {
    return part.startsWith("{") && part.endsWith("}");
}

function namedParts(parts: readonly string[]): number {
    return parts.filter(isNamed).length;
}
