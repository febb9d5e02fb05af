import type { Server } from "node:http";

/**
 * Runs `prepare` at the moment that the server is told to listen, and lets it listen afterwards, whatever came of it.
 * By then Dockge has opened and migrated its database. @param limitMs it listens then in any case
 */
export function beforeListening(server: Server, limitMs: number, prepare: (isTooLate: AbortSignal) => Promise<void>): void {
    const listen = server.listen.bind(server) as (...args: unknown[]) => Server;
    const later = (...args: unknown[]): Server => {
        // Only the first time: Node's own listen calls itself.
        server.listen = listen as Server["listen"];
        const limit = new AbortController();
        const timer = setTimeout(() => limit.abort(), limitMs);
        const tooLate = new Promise<void>((resolve) => limit.signal.addEventListener("abort", () => resolve(), { once: true }));
        void Promise.race([prepare(limit.signal).catch(() => undefined), tooLate]).then(() => {
            clearTimeout(timer);
            listen(...args);
        });
        return server;
    };
    server.listen = later as Server["listen"];
}
