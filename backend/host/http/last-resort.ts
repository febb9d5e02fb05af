import type { ErrorRequestHandler } from "express";
import type { Logger } from "../../domain/ports.ts";

/** Instead of express's own page, which would show the stack of the error. */
export function lastResort(logger: Logger): ErrorRequestHandler {
    return (err: unknown, request, response, _next) => {
        const status = (err as { status?: unknown } | null)?.status;
        const isClients = typeof status === "number" && status >= 400 && status < 500;
        if (!isClients) {
            logger.error({ err, path: request.path }, "a page could not be sent");
        }
        if (response.headersSent) {
            response.destroy();
            return;
        }
        response.status(isClients ? status : 500).type("text/plain").send("This page could not be sent.\n");
    };
}
