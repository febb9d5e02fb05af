import { DeployError } from "../../domain/errors.ts";
import type { Logger, UserStore } from "../../domain/ports.ts";
import type { Failure, Result } from "../../../common/wire.ts";
import { dockgeFailureAnswer, serverStopping, type FailureReporter } from "../failure.ts";
import type { HostUser } from "../host.ts";
import { LogFollowers, MAX_WAITING_LOG_LENGTH, type LogPiece } from "../log-followers.ts";
import { clientAddress, clientOrigin } from "../http/client-address.ts";
import { requireFamiliarSocket, type DockgeAgentSocket, type DockgeServer, type DockgeSocket } from "./dockge-seams.ts";
import type { ProgressTerminals } from "./progress-terminals.ts";
import { isListPush, type StackExtension } from "./stack-extension.ts";
import type { StackGuards } from "./stack-guards.ts";

export type Verb = (args: unknown[], user: HostUser) => Promise<Result<object>>;

export interface ConnectionsParts {
    server: DockgeServer;
    users: Pick<UserStore, "byId">;
    isProxyTrusted: boolean;
    isEncrypted: boolean;
    guards: StackGuards;
    extension: StackExtension;
    terminals: ProgressTerminals;
    failures: FailureReporter;
    logger: Logger;
}

/** What each of Dockge's connections gains, from the moment that it is opened. Who is logged in is Dockge's to say. */
export class Connections {
    readonly #parts: ConnectionsParts;
    readonly #verbs = new Map<string, Verb>();
    readonly #logFollowers = new LogFollowers<DockgeSocket>({ isFarBehind, send: (sockets, piece) => this.#push(sockets, "deploymentLog", piece) });
    #isClosing = false;

    constructor(parts: ConnectionsParts) {
        this.#parts = parts;
    }

    add(event: string, verb: Verb): void {
        this.#verbs.set(event, verb);
    }

    /** Every connection that Dockge opens from now on. */
    attach(): void {
        const { server } = this.#parts;
        const agentSockets = new WeakMap<DockgeSocket, true>();
        server.agentSocketHandlerList.push({
            create: (socket, _server, agentSocket) => {
                if (!agentSockets.has(socket)) {
                    agentSockets.set(socket, true);
                    this.#accept(socket, agentSocket);
                }
            },
        });
    }

    close(): void {
        this.#isClosing = true;
    }

    publish(event: string, payload: object): void {
        this.#push(this.loggedIn(), event, payload);
    }

    publishLog(piece: LogPiece): void {
        this.#logFollowers.publish(piece);
    }

    joinLog(connectionId: string, deploymentId: string): void {
        const socket = this.#parts.server.io.sockets.sockets.get(connectionId);
        if (socket !== undefined) {
            this.#logFollowers.join(socket, deploymentId);
        }
    }

    leaveLog(connectionId: string, deploymentId: string): void {
        this.#logFollowers.leave(connectionId, deploymentId);
    }

    loggedIn(): DockgeSocket[] {
        return [...this.#parts.server.io.sockets.sockets.values()].filter(isLoggedIn);
    }

    #accept(socket: DockgeSocket, agentSocket: DockgeAgentSocket): void {
        const { guards, terminals, logger } = this.#parts;
        try {
            requireFamiliarSocket(socket);
        } catch (err) {
            logger.error({ err }, "a connection is left to Dockge alone");
            return;
        }
        terminals.learn(socket.endpoint);
        this.#extendList(socket);
        this.#extendStack(agentSocket);
        guards.install(socket, agentSocket);
        for (const event of this.#verbs.keys()) {
            const answer = (...args: unknown[]) => void this.#answer(event, socket, args);
            socket.on(event, answer);
            agentSocket.on(event, answer);
        }
        socket.on("disconnect", () => this.#logFollowers.leaveAll(socket.id));
    }

    #push(sockets: readonly DockgeSocket[], event: string, payload: object): void {
        for (const socket of sockets.filter(isLoggedIn)) {
            // Dockge writes the endpoint into what it is given.
            socket.emitAgent(event, { ...payload });
        }
    }

    async #answer(event: string, socket: DockgeSocket, args: unknown[]): Promise<void> {
        const last = args.at(-1);
        const acknowledge = typeof last === "function" ? (last as (answer: unknown) => void) : () => undefined;
        try {
            const user = await this.userOf(socket);
            if (this.#isClosing) {
                throw serverStopping();
            }
            const result = await this.#verbs.get(event)?.(typeof last === "function" ? args.slice(0, -1) : args, user);
            acknowledge(result);
        } catch (thrown) {
            acknowledge(this.failure(thrown, event));
        }
    }

    failure(thrown: unknown, event: string): Failure & { msgi18n: true } {
        return dockgeFailureAnswer(this.#parts.failures.report(thrown, event));
    }

    /** @throws NOT_LOGGED_IN */
    async userOf(socket: DockgeSocket): Promise<HostUser> {
        const user = socket.userID === undefined ? null : await this.#parts.users.byId(socket.userID);
        if (user === null) {
            throw new DeployError("NOT_LOGGED_IN", "You are not logged in.");
        }
        const { headers, address } = socket.handshake;
        const { isProxyTrusted, isEncrypted } = this.#parts;
        return {
            name: user.username,
            address: clientAddress(headers, address, isProxyTrusted),
            origin: headers.origin ?? clientOrigin(headers, isProxyTrusted, isEncrypted),
            connectionId: socket.id,
        };
    }

    /** Lists of one connection stay in their order, although each is looked up first. */
    #extendList(socket: DockgeSocket): void {
        const { extension } = this.#parts;
        const send = socket.emitAgent.bind(socket);
        let sent = Promise.resolve();
        socket.emitAgent = (event, ...args) => {
            const push = args[0];
            if (event !== "stackList" || !isListPush(push)) {
                send(event, ...args);
                return;
            }
            sent = sent.then(async () => send(event, await extension.list(push, socket.endpoint))).catch((err: unknown) => this.#parts.logger.error({ err }, "a stack list could not be sent"));
        };
    }

    #extendStack(agentSocket: DockgeAgentSocket): void {
        const { extension } = this.#parts;
        const original = agentSocket.eventList.get("getStack");
        if (original === undefined) {
            return;
        }
        agentSocket.on("getStack", (...args) => {
            const last = args.at(-1);
            if (typeof last !== "function") {
                return original(...args);
            }
            const acknowledge = last as (answer: unknown) => void;
            return original(...args.slice(0, -1), (answer: unknown) => {
                const stack = (answer as { stack?: unknown } | null)?.stack;
                if (typeof stack !== "object" || stack === null) {
                    acknowledge(answer);
                    return;
                }
                void extension.stack(stack).then((extended) => acknowledge({ ...(answer as object), stack: extended }));
            });
        });
    }
}

/** What waits for the network, as Engine.IO tells it; a connection that does not tell is never behind. */
function isFarBehind({ conn }: DockgeSocket): boolean {
    const waiting = conn?.writeBuffer ?? [];
    return waiting.reduce((length, { data }) => length + (typeof data === "string" ? data.length : 0), 0) > MAX_WAITING_LOG_LENGTH;
}

function isLoggedIn(socket: DockgeSocket): boolean {
    return socket.userID !== undefined && socket.userID !== null;
}
