import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";

type Arrival = ["request" | "upgrade", IncomingMessage, ...unknown[]];
type Listener = (...args: unknown[]) => void;

const EVENTS = ["request", "upgrade"] as const;
/** More browsers than anybody has; whoever opens more than that does not want an answer. */
const MAX_WAITING = 1000;

function ignoreError(): void {
    // Who hangs up while waiting is left out below.
}

/**
 * Keeps some of what arrives at a server waiting, unread and unanswered, until `open` is called; everything else is handed on to whoever
 * listens now, as if nobody stood in between. @param isHeld whether this one waits
 * @returns `open` puts the former listeners back, runs `enter`, which may stand in front of them, and lets in who waited, in their order
 */
export function holdRequests(server: Server, isHeld: (request: IncomingMessage) => boolean): { open: (enter: () => void) => void } {
    const waiting: Arrival[] = [];
    const former = EVENTS.map((event) => [event, server.listeners(event) as Listener[]] as const);
    for (const [event, listeners] of former) {
        server.removeAllListeners(event);
        server.on(event, (request: IncomingMessage, ...rest: unknown[]) => {
            if (isHeld(request)) {
                if (waiting.length >= MAX_WAITING) {
                    request.socket.destroy();
                    return;
                }
                // The server has let go of an upgrade's socket: an error that nobody hears would end the process.
                request.socket.on("error", ignoreError);
                waiting.push([event, request, ...rest]);
            } else {
                listeners.forEach((listener) => listener.call(server, request, ...rest));
            }
        });
    }
    return {
        open: (enter) => {
            for (const [event, listeners] of former) {
                server.removeAllListeners(event);
                listeners.forEach((listener) => server.on(event, listener));
            }
            enter();
            for (const arrival of waiting.splice(0)) {
                // Who has hung up meanwhile needs no answer; for an upgrade that is the socket itself.
                const socket = arrival[0] === "upgrade" ? (arrival[2] as Duplex) : arrival[1].socket;
                if (!socket.destroyed) {
                    server.emit(...arrival);
                }
                socket.off("error", ignoreError);
            }
        },
    };
}
