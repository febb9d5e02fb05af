import { terminalEvents, terminalStackEvents } from "../../../../common/terminal-wire.ts";
import { DeployError } from "../../../domain/errors.ts";
import type { Clock, ProjectState, Random } from "../../../domain/ports.ts";
import type { StackFiles } from "../../stacks/stack-files.ts";
import { requireStackFolderName } from "../../stacks/stack-name.ts";
import type { Dispatcher } from "../dispatcher.ts";
import type { StackList } from "../stacks/stack-list.ts";
import { LogDownloads } from "./log-downloads.ts";
import { ProgressTerminals } from "./progress-terminals.ts";
import type { TerminalClient } from "./terminal-client.ts";
import { terminalHandlers, terminalStackHandlers } from "./terminal-events.ts";
import { Terminals, type TerminalPorts } from "./terminals.ts";

export interface TerminalHouseParts {
    ports: TerminalPorts;
    files: Pick<StackFiles, "require">;
    list: Pick<StackList, "projectOf">;
    clock: Pick<Clock, "now">;
    random: Pick<Random, "uuid">;
}

/** Every terminal of the host, put together. */
export class TerminalHouse {
    readonly progress = new ProgressTerminals();
    readonly live: Terminals;
    readonly #downloads: LogDownloads;

    constructor({ ports, files, list, clock, random }: TerminalHouseParts) {
        this.live = new Terminals({ ...ports, clock, projectOf: (stack) => projectOf(stack, files, list) });
        this.#downloads = new LogDownloads(ports.logs, random);
    }

    register(dispatcher: Dispatcher): void {
        const parts = { progress: this.progress, terminals: this.live, downloads: this.#downloads };
        dispatcher.register(terminalStackEvents, terminalStackHandlers(parts), { isInEnvelope: true, check: ([name]) => void requireStackFolderName(name) });
        dispatcher.register(terminalEvents, terminalHandlers(parts), { isInEnvelope: true });
    }

    /** For a page that shows the stack, which Dockge sends the logs without being asked. Does not wait: the stack is shown also while Docker is away. */
    followLogs(client: TerminalClient, stack: string): void {
        this.live.watchCombinedLog(client, stack).catch(() => undefined);
    }

    /** Resolves when no program of a terminal runs any more. */
    async close(): Promise<void> {
        this.#downloads.closeAll();
        this.progress.close();
        await this.live.close();
    }
}

/** Of stacks of this host only: other projects on the Engine are shown, and not touched. @throws STACK_NOT_FOUND, DOCKER_UNAVAILABLE */
async function projectOf(stack: string, files: TerminalHouseParts["files"], list: TerminalHouseParts["list"]): Promise<ProjectState | null> {
    await files.require(stack);
    const project = await list.projectOf(stack);
    if (project === undefined) {
        throw new DeployError("DOCKER_UNAVAILABLE", "Docker does not answer. Is the Docker Engine running, and may this server use its socket?");
    }
    return project;
}
