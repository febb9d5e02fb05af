import { combinedTerminalName, containerLogTerminalName } from "../../../../common/terminal-names.ts";
import { DeployError } from "../../../domain/errors.ts";
import type { Clock, ContainerLogs, ProjectState } from "../../../domain/ports.ts";
import { serverStopping } from "../../failure.ts";
import { LogTerminal, type LoggedContainer } from "./log-terminal.ts";
import type { TerminalClient } from "./terminal-client.ts";
import type { TerminalStream } from "./terminal-stream.ts";

export interface LogTerminalsParts {
    logs: ContainerLogs;
    clock: Pick<Clock, "now">;
    /** The containers of a stack of this host; null while it has none. @throws STACK_NOT_FOUND, DOCKER_UNAVAILABLE */
    projectOf: (stack: string) => Promise<ProjectState | null>;
    keepMs: number;
}

/** The logs of stacks and of single containers, each read once however many watch it. */
export class LogTerminals {
    readonly #parts: LogTerminalsParts;
    readonly #logs = new Map<string, LogTerminal>();
    #isClosed = false;

    constructor(parts: LogTerminalsParts) {
        this.#parts = parts;
    }

    get size(): number {
        return this.#logs.size;
    }

    get streams(): TerminalStream[] {
        return [...this.#logs.values()].map(({ stream }) => stream);
    }

    /** @returns what was printed before @throws STACK_NOT_FOUND */
    async joinCombined(client: TerminalClient, stack: string): Promise<string> {
        return (await this.#combined(stack)).join(client);
    }

    /** As `joinCombined`, for a page that asks for what was printed later on. */
    async watchCombined(client: TerminalClient, stack: string): Promise<void> {
        (await this.#combined(stack)).watch(client);
    }

    leaveCombined(client: TerminalClient, stack: string): void {
        this.#logs.get(combinedKey(stack))?.stream.leave(client);
    }

    /** @returns the terminal's name and what it has printed before @throws STACK_NOT_FOUND, NOT_FOUND */
    async joinContainer(client: TerminalClient, stack: string, container: string): Promise<{ terminal: string; buffer: string }> {
        await this.requireContainer(stack, container);
        const log = this.#log(
            JSON.stringify(["container", stack, container]),
            (endpoint) => containerLogTerminalName(endpoint, container),
            async () => {
                const containers = containersOf(await this.#parts.projectOf(stack));
                return containers.flatMap(({ id, name, state }) => (name === container ? [{ id, label: null, isRunning: state === "running" }] : []));
            },
        );
        return { terminal: log.stream.nameFor(client), buffer: log.join(client) };
    }

    /** @throws STACK_NOT_FOUND, NOT_FOUND */
    async requireContainer(stack: string, name: string): Promise<{ id: string }> {
        const container = containersOf(await this.#parts.projectOf(stack)).find((one) => one.name === name);
        if (container === undefined) {
            throw new DeployError("NOT_FOUND", "The stack has no container of this name any more. Load the page again.", { details: { stack } });
        }
        return container;
    }

    /** Containers were started or ended. */
    dockerChanged(): void {
        this.#logs.forEach((log) => log.look());
    }

    close(): void {
        this.#isClosed = true;
        [...this.#logs.values()].forEach((log) => log.close());
    }

    async #combined(stack: string): Promise<LogTerminal> {
        await this.#parts.projectOf(stack);
        return this.#log(
            combinedKey(stack),
            (endpoint) => combinedTerminalName(endpoint, stack),
            async () => {
                const project = await this.#parts.projectOf(stack);
                return containersOf(project).map(({ id, name, state }) => ({ id, label: labelOf(name, project?.name ?? ""), isRunning: state === "running" }));
            },
        );
    }

    #log(key: string, nameFor: (endpoint: string) => string, containers: () => Promise<LoggedContainer[]>): LogTerminal {
        if (this.#isClosed) {
            throw serverStopping();
        }
        const { logs, clock, keepMs } = this.#parts;
        const log = this.#logs.get(key) ?? new LogTerminal({ nameFor, logs, containers, clock, keepMs, onClosed: () => this.#logs.delete(key) });
        this.#logs.set(key, log);
        return log;
    }
}

/** By name. One-off containers (`docker compose run`) are somebody's errand, not the stack. */
export function containersOf(project: ProjectState | null): ProjectState["containers"] {
    return (project?.containers ?? []).filter(({ isOneOff }) => !isOneOff).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function combinedKey(stack: string): string {
    return JSON.stringify(["combined", stack]);
}

/** As `docker compose logs`: `web-1` of `shop-web-1`. */
function labelOf(container: string, project: string): string {
    return container.startsWith(`${project}-`) ? container.slice(project.length + 1) : container;
}
