import type { Server as HttpServer, IncomingMessage } from "node:http";
import { Server, type Socket } from "socket.io";
import type { DockgeAgentPushes } from "../../../common/dockge-wire.ts";
import { LIMITS } from "../../../common/schemas.ts";
import type { Config } from "../../config.ts";
import type { Logger } from "../../domain/ports.ts";
import { clientAddress, clientOrigin } from "../http/client-address.ts";
import { ConnectionLimit } from "./connection-limit.ts";
import { NO_ANSWER, type Dispatcher } from "./dispatcher.ts";
import { isOriginAllowed } from "./origin-check.ts";
import { Session } from "./session.ts";

/** A compose file and an `.env` of the largest size, as JSON. */
const MAX_MESSAGE_BYTES = 4 * LIMITS.composeLength;

export interface SocketsParts {
    server: HttpServer;
    config: Pick<Config, "isAnyOriginAllowed" | "isProxyTrusted">;
    dispatcher: Dispatcher;
    logger: Logger;
    onConnect: (session: Session) => Promise<void>;
    onDisconnect?: (session: Session) => Promise<void>;
}

/** Every connection, and the way from its calls to the dispatcher and back. */
export class Sockets {
    readonly #io: Server;
    readonly #parts: SocketsParts;
    readonly #sessions = new Map<string, Session>();
    readonly #calls = new Set<Promise<void>>();
    readonly #limit = new ConnectionLimit();

    constructor(parts: SocketsParts) {
        this.#parts = parts;
        this.#io = new Server(parts.server, {
            serveClient: false,
            maxHttpBufferSize: MAX_MESSAGE_BYTES,
            allowRequest: (request, answer) => answer(null, isOriginAllowed(request.headers, parts.config) && !this.#isFull(request)),
            ...(parts.config.isAnyOriginAllowed ? { cors: { origin: "*" } } : {}),
        });
        this.#io.on("connection", (socket) => this.#accept(socket));
        this.#io.engine.on("connection", (connection: { request: IncomingMessage; on: (event: "close", listener: () => void) => void }) => connection.on("close", this.#limit.opened(this.#addressOf(connection.request))));
    }

    byId(connectionId: string): Session | undefined {
        return this.#sessions.get(connectionId);
    }

    all(): Session[] {
        return [...this.#sessions.values()];
    }

    in(room: string): Session[] {
        const ids = this.#io.sockets.adapter.rooms.get(room) ?? new Set<string>();
        return [...ids].map((id) => this.#sessions.get(id)).filter((session) => session !== undefined);
    }

    /** The same to several connections, encoded once. */
    pushAgent<P extends keyof DockgeAgentPushes>(sessions: readonly Session[], event: P, ...args: DockgeAgentPushes[P]): void {
        if (sessions.length > 0) {
            this.#io.to(sessions.map(({ id }) => id)).emit("agent", event, ...args);
        }
    }

    /** A push of the core, stamped with the endpoint as Dockge does; encoded once for all that call this server the same. */
    pushStamped(sessions: readonly Session[], event: string, payload: object): void {
        for (const endpoint of new Set(sessions.map((session) => session.endpoint))) {
            const alike = sessions.filter((session) => session.endpoint === endpoint);
            this.#io.to(alike.map(({ id }) => id)).emit("agent", event, { ...payload, endpoint });
        }
    }

    /** Not an event of Dockge's: its page ignores it, ours may say why everything pauses. */
    announceClosing(): void {
        this.#io.emit("serverClosing");
    }

    /** Resolves when every call that has arrived is answered. */
    async idle(): Promise<void> {
        while (this.#calls.size > 0) {
            await Promise.all(this.#calls);
        }
    }

    /** Closes every connection; browsers come back by themselves when the server does. Waits for the HTTP server as well. */
    async close(): Promise<void> {
        await this.#io.close();
    }

    #isFull(request: IncomingMessage): boolean {
        return this.#limit.isFull(this.#addressOf(request), () => this.all().flatMap(({ user, address }) => (user === null ? [] : [address])));
    }

    #addressOf({ headers, socket }: IncomingMessage): string {
        return clientAddress(headers, socket.remoteAddress, this.#parts.config.isProxyTrusted);
    }

    #accept(socket: Socket): void {
        const { headers } = socket.handshake;
        const { isProxyTrusted } = this.#parts.config;
        const address = clientAddress(headers, socket.handshake.address, isProxyTrusted);
        // A browser that opens a WebSocket at once says itself where it is, https in front of any proxy included; a polling one does not.
        const session = new Session(socket, address, headers.origin ?? clientOrigin(headers, isProxyTrusted, socket.handshake.secure));
        this.#sessions.set(socket.id, session);
        socket.on("disconnect", () => {
            this.#sessions.delete(socket.id);
            this.#parts.onDisconnect?.(session).catch((err: unknown) => this.#parts.logger.error({ err }, "a connection did not end cleanly"));
        });
        socket.onAny((event: string, ...args: unknown[]) => this.#track(this.#call(session, event, args)));
        this.#parts.onConnect(session).catch((err: unknown) => this.#parts.logger.error({ err }, "a new connection could not be greeted"));
    }

    #track(call: Promise<void>): void {
        this.#calls.add(call);
        void call.finally(() => this.#calls.delete(call));
    }

    async #call(session: Session, event: string, args: unknown[]): Promise<void> {
        session.markUsed();
        const last = args.at(-1);
        const acknowledge = typeof last === "function" ? (last as (answer: unknown) => void) : null;
        const answer = await this.#parts.dispatcher.call(session, event, acknowledge === null ? args : args.slice(0, -1), acknowledge !== null);
        if (answer === NO_ANSWER) {
            return;
        }
        try {
            acknowledge?.(answer);
        } catch (thrown) {
            // What cannot be encoded. One answer must not end the process, and with it every deployment.
            acknowledge?.(this.#parts.dispatcher.failure(event, thrown));
        }
    }
}
