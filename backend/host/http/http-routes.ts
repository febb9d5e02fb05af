import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Request, RequestHandler, Response } from "express";
import { DeployError, toDeployError } from "../../domain/errors.ts";
import type { Logger } from "../../domain/ports.ts";
import type { RawRequest, RawResponse } from "../host.ts";
import { BodyBudget, type BodyShare } from "./body-budget.ts";
import { clientAddress, clientOrigin } from "./client-address.ts";
import { BodyTimeoutError, readBody } from "./request-body.ts";
import type { Match, Route, RouteTable } from "./route-table.ts";

/** After an early refusal the rest of the body is thrown away for so long, that the client gets to read the answer; then the connection ends. */
const LINGER_MS = 1000;

export interface HttpRoutesSettings {
    isProxyTrusted: boolean;
    /** How long a client may take to send its body. */
    bodyTimeoutMs: number;
    logger: Logger;
}

/** Serves the core's routes before anything else has touched the request; everything that is not one of them goes on. */
export function coreRoutes(table: RouteTable, settings: HttpRoutesSettings): RequestHandler {
    const bodies = new BodyBudget();
    return (request, response, next) => {
        const target = splitTarget(request.url);
        const match = table.match(request.method, target.path);
        if (match.kind === "none") {
            next();
            return;
        }
        answer(match, target, request, response, settings, bodies).catch((err: unknown) => {
            settings.logger.warn({ err, path: target.path }, "an answer could not be sent");
            response.destroy();
        });
    };
}

interface Target {
    path: string;
    query: URLSearchParams;
}

/** By hand: the URL class would resolve `%2e%2e` and so turn one address into another. */
function splitTarget(url: string): Target {
    const mark = url.indexOf("?");
    return mark === -1 ? { path: url, query: new URLSearchParams() } : { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) };
}

async function answer(match: Exclude<Match, { kind: "none" }>, target: Target, request: Request, response: Response, settings: HttpRoutesSettings, bodies: BodyBudget): Promise<void> {
    if (match.kind === "malformed") {
        sendFailure(response, 400, new DeployError("INPUT_INVALID", "The address is not encoded correctly."));
        return;
    }
    if (match.kind === "wrong-method") {
        response.setHeader("allow", match.allowed.join(", "));
        sendFailure(response, 405, new DeployError("INPUT_INVALID", `This address answers ${match.allowed.join(", ")}.`));
        return;
    }
    const share = bodies.open(clientAddress(request.headers, request.socket.remoteAddress, settings.isProxyTrusted));
    try {
        const raw = await rawRequest(match.route, match.params, target, request, settings, share);
        await send(response, await match.route.handler(raw).finally(() => share.close()));
    } catch (thrown) {
        if (response.headersSent || response.closed) {
            throw thrown;
        }
        const error = toDeployError(thrown);
        if (thrown instanceof BodyTimeoutError) {
            sendFailure(response, 408, new DeployError("INPUT_INVALID", "The request took too long to arrive. Send it again."));
        } else {
            if (error.code === "INTERNAL") {
                settings.logger.error({ err: thrown, path: target.path }, "a request failed");
            }
            sendFailure(response, error.status, error);
        }
        endUnread(request);
    } finally {
        share.close();
    }
}

async function rawRequest(route: Route, params: Record<string, string>, target: Target, request: Request, settings: HttpRoutesSettings, share: BodyShare): Promise<RawRequest> {
    return {
        method: request.method,
        path: target.path,
        params,
        query: target.query,
        headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value])),
        body: await readBody(request, route.maxBytes, settings.bodyTimeoutMs, share),
        address: clientAddress(request.headers, request.socket.remoteAddress, settings.isProxyTrusted),
        origin: clientOrigin(request.headers, settings.isProxyTrusted, "encrypted" in request.socket),
    };
}

async function send(response: Response, { status, headers, body }: RawResponse): Promise<void> {
    response.status(status);
    for (const [name, value] of Object.entries(headers ?? {})) {
        response.setHeader(name, value);
    }
    if (body === undefined || typeof body === "string" || Buffer.isBuffer(body)) {
        // Not express's send(): it would add a charset, an ETag and a 304 of its own.
        response.end(body);
        return;
    }
    if (response.req.method === "HEAD") {
        response.end();
        return;
    }
    await pipeline(Readable.from(body), response);
}

function sendFailure(response: Response, status: number, error: DeployError): void {
    response.status(status).json({ ok: false, code: error.code, message: error.message });
}

/** A body that nobody will read must not keep the connection busy. */
function endUnread(request: Request): void {
    if (request.complete) {
        return;
    }
    request.resume();
    setTimeout(() => {
        if (!request.complete) {
            request.destroy();
        }
    }, LINGER_MS).unref();
}
