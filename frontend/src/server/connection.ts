import { io, type Socket } from "socket.io-client";
import { computed, readonly, ref, type Ref } from "vue";
import type { AgentPushes, AgentStatus } from "../../../common/agent-wire.ts";
import type { Verb } from "../../../common/wire.ts";
import type { DirectVerb, DirectVerbs, DockgeVerb, ServerInfo } from "./dockge-wire.ts";
import { readAnswer } from "./read-answer.ts";
import type { AnyPush, PushHandler, Server } from "./server.ts";
import { ownError } from "./server-error.ts";
import { timeLimitMs } from "./time-limits.ts";

/** Milliseconds until a refused connection is tried again; Socket.IO does that by itself only for a server that is away. */
const REFUSED_RETRY_MS = 3_000;

export interface Connection extends Server {
    /** The same connection, for the stacks of one agent; the empty endpoint is this server itself. */
    at(endpoint: string): Server;
    /** From every server at once; the endpoint says which. */
    onFromAll<P extends AnyPush>(push: P, handler: (endpoint: string, ...args: Parameters<PushHandler<P>>) => void): () => void;
    /** Pushes that are not about one server. */
    onDirect<P extends keyof AgentPushes>(push: P, handler: (payload: AgentPushes[P]) => void): () => void;
    /** True once a connection was made at all. */
    readonly wasConnected: Readonly<Ref<boolean>>;
    readonly info: Readonly<Ref<ServerInfo>>;
    direct<V extends DirectVerb>(event: V, ...args: DirectVerbs[V]["args"]): Promise<DirectVerbs[V]["result"] & { msg?: string }>;
    onLifecycle(event: "connect" | "info" | "setup" | "autoLogin" | "refresh", handler: () => void): void;
    /** Told by the session when it is logged in (again). */
    markReady(): void;
    /** A log-out: the server forgets this socket, a new one starts. */
    reopen(): void;
    close(): void;
}

/** Connects to the server that this page came from. */
export function connect(url?: string): Connection {
    const options = { transports: ["websocket", "polling"], reconnectionDelayMax: 5_000 };
    const socket: Socket = url === undefined ? io(options) : io(url, options);
    const isConnected = ref(false);
    const wasConnected = ref(false);
    const generation = ref(0);
    const info = ref<ServerInfo>({});
    let retryTimer: ReturnType<typeof setTimeout> | undefined;
    const listeners = new Map<string, Set<(...args: unknown[]) => void>>();

    function dispatch(push: string, args: unknown[]): void {
        for (const listener of [...(listeners.get(push) ?? [])]) {
            listener(...args);
        }
    }

    function listen(push: string, listener: (...args: unknown[]) => void): () => void {
        const set = listeners.get(push) ?? new Set();
        listeners.set(push, set);
        set.add(listener);
        return () => set.delete(listener);
    }

    socket.on("connect", () => {
        isConnected.value = true;
        wasConnected.value = true;
    });
    socket.on("disconnect", (reason) => {
        isConnected.value = false;
        if (reason === "io server disconnect") {
            // Socket.IO takes this for a farewell; a restart or a changed password are none.
            socket.connect();
        }
    });
    socket.on("connect_error", () => {
        if (!socket.active) {
            clearTimeout(retryTimer);
            retryTimer = setTimeout(() => socket.connect(), REFUSED_RETRY_MS);
        }
    });
    socket.on("info", (next: ServerInfo) => (info.value = next));
    // Pushes arrive in Dockge's envelope or directly.
    socket.on("agent", (push: string, ...args: unknown[]) => dispatch(push, args));
    socket.onAny((push: string, ...args: unknown[]) => {
        if (push !== "agent") {
            dispatch(push, args);
        }
    });

    async function ask<T>(envelope: unknown[], event: string, args: unknown[]): Promise<T> {
        if (!socket.connected) {
            throw ownError("CONNECTION_LOST");
        }
        const [first, ...rest] = [...envelope, event, ...args] as [string, ...unknown[]];
        let answer: unknown;
        try {
            answer = await socket.timeout(timeLimitMs(event)).emitWithAck(first, ...rest);
        } catch {
            throw ownError(socket.connected ? "NO_ANSWER" : "CONNECTION_LOST", { event });
        }
        return readAnswer(answer, event) as T;
    }

    const servers = new Map<string, Server>();
    const shared = { isConnected: readonly(isConnected), generation: readonly(generation) };

    /** How often an agent came back: what is shown of it may have changed meanwhile, as after a reconnect of our own. */
    const returns = ref<Record<string, number>>({});
    const statuses = new Map<string, AgentStatus>();
    listen("agentStatus", (payload) => {
        const { endpoint, status } = payload as AgentPushes["agentStatus"];
        if (status === "online" && statuses.get(endpoint) === "offline") {
            returns.value = { ...returns.value, [endpoint]: (returns.value[endpoint] ?? 0) + 1 };
        }
        statuses.set(endpoint, status);
    });

    function serverAt(endpoint: string): Server {
        return {
            ...shared,
            endpoint,
            ...(endpoint === "" ? {} : { generation: computed(() => generation.value + (returns.value[endpoint] ?? 0)) }),
            call: (verb: Verb, ...args: unknown[]) => ask(["agent", endpoint], verb, args),
            dockge: (event: DockgeVerb, ...args: unknown[]) => ask(["agent", endpoint], event, args),
            on<P extends AnyPush>(push: P, handler: PushHandler<P>) {
                const told = handler as unknown as (...args: unknown[]) => void;
                // Terminals have the endpoint in their name.
                return listen(push, (...args) => (typeof args[0] !== "object" || endpointIn(args[0]) === endpoint) && told(...args));
            },
        };
    }
    const own = serverAt("");

    return {
        ...own,
        wasConnected: readonly(wasConnected),
        info: readonly(info),
        at(endpoint) {
            const server = endpoint === "" ? own : (servers.get(endpoint) ?? serverAt(endpoint));
            servers.set(endpoint, server);
            return server;
        },
        direct: (event: DirectVerb, ...args: unknown[]) => ask([], event, args),
        onFromAll<P extends AnyPush>(push: P, handler: (endpoint: string, ...args: Parameters<PushHandler<P>>) => void) {
            const told = handler as unknown as (...args: unknown[]) => void;
            return listen(push, (...args) => told(endpointIn(args[0]), ...args));
        },
        onDirect: (push, handler) => listen(push, (payload) => handler(payload as never)),
        onLifecycle: (event, handler) => void socket.on(event, handler),
        markReady: () => (generation.value += 1),
        reopen: () => void socket.disconnect().connect(),
        close() {
            clearTimeout(retryTimer);
            socket.close();
        },
    };
}

/** Whoever pushes an object is named in it. */
function endpointIn(payload: unknown): string {
    const endpoint = (payload as { endpoint?: unknown } | null | undefined)?.endpoint;
    return typeof endpoint === "string" ? endpoint : "";
}
