import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { DeployError } from "../../domain/errors.ts";
import { coreRoutes, type HttpRoutesSettings } from "../http/http-routes.ts";
import { lastResort } from "../http/last-resort.ts";
import type { RouteTable } from "../http/route-table.ts";
import { securityHeaders } from "../http/security-headers.ts";
import { staticPages } from "./static-pages.ts";
import type { CertificateKeeper } from "./tls/certificate-keeper.ts";

/** A client that sends its headers this slowly is not one of ours. */
const HEADERS_TIMEOUT_MS = 20_000;
/** Above every body's own time. */
const REQUEST_TIMEOUT_MS = 300_000;

/** The order is the meaning: the core's routes see a request first and untouched, the pages last. */
export function createWebServer(table: RouteTable, settings: HttpRoutesSettings & { pagesDirectory: string; certificate?: CertificateKeeper | null }): Server {
    const app = express();
    app.disable("x-powered-by");
    app.use("/api", (_request, response) => {
        response.status(404).json({ ok: false, code: "NOT_FOUND", message: "There is nothing at this address." });
    });
    app.use(staticPages(settings.pagesDirectory));
    app.use(lastResort(settings.logger));
    const [headers, core] = [securityHeaders(), coreRoutes(table, settings)];
    const serve: RequestListener = (request, response) => headers(request, response, () => core(request, response, () => void app(request, response)));
    const server = settings.certificate?.createServer(serve) ?? createServer(serve);
    server.headersTimeout = HEADERS_TIMEOUT_MS;
    server.requestTimeout = REQUEST_TIMEOUT_MS;
    return server;
}

/** @returns the port, also when 0 was asked for @throws PORT_IN_USE */
export async function listenOn(server: Server, port: number, hostname: string | undefined): Promise<number> {
    await new Promise<void>((resolve, reject) => {
        const fail = (cause: NodeJS.ErrnoException) => {
            const isTaken = cause.code === "EADDRINUSE";
            const text = isTaken
                ? `Port ${port} is in use by another program. Stop that program, or choose another port with DOCKGE_PORT.`
                : `The server cannot listen on ${hostname ?? "any address"}, port ${port} (${cause.code ?? cause.message}). Check DOCKGE_HOSTNAME and DOCKGE_PORT.`;
            reject(new DeployError(isTaken ? "PORT_IN_USE" : "INTERNAL", text, { cause }));
        };
        server.once("error", fail);
        server.listen(port, hostname, () => {
            server.off("error", fail);
            resolve();
        });
    });
    return (server.address() as AddressInfo).port;
}
