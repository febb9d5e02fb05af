import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Server } from "node:http";
import type { IncomingHttpHeaders } from "node:http";

/**
 * All that this product relies on in an unmodified Dockge, and the only place that imports it. Each member is looked for when we start;
 * versions are not compared, because Dockge's nightly builds say the same number as its last release.
 */

/** A browser's connection, or that of a Dockge hub on behalf of its browsers. */
export interface DockgeSocket {
    readonly id: string;
    /** Set by a log-in. */
    readonly userID?: number;
    /** How a hub calls this server (`host:port`), else empty. */
    readonly endpoint: string;
    readonly handshake: { address: string; headers: IncomingHttpHeaders };
    /** Pushes in the agent envelope, and writes the endpoint into the first argument. */
    emitAgent: (event: string, ...args: unknown[]) => void;
    on(event: string, listener: (...args: unknown[]) => void): unknown;
    /** Engine.IO's, with what waits for the network. Without it nothing is missing but the knowledge of who is slow. */
    readonly conn?: { readonly writeBuffer?: readonly { data?: unknown }[] };
}

/** The events that a connection may call in the agent envelope. */
export interface DockgeAgentSocket {
    readonly eventList: Map<string, DockgeEvent>;
    on(event: string, listener: DockgeEvent): void;
}

/** Dockge's own are async functions; its dispatcher drops their promise. */
export type DockgeEvent = (...args: unknown[]) => unknown;

export interface DockgeServer {
    readonly httpServer: Server;
    readonly config: { dataDir: string };
    readonly stacksDir: string;
    readonly io: { sockets: { sockets: Map<string, DockgeSocket> } };
    readonly packageJSON?: { version?: unknown };
    readonly socketHandlerList: { create(socket: DockgeSocket, server: unknown): void }[];
    readonly agentSocketHandlerList: { create(socket: DockgeSocket, server: unknown, agentSocket: DockgeAgentSocket): void }[];
    /** The page, sent for every deep link as it is at that moment. */
    indexHTML: string;
    /** Called without `this` when the process ends. */
    shutdownFunction: (signal?: string) => Promise<void>;
    sendStackList(): Promise<void>;
    serve(): Promise<void>;
}

/** What may stand in Dockge's table of running terminals. */
export interface DockgeTerminal {
    readonly name: string;
    getBuffer(): string;
    join(socket: unknown): void;
    leave(socket: unknown): void;
    close(): void;
}

export interface DockgeStack {
    toSimpleJSON(endpoint: string): unknown;
}

export interface Dockge {
    createServer(): DockgeServer;
    /** By name. A name that is taken refuses every other operation on that stack. */
    terminals: Map<string, DockgeTerminal>;
    /** A fresh look at the stacks folder and at `docker compose ls`. */
    listStacks(server: DockgeServer): Promise<Map<string, DockgeStack>>;
    newAgentSocket(): DockgeAgentSocket;
}

/** Events that change a stack; its name is the first argument. */
export const STACK_EVENTS = ["saveStack", "deployStack", "startStack", "stopStack", "restartStack", "updateStack", "downStack", "deleteStack"] as const;
/** The same for one service of a stack, in Dockge's nightly builds only. */
export const SERVICE_EVENTS = ["startService", "stopService", "restartService"] as const;

/** Dockge is not as we know it. `missing` names what was looked for. */
export class DockgeUnfamiliarError extends Error {
    readonly missing: readonly string[];

    constructor(missing: readonly string[], cause?: unknown) {
        super(`This Dockge has no ${missing.join(", ")}.`, cause === undefined ? undefined : { cause });
        this.missing = missing;
    }
}

export type ImportModule = (url: string) => Promise<unknown>;

