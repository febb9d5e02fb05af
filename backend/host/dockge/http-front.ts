import type { IncomingMessage, Server, ServerResponse } from "node:http";
import express from "express";
import { coreRoutes, type HttpRoutesSettings } from "../http/http-routes.ts";
import { lastResort } from "../http/last-resort.ts";
import type { RouteTable } from "../http/route-table.ts";
import { securityHeaders } from "../http/security-headers.ts";
import { ASSETS_PREFIX, isBelow, OWN_PREFIX, type Page } from "./page.ts";

/** Vite puts a hash of the content into these names. */
const HASHED_NAME = /-[\w-]{8}\.\w+$/;

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** Answers what is ours. Dockge itself has nothing below /api, so all of that is. */
export function ownPages(table: RouteTable, settings: HttpRoutesSettings, page: Page | null): { isOurs: (request: IncomingMessage) => boolean; answer: Listener } {
    const [headers, core] = [securityHeaders(), coreRoutes(table, settings)];
    const app = express();
    app.disable("x-powered-by");
    if (page !== null) {
        const setHeaders = (response: ServerResponse, file: string) => void response.setHeader("cache-control", HASHED_NAME.test(file) ? "public, max-age=31536000, immutable" : "no-cache");
        app.use(ASSETS_PREFIX, express.static(page.directory, { index: false, redirect: false, cacheControl: false, setHeaders }));
        app.use(ASSETS_PREFIX, (_request, response) => {
            // A part of a former build: the page itself would be a confusing answer.
            response.status(404).type("text/plain").send("Not found. Load the page anew.\n");
        });
        app.get([OWN_PREFIX, `${OWN_PREFIX}/*path`], (_request, response) => {
            response.setHeader("cache-control", "no-cache");
            response.type("text/html").send(page.html);
        });
    }
    app.use((_request, response) => {
        response.status(404).json({ ok: false, code: "NOT_FOUND", message: "There is nothing at this address." });
    });
    app.use(lastResort(settings.logger));
    return {
        isOurs: ({ method, url }) => {
            const path = (url ?? "").split("?", 1)[0] ?? "";
            return isBelow("/api", path) || isBelow(OWN_PREFIX, path) || table.match(method ?? "", path).kind !== "none";
        },
        answer: (request, response) => headers(request, response, () => core(request, response, () => void app(request, response))),
    };
}

/**
 * Stands in front of everything that listens at the server, Socket.IO included, and hands on what is not ours exactly as it came.
 * Independent of Dockge's web framework and of the order of its routes.
 */
export function standInFront(server: Server, ours: ReturnType<typeof ownPages>): void {
    const others = server.listeners("request") as Listener[];
    server.removeAllListeners("request");
    server.on("request", (request, response) => {
        if (ours.isOurs(request)) {
            ours.answer(request, response);
            return;
        }
        others.forEach((listener) => listener.call(server, request, response));
    });
}
