/** Dockge's names of terminals. Every connection calls them with the endpoint by which it calls the server; on one's own server that is empty. */

export const CONSOLE_TERMINAL = "console";

/** What operations on a stack print. */
export function progressTerminalName(endpoint: string, stack: string): string {
    return `compose-${endpoint}-${stack}`;
}

export function combinedTerminalName(endpoint: string, stack: string): string {
    return `combined-${endpoint}-${stack}`;
}

export function containerLogTerminalName(endpoint: string, container: string): string {
    return `container-${endpoint}-${container}`;
}

/** `index` is always 0: Dockge's events cannot name another one. */
export function shellTerminalName(endpoint: string, stack: string, service: string, index = 0): string {
    return `container-exec-${endpoint}-${stack}-${service}-${index}`;
}
