import type { ServerError } from "../../server/server-error.ts";

/** Where in the compose file the server found the mistake, both from 1; null for any other failure. */
export function mistakeIn(failure: ServerError | null): { line: number; column: number } | null {
    const { line, column } = failure?.code === "COMPOSE_INVALID" ? failure.facts : {};
    return typeof line === "number" && typeof column === "number" ? { line, column } : null;
}
