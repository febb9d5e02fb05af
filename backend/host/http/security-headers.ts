import type { RequestHandler } from "express";
import helmet from "helmet";

/** What the page may load: its own files, inline styles (Vue and the editor set them) and its socket. */
export function securityHeaders(): RequestHandler {
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
        // The server itself speaks plain HTTP, often at an address in the home; whoever puts TLS in front decides about these.
        strictTransportSecurity: false,
        crossOriginOpenerPolicy: false,
        originAgentCluster: false,
    });
}
