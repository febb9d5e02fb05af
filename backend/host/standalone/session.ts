import type { Socket } from "socket.io";
import type { AgentPushes } from "../../../common/agent-wire.ts";
import type { DockgeAgentPushes, DockgePushes } from "../../../common/dockge-wire.ts";
import type { User } from "../../domain/entities.ts";
import { DeployError } from "../../domain/errors.ts";
import type { HostUser } from "../host.ts";
import { MAX_WAITING_LOG_LENGTH } from "../log-followers.ts";
import { TEST_HEADER } from "./agents/login-test.ts";
import type { LoginClient } from "./accounts/login-sessions.ts";

export const LOGGED_IN_ROOM = "logged-in";
/** Of 16 KiB at most, as far as they come from terminals. */
const MAX_WAITING_PACKETS = 32;
/** Of what agents say; an agent that says more than the browser's network takes must not fill this server's memory. */
const MAX_WAITING_LENGTH = 32 * 1024 * 1024;
/** One connection: who it is, where from, and how it calls this server. */
export class Session {
    readonly id: string;
    readonly address: string;
    /** `host:port` when a Dockge hub connects on behalf of its browsers, else empty. */
    readonly endpoint: string;
    readonly #socket: Socket;
    /** As the client sees this server: `https://host`. */
    readonly origin: string;
    /** Sent by a server that tries whether this one can be its agent. */
    readonly agentTestId: string;
    readonly #leaveHandlers = new Set<() => void>();
    readonly #drainHandlers = new Set<() => void>();
    #waitingPackets = 0;
    #waitingLength = 0;
    #user: User | null = null;
    #loginSessionId: string | null = null;
    #isUsed = false;

    constructor(socket: Socket, address: string, origin: string) {
        this.#socket = socket;
        this.origin = origin;
        this.id = socket.id;
        this.address = address;
        const endpoint = socket.handshake.headers["endpoint"];
        this.endpoint = typeof endpoint === "string" ? endpoint : "";
        const testId = socket.handshake.headers[TEST_HEADER];
        this.agentTestId = typeof testId === "string" ? testId : "";
        socket.once("disconnect", () => this.#left());
        socket.conn.on("packetCreate", ({ data }: { data?: unknown }) => {
            this.#waitingPackets += 1;
            this.#waitingLength += typeof data === "string" ? data.length : 0;
        });
        socket.conn.on("flush", () => (this.#waitingPackets = this.#waitingLength = 0));
        socket.conn.on("drain", () => this.#drainHandlers.forEach((goOn) => goOn()));
    }

    get user(): User | null {
        return this.#user;
    }

    /** The log-in that this connection belongs to; null while nobody is logged in, and where authentication is switched off. */
    get loginSessionId(): string | null {
        return this.#loginSessionId;
    }

    get client(): LoginClient {
        return { address: this.address, userAgent: this.#socket.handshake.headers["user-agent"] ?? null, isHub: this.endpoint !== "" };
    }

    /** Something was asked for. */
    markUsed(): void {
        this.#isUsed = true;
    }

    /** Whether something was asked for since the last time. */
    takeUse(): boolean {
        const isUsed = this.#isUsed;
        this.#isUsed = false;
        return isUsed;
    }

    /** @throws NOT_LOGGED_IN */
    requireUser(): User {
        if (this.#user === null) {
            throw new DeployError("NOT_LOGGED_IN", "You are not logged in.");
        }
        return this.#user;
    }

    /** @throws NOT_LOGGED_IN */
    get hostUser(): HostUser {
        return { name: this.requireUser().username, address: this.address, origin: this.origin, connectionId: this.id };
    }

    /** `loginSessionId` null: authentication is switched off. */
    logIn(user: User, loginSessionId: string | null = null): void {
        this.logOut();
        this.#user = user;
        this.#loginSessionId = loginSessionId;
        void this.#socket.join(LOGGED_IN_ROOM);
    }

    /** The same person under another session. */
    continueAs(loginSessionId: string): void {
        this.#loginSessionId = loginSessionId;
    }

    /** Leaves every room as well: nothing is told to somebody who is logged out. */
    logOut(): void {
        this.#user = null;
        this.#loginSessionId = null;
        this.#left();
        for (const room of this.#socket.rooms) {
            if (room !== this.id) {
                void this.#socket.leave(room);
            }
        }
    }

    /** Runs once, when the person logs out or the connection ends; at once when that has happened. Returns the function that takes it back. */
    onLeave(stop: () => void): () => void {
        if (this.#socket.connected && this.#user !== null) {
            this.#leaveHandlers.add(stop);
        } else {
            stop();
        }
        return () => this.#leaveHandlers.delete(stop);
    }

    /** More messages wait for the network than it takes at once: who prints much should wait for `onDrain`. */
    get isCongested(): boolean {
        return this.#waitingPackets > MAX_WAITING_PACKETS;
    }

    /** So much waits for the network that a log should be read from its file, at the pace of the network. */
    get isFarBehind(): boolean {
        return this.#waitingLength > MAX_WAITING_LOG_LENGTH;
    }

    /** Runs each time when what was waiting has been handed to the network. Returns the function that takes it back. */
    onDrain(goOn: () => void): () => void {
        this.#drainHandlers.add(goOn);
        return () => this.#drainHandlers.delete(goOn);
    }

    push<P extends keyof DockgePushes>(event: P, payload?: DockgePushes[P]): void {
        if (payload === undefined) {
            this.#socket.emit(event);
        } else {
            this.#socket.emit(event, payload);
        }
    }

    pushAgent<P extends keyof DockgeAgentPushes>(event: P, ...args: DockgeAgentPushes[P]): void {
        this.#socket.emit("agent", event, ...args);
    }

    /** About the servers that this one drives. */
    tellOfAgents<P extends keyof AgentPushes>(event: P, payload: AgentPushes[P]): void {
        this.#socket.emit(event, payload);
    }

    /** What an agent has pushed, in its own words. Left out while far too much waits for the network. */
    relay(args: unknown[]): void {
        if (this.#waitingLength < MAX_WAITING_LENGTH) {
            this.#socket.emit("agent", ...args);
        }
    }

    disconnect(): void {
        this.#socket.disconnect(true);
    }

    #left(): void {
        const handlers = [...this.#leaveHandlers];
        this.#leaveHandlers.clear();
        handlers.forEach((stop) => stop());
    }
}
