import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { DeployError, toDeployError } from "../../domain/errors.ts";
import type { Logger } from "../../domain/ports.ts";
import type { RawRequest, RawResponse } from "../host.ts";
import { BodyBudget, DISK_FOR_BODIES, MEMORY_FOR_BODIES } from "./body-budget.ts";
import { clientAddress, clientOrigin } from "./client-address.ts";
import { LargeBodies } from "./large-bodies.ts";
import { BodyTimeoutError, readBody } from "./request-body.ts";
import type { Match, RouteTable } from "./route-table.ts";

/** After an early refusal the rest of the body is thrown away for so long, that the client gets to read the answer; then the connection ends. */
const LINGER_MS = 1000;

export interface HttpRoutesSettings {
    isProxyTrusted: boolean;
    /** How long a client may take to send its body. */
    bodyTimeoutMs: number;
    /** For bodies that are too large to be held in memory; of its own. */
    largeBodiesDirectory: string;
    logger: Logger;
}

/**
 * Serves the core's routes before anything else has touched the request; everything that is not one of them goes on. Without a framework,
 * whose preparations would be a good part of what a delivery costs.
 */
export function coreRoutes(table: RouteTable, settings: HttpRoutesSettings): (request: IncomingMessage, response: ServerResponse, next: () => void) => void {
    const bodies: Bodies = { memory: new BodyBudget(MEMORY_FOR_BODIES), disk: new BodyBudget(DISK_FOR_BODIES), large: new LargeBodies(settings.largeBodiesDirectory) };
    return (request, response, next) => {
        const target = splitTarget(request.url ?? "");
        const match = table.match(request.method ?? "", target.path);
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

interface Bodies {
    memory: BodyBudget;
    disk: BodyBudget;
    large: LargeBodies;
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

async function answer(match: Exclude<Match, { kind: "none" }>, target: Target, request: IncomingMessage, response: ServerResponse, settings: HttpRoutesSettings, bodies: Bodies): Promise<void> {
    if (match.kind === "malformed") {
        sendFailure(response, 400, new DeployError("INPUT_INVALID", "The address is not encoded correctly."));
        return;
    }
    if (match.kind === "wrong-method") {
        response.setHeader("allow", match.allowed.join(", "));
        sendFailure(response, 405, new DeployError("INPUT_INVALID", `This address answers ${match.allowed.join(", ")}.`));
        return;
    }
    const address = clientAddress(request.headers, request.socket.remoteAddress, settings.isProxyTrusted);
    const [memory, disk] = [bodies.memory.open(address), bodies.disk.open(address)];
    try {
        const { route } = match;
        const body = await readBody(request, { maxBytes: route.maxBytes, timeoutMs: settings.bodyTimeoutMs, memory, disk, createFile: () => bodies.large.create() });
        const respond = async (bytes: Buffer) => await route.handler(rawRequest(match.params, target, request, settings, address, bytes));
        const answered = Buffer.isBuffer(body) ? await respond(body) : await bodies.large.inTurn(body, respond).finally(() => body.close());
        memory.close();
        disk.close();
        await send(response, answered);
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
        memory.close();
        disk.close();
    }
}

function rawRequest(params: Record<string, string>, target: Target, request: IncomingMessage, settings: HttpRoutesSettings, address: string, body: Buffer): RawRequest {
    return {
        method: request.method ?? "",
        path: target.path,
        params,
        query: target.query,
        headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value])),
        body,
        address,
        origin: clientOrigin(request.headers, settings.isProxyTrusted, "encrypted" in request.socket),
    };
}

async function send(response: ServerResponse, { status, headers, body }: RawResponse): Promise<void> {
    response.statusCode = status;
    for (const [name, value] of Object.entries(headers ?? {})) {
        response.setHeader(name, value);
    }
    if (body === undefined || typeof body === "string" || Buffer.isBuffer(body)) {
        response.end(body);
        return;
    }
    if (response.req.method === "HEAD") {
        response.end();
        return;
    }
    await pipeline(Readable.from(body), response);
}

function sendFailure(response: ServerResponse, status: number, error: DeployError): void {
    const body = JSON.stringify({ ok: false, code: error.code, message: error.message });
    response.writeHead(status, { "content-type": "application/json; charset=utf-8", "content-length": Buffer.byteLength(body) }).end(body);
}

/** A body that nobody will read must not keep the connection busy. */
function endUnread(request: IncomingMessage): void {
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
