import type { IncomingMessage, ServerResponse } from "node:http";
import helmet from "helmet";

/** What the page may load: its own files, inline styles (Vue and the editor set them) and its socket. */
export function securityHeaders(): (request: IncomingMessage, response: ServerResponse, next: () => void) => void {
    return helmet({
        contentSecurityPolicy: {
            useDefaults: false,
            directives: {
                defaultSrc: ["'self'"],
                scriptSrc: ["'self'"],
                styleSrc: ["'self'", "'unsafe-inline'"],
                imgSrc: ["'self'", "data:"],
                fontSrc: ["'self'", "data:"],
                // Not every browser counts a WebSocket to the page's own host as 'self'.
                connectSrc: ["'self'", "ws:", "wss:"],
                objectSrc: ["'none'"],
                baseUri: ["'self'"],
                formAction: ["'self'"],
                frameAncestors: ["'self'"],
            },
        },
        // A browser keeps Strict-Transport-Security for every port of a host, and the stacks beside us may speak plain HTTP;
        // the other two only work over HTTPS. Whoever puts a proxy in front decides about them.
        strictTransportSecurity: false,
        crossOriginOpenerPolicy: false,
        originAgentCluster: false,
    });
}
