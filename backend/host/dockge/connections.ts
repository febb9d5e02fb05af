import { DeployError } from "../../domain/errors.ts";
import type { Logger, UserStore } from "../../domain/ports.ts";
import type { Failure, Result } from "../../../common/wire.ts";
import { dockgeFailureAnswer, serverStopping, type FailureReporter } from "../failure.ts";
import type { HostUser } from "../host.ts";
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
    /** By deployment: connections that follow its log. */
    readonly #logs = new Map<string, Set<string>>();
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

    /** @param log only to those that follow this deployment's log */
    publish(event: string, payload: object, log?: string): void {
        const followers = log === undefined ? null : (this.#logs.get(log) ?? new Set<string>());
        for (const socket of this.loggedIn()) {
            if (followers === null || followers.has(socket.id)) {
                // Dockge writes the endpoint into what it is given.
                socket.emitAgent(event, { ...payload });
            }
        }
    }

    joinLog(connectionId: string, deploymentId: string): void {
        if (this.#parts.server.io.sockets.sockets.has(connectionId)) {
            const followers = this.#logs.get(deploymentId) ?? new Set();
            this.#logs.set(deploymentId, followers.add(connectionId));
        }
    }

    leaveLog(connectionId: string, deploymentId: string): void {
        const followers = this.#logs.get(deploymentId);
        followers?.delete(connectionId);
        if (followers?.size === 0) {
            this.#logs.delete(deploymentId);
        }
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
        socket.on("disconnect", () => [...this.#logs.keys()].forEach((deploymentId) => this.leaveLog(socket.id, deploymentId)));
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

function isLoggedIn(socket: DockgeSocket): boolean {
    return socket.userID !== undefined && socket.userID !== null;
}
