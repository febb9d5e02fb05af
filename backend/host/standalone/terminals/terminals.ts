import { terminalEvents, terminalStackEvents } from "../../../../common/terminal-wire.ts";
import type { AuditLog, Clock, ContainerLogs, ContainerShells, ProjectState, Pty, Random } from "../../../domain/ports.ts";
import { requireStackFolderName } from "../../stacks/stack-name.ts";
import type { Dispatcher } from "../dispatcher.ts";
import { InteractiveTerminals } from "./interactive-terminals.ts";
import { LogDownloads } from "./log-downloads.ts";
import { LogTerminals } from "./log-terminals.ts";
import { ProgressTerminals } from "./progress-terminals.ts";
import type { TerminalClient } from "./terminal-client.ts";
import { terminalHandlers, terminalStackHandlers } from "./terminal-events.ts";
import type { TerminalStream } from "./terminal-stream.ts";

/** As Dockge: a terminal that nobody watches ends about a minute later. */
const KEEP_MS = 60_000;

/** What terminals need of the world. */
export interface TerminalPorts {
    pty: Pty;
    shells: ContainerShells;
    logs: ContainerLogs;
    audit: Pick<AuditLog, "append">;
    console: { isEnabled: boolean; directory: string; env: Record<string, string> };
}

export interface TerminalsParts extends TerminalPorts {
    clock: Pick<Clock, "now">;
    random: Pick<Random, "uuid">;
    /** The containers of a stack of this host; null while it has none. @throws STACK_NOT_FOUND, DOCKER_UNAVAILABLE */
    projectOf: (stack: string) => Promise<ProjectState | null>;
    keepMs?: number;
}

/** Every terminal of our own server: the progress of operations, logs, shells and the console. */
export class Terminals {
    readonly progress = new ProgressTerminals();
    readonly logs: LogTerminals;
    readonly interactive: InteractiveTerminals;
    readonly downloads: LogDownloads;

    constructor(parts: TerminalsParts) {
        const { logs, random, keepMs = KEEP_MS } = parts;
        this.logs = new LogTerminals({ ...parts, keepMs });
        this.interactive = new InteractiveTerminals({ ...parts, keepMs });
        this.downloads = new LogDownloads(logs, random);
    }

    /** Those that end by themselves when nobody watches. */
    get size(): number {
        return this.logs.size + this.interactive.size;
    }

    register(dispatcher: Dispatcher): void {
        dispatcher.register(terminalStackEvents, terminalStackHandlers(this), { isInEnvelope: true, check: ([name]) => void requireStackFolderName(name) });
        dispatcher.register(terminalEvents, terminalHandlers(this), { isInEnvelope: true });
    }

    /** For a page that shows the stack, which Dockge sends the logs without being asked. Does not wait: the stack is shown also while Docker is away. */
    followLogs(client: TerminalClient, stack: string): void {
        this.logs.watchCombined(client, stack).catch(() => undefined);
    }

    /** Takes part in what is open already, without the right to type. @returns what was printed before; nothing when it is not open */
    watch(client: TerminalClient, name: string): string {
        const named = this.#named(client, name);
        // Names are not unique (`a-b` and `c` make the same as `a` and `b-c`): what the connection takes part in comes first.
        return (named.find((stream) => stream.isWatchedBy(client)) ?? named[0])?.join(client) ?? "";
    }

    leave(client: TerminalClient, name: string): void {
        this.#named(client, name).forEach((stream) => stream.leave(client));
    }

    /** Containers were started or ended. */
    dockerChanged(): void {
        this.logs.dockerChanged();
    }

    /** Ends every program and every reading of logs. Resolves when they are gone. */
    async close(): Promise<void> {
        this.downloads.closeAll();
        this.progress.close();
        this.logs.close();
        await this.interactive.close();
    }

    #named(client: TerminalClient, name: string): TerminalStream[] {
        return [...this.interactive.streams, ...this.logs.streams].filter((stream) => stream.nameFor(client) === name);
    }
}
