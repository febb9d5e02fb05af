import { readonly, ref, type Ref } from "vue";
import type { DockgeVerb } from "../server/dockge-wire.ts";
import { readAnswer } from "../server/read-answer.ts";
import type { AnyPush, PushHandler, Server } from "../server/server.ts";
import { ownError, type ServerError } from "../server/server-error.ts";
import { timeLimitMs } from "../server/time-limits.ts";
import type { Verb } from "../../../common/wire.ts";
import type { DockgePage } from "./dockge-page.ts";

/** Milliseconds. A hub itself waits 10 s for an agent to come online; one that does not know us never answers. */
const AGENT_QUICK_MS = 12_000;
const QUICK_MS = timeLimitMs("getGitRepository");

export interface Link {
    readonly isConnected: Readonly<Ref<boolean>>;
    readonly generation: Readonly<Ref<number>>;
    /** The server of that name; the empty one is the server that the page came from. */
    server(endpoint: string): Server;
}

/** Dockge's own connection with its own log-in. Opened while a person is logged in; Dockge logs in again by itself after a reconnect. */
export function openLink(page: DockgePage): Link {
    const { socket, root } = page;
    const isConnected = ref(socket.connected);
    const generation = ref(root.loggedIn ? 1 : 0);
    const servers = new Map<string, Server>();

    socket.on("connect", () => (isConnected.value = true));
    socket.on("disconnect", () => (isConnected.value = false));
    // Said twice: on connecting without the version, and with it as soon as the connection is logged in.
    socket.on("info", (info: { version?: unknown } | undefined) => {
        if (info?.version !== undefined) {
            generation.value += 1;
        }
    });

    const link: Link = {
        isConnected: readonly(isConnected),
        generation: readonly(generation),
        server: (endpoint) => {
            const server = servers.get(endpoint) ?? agentServer(page, endpoint, link);
            servers.set(endpoint, server);
            return server;
        },
    };
    return link;
}

function agentServer({ socket, root }: DockgePage, endpoint: string, link: Pick<Link, "isConnected" | "generation">): Server {
    async function ask<T>(event: string, args: unknown[]): Promise<T> {
        if (!socket.connected) {
            throw ownError("CONNECTION_LOST");
        }
        if (endpoint !== "" && root.agentStatusList?.[endpoint] === "offline") {
            throw ownError("AGENT_OFFLINE", {}, { key: "embed.agentOffline", values: { endpoint } });
        }
        const limitMs = timeLimitMs(event);
        let answer: unknown;
        try {
            answer = await socket.timeout(endpoint !== "" && limitMs === QUICK_MS ? AGENT_QUICK_MS : limitMs).emitWithAck("agent", endpoint, event, ...args);
        } catch {
            throw noAnswer(event);
        }
        return readAnswer(answer, event) as T;
    }

    function noAnswer(event: string): ServerError {
        if (!socket.connected) {
            return ownError("CONNECTION_LOST", { event });
        }
        return endpoint === "" ? ownError("NO_ANSWER", { event }) : ownError("AGENT_SILENT", { event }, { key: "embed.agentSilent", values: { endpoint } });
    }

    return {
        ...link,
        endpoint,
        call: (verb: Verb, ...args: unknown[]) => ask(verb, args),
        dockge: (event: DockgeVerb, ...args: unknown[]) => ask(event, args),
        on<P extends AnyPush>(push: P, handler: PushHandler<P>) {
            const listener = (name: unknown, ...args: unknown[]): void => {
                // Every agent's pushes come this way; whoever pushes an object is named in it.
                const from = (args[0] as { endpoint?: unknown } | null | undefined)?.endpoint ?? "";
                if (name === push && (typeof args[0] !== "object" || from === endpoint)) {
                    (handler as unknown as (...args: unknown[]) => void)(...args);
                }
            };
            socket.on("agent", listener);
            return () => socket.off("agent", listener);
        },
    };
}