/** Loads Dockge's modules from its folder, as its own entry would. @throws DockgeUnfamiliarError */
export async function importDockge(root: string, importModule: ImportModule = async (url) => (await import(url)) as unknown): Promise<Dockge> {
    const load = async (file: string): Promise<unknown> => {
        try {
            return await importModule(pathToFileURL(path.join(root, file)).href);
        } catch (cause) {
            throw new DockgeUnfamiliarError([file], cause);
        }
    };
    const find = new Finder();
    // The server first: it is what installs Dockge's settings and its handling of errors.
    const DockgeServer = find.theFunction(await load("backend/dockge-server.ts"), "DockgeServer") as new () => DockgeServer;
    const Terminal = find.theFunction(await load("backend/terminal.ts"), "Terminal");
    const terminals = find.theMap(Terminal, "terminalMap", "Terminal") as Dockge["terminals"];
    const Stack = find.theFunction(await load("backend/stack.ts"), "Stack") as { getStackList: (server: DockgeServer) => Promise<Map<string, DockgeStack>> };
    find.theFunction(Stack, "getStackList", "Stack");
    const AgentSocket = find.theFunction(await load("common/agent-socket.ts"), "AgentSocket") as new () => DockgeAgentSocket;
    find.refuseMissing();
    return {
        createServer: () => new DockgeServer(),
        terminals,
        listStacks: async (server) => await Stack.getStackList(server),
        newAgentSocket: () => new AgentSocket(),
    };
}

/** Before it serves. @throws DockgeUnfamiliarError */
export function requireFamiliar(dockge: Dockge, server: DockgeServer): void {
    const find = new Finder();
    for (const method of ["listen", "listeners", "removeAllListeners", "on"]) {
        find.theFunction(server.httpServer, method, "server.httpServer");
    }
    for (const list of ["socketHandlerList", "agentSocketHandlerList"]) {
        find.require(Array.isArray((server as unknown as Record<string, unknown>)[list]), `server.${list}`);
    }
    for (const method of ["sendStackList", "serve", "shutdownFunction"]) {
        find.theFunction(server, method, "server");
    }
    find.require(typeof server.indexHTML === "string", "server.indexHTML");
    find.require(typeof server.stacksDir === "string", "server.stacksDir");
    find.require(typeof (server.config as unknown as Record<string, unknown> | undefined)?.["dataDir"] === "string", "server.config.dataDir");
    find.theMap((server.io as { sockets?: unknown } | undefined)?.sockets, "sockets", "server.io.sockets");
    find.refuseMissing();
    for (const event of missingEvents(dockge, server)) {
        find.require(false, `event ${event}`);
    }
    find.refuseMissing();
}

/** On every connection, which Dockge prepares anew. @throws DockgeUnfamiliarError */
export function requireFamiliarSocket(socket: DockgeSocket): void {
    const find = new Finder();
    find.theFunction(socket, "emitAgent", "socket");
    find.require(typeof socket.endpoint === "string", "socket.endpoint");
    find.refuseMissing();
}

/** What Dockge would register for a connection that nobody has opened. */
function missingEvents(dockge: Dockge, server: DockgeServer): string[] {
    const agentSocket = dockge.newAgentSocket();
    if (!((agentSocket as Partial<DockgeAgentSocket>).eventList instanceof Map) || typeof agentSocket.on !== "function") {
        return ["list (AgentSocket.eventList)"];
    }
    const nobody: DockgeSocket = { id: "", endpoint: "", handshake: { address: "", headers: {} }, emitAgent: () => undefined, on: () => undefined };
    for (const handler of server.agentSocketHandlerList) {
        handler.create(nobody, server, agentSocket);
    }
    return [...STACK_EVENTS, "getStack"].filter((event) => !agentSocket.eventList.has(event));
}

/** Looks for members and remembers those that are not there, so that one line can name them all. */
class Finder {
    readonly #missing: string[] = [];

    theFunction(owner: unknown, name: string, ownerName = ""): unknown {
        const found = member(owner, name);
        return this.require(typeof found === "function", ownerName === "" ? name : `${ownerName}.${name}`) ? found : undefined;
    }

    theMap(owner: unknown, name: string, ownerName: string): unknown {
        const found = member(owner, name);
        return this.require(found instanceof Map, `${ownerName}.${name}`) ? found : undefined;
    }

    require(isThere: boolean, name: string): boolean {
        if (!isThere) {
            this.#missing.push(name);
        }
        return isThere;
    }

    refuseMissing(): void {
        if (this.#missing.length > 0) {
            throw new DockgeUnfamiliarError(this.#missing);
        }
    }
}

function member(owner: unknown, name: string): unknown {
    return owner === null || owner === undefined ? undefined : (owner as Record<string, unknown>)[name];
}
