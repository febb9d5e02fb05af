import { CONSOLE_TERMINAL, combinedTerminalName, containerLogTerminalName, shellTerminalName } from "../../../../common/terminal-names.ts";
import { DeployError } from "../../../domain/errors.ts";
import type { AuditLog, Clock, ContainerLogs, ContainerShells, ProjectState, Pty, TerminalSize } from "../../../domain/ports.ts";
import type { HostUser } from "../../host.ts";
import { InteractiveTerminal } from "./interactive-terminal.ts";
import { LogTerminal, type LoggedContainer } from "./log-terminal.ts";
import type { TerminalClient } from "./terminal-client.ts";

/** As Dockge: a terminal that nobody watches ends about a minute later. */
const KEEP_MS = 60_000;
/** Shells and consoles of everybody together. */
const MAX_INTERACTIVE = 50;
/** Dockge's sizes, until the page says its own. */
const SHELL_SIZE: TerminalSize = { columns: 105, rows: 10 };
const CONSOLE_SIZE: TerminalSize = { columns: 105, rows: 50 };
const SHELL_INDEX = 0;

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
    /** The containers of a stack of this host; null while it has none. @throws STACK_NOT_FOUND, DOCKER_UNAVAILABLE */
    projectOf: (stack: string) => Promise<ProjectState | null>;
    keepMs?: number;
}

interface Shell {
    terminal: InteractiveTerminal;
    argv0: string;
}

/** Everything that prints or takes input live besides the progress of operations: logs, shells in containers, the console of the machine. */
export class Terminals {
    readonly #parts: TerminalsParts;
    readonly #logs = new Map<string, LogTerminal>();
    readonly #shells = new Map<string, Shell>();
    /** Programs that are being ended. */
    readonly #ending = new Set<Promise<void>>();
    #isClosing = false;

    constructor(parts: TerminalsParts) {
        this.#parts = parts;
    }

    get size(): number {
        return this.#logs.size + this.#shells.size;
    }

    get isConsoleEnabled(): boolean {
        return this.#parts.console.isEnabled;
    }

    /** @returns what was printed before @throws STACK_NOT_FOUND */
    async joinCombinedLog(client: TerminalClient, stack: string): Promise<string> {
        return (await this.#combinedLog(stack)).join(client);
    }

    /** As `joinCombinedLog`, for a page that asks for what was printed later on. */
    async watchCombinedLog(client: TerminalClient, stack: string): Promise<void> {
        (await this.#combinedLog(stack)).watch(client);
    }

    leaveCombinedLog(client: TerminalClient, stack: string): void {
        this.#logs.get(JSON.stringify(["combined", stack]))?.stream.leave(client);
    }

    /** @returns the terminal's name and what it has printed before @throws STACK_NOT_FOUND, NOT_FOUND */
    async joinContainerLog(client: TerminalClient, stack: string, container: string): Promise<{ terminal: string; buffer: string }> {
        await this.requireContainer(stack, container);
        const log = this.#log(
            JSON.stringify(["container", stack, container]),
            (endpoint) => containerLogTerminalName(endpoint, container),
            async () => {
                const project = await this.#parts.projectOf(stack);
                return containersOf(project).flatMap(({ id, name, state }) => (name === container ? [{ id, label: null, isRunning: state === "running" }] : []));
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

    /** @param program the shell, checked by the schema @throws STACK_NOT_FOUND, SERVICE_NOT_RUNNING, TOO_MANY_REQUESTS */
    async openShell(client: TerminalClient, user: HostUser, stack: string, service: string, program: string): Promise<void> {
        const container = containersOf(await this.#parts.projectOf(stack)).find((one) => one.service === service && one.state === "running");
        if (container === undefined) {
            throw new DeployError("SERVICE_NOT_RUNNING", `The service ${service} has no running container. Start the stack, then open the shell again.`, { details: { stack, service } });
        }
        const key = JSON.stringify(["shell", stack, service]);
        this.#replaceOwn(client, key, program);
        await this.#openInteractive(client, user, key, { action: "shell.open", stackId: stack, subject: service, details: { program, container: container.name } }, program, (onClosed) => ({
            nameFor: (endpoint) => shellTerminalName(endpoint, stack, service, SHELL_INDEX),
            start: (events) => this.#parts.shells.open(container.id, [program], SHELL_SIZE, events),
            keepMs: this.#keepMs,
            onClosed,
        }));
    }

    /** @throws CONSOLE_DISABLED, TERMINAL_UNAVAILABLE, EXEC_FAILED */
    async openConsole(client: TerminalClient, user: HostUser): Promise<void> {
        const { isEnabled, directory, env } = this.#parts.console;
        if (!isEnabled) {
            throw new DeployError("CONSOLE_DISABLED", "Console is not enabled. Set DOCKGE_ENABLE_CONSOLE=true to switch it on.");
        }
        await this.#openInteractive(client, user, CONSOLE_TERMINAL, { action: "console.open", stackId: null, subject: null, details: {} }, "bash", (onClosed) => ({
            nameFor: () => CONSOLE_TERMINAL,
            start: (events) => this.#parts.pty.start({ file: "bash", argv: [], directory, env: { TERM: "xterm-256color", ...env }, size: CONSOLE_SIZE }, events),
            keepMs: this.#keepMs,
            onClosed,
        }));
    }

    /** For terminals that are there already: watches without the right to type. @returns what was printed before; nothing when it is not open */
    watch(client: TerminalClient, name: string): string {
        return this.#named(client, name)?.join(client) ?? "";
    }

    /** @throws NOT_FOUND when this connection has not opened it */
    input(client: TerminalClient, name: string, text: string): void {
        this.#requireOpened(client, name).write(text);
    }

    resize(client: TerminalClient, name: string, size: TerminalSize): void {
        // A page tells the size of any terminal that it shows; only these have one.
        this.#opened(client, name)?.resize(size);
    }

    leave(client: TerminalClient, name: string): void {
        this.#streams().forEach((stream) => {
            if (stream.nameFor(client) === name) {
                stream.leave(client);
            }
        });
    }

    /** Containers were started or ended. */
    dockerChanged(): void {
        this.#logs.forEach((log) => log.look());
    }

    /** Ends every program and every reading of logs. Resolves when they are gone. */
    async close(): Promise<void> {
        this.#isClosing = true;
        [...this.#logs.values()].forEach((log) => log.close());
        [...this.#shells.values()].forEach(({ terminal }) => this.#end(terminal));
        await Promise.all(this.#ending);
    }

    get #keepMs(): number {
        return this.#parts.keepMs ?? KEEP_MS;
    }

    #log(key: string, nameFor: (endpoint: string) => string, containers: () => Promise<LoggedContainer[]>): LogTerminal {
        const { logs, clock } = this.#parts;
        this.#refuseWhenClosing();
        const log = this.#logs.get(key) ?? new LogTerminal({ nameFor, logs, containers, clock, keepMs: this.#keepMs, onClosed: () => this.#logs.delete(key) });
        this.#logs.set(key, log);
        return log;
    }

    async #combinedLog(stack: string): Promise<LogTerminal> {
        await this.#parts.projectOf(stack);
        return this.#log(
            JSON.stringify(["combined", stack]),
            (endpoint) => combinedTerminalName(endpoint, stack),
            async () => {
                const project = await this.#parts.projectOf(stack);
                return containersOf(project).map(({ id, name, state }): LoggedContainer => ({ id, label: labelOf(name, project?.name ?? ""), isRunning: state === "running" }));
            },
        );
    }

    async #openInteractive(
        client: TerminalClient,
        user: HostUser,
        key: string,
        entry: { action: string; stackId: string | null; subject: string | null; details: Record<string, unknown> },
        argv0: string,
        make: (onClosed: () => void) => ConstructorParameters<typeof InteractiveTerminal>[0],
    ): Promise<void> {
        this.#refuseWhenClosing();
        if (this.#shells.get(key)?.terminal.isOpenedBy(client) !== true) {
            // Written first: no shell without its entry.
            await this.#parts.audit.append({ actor: { kind: "user", name: user.name, address: user.address }, ...entry });
            this.#refuseWhenClosing();
        }
        const known = this.#shells.get(key);
        if (known === undefined && this.#shells.size >= MAX_INTERACTIVE) {
            throw new DeployError("TOO_MANY_REQUESTS", "Too many shells are open. Close one, or wait a minute for those that nobody watches.");
        }
        const opened: Shell = known ?? {
            argv0,
            terminal: new InteractiveTerminal(
                make(() => {
                    if (this.#shells.get(key) === opened) {
                        this.#shells.delete(key);
                    }
                }),
            ),
        };
        this.#shells.set(key, opened);
        await opened.terminal.open(client);
    }

    /** Somebody who is alone at a shell and asks for another kind of it wants that one. */
    #replaceOwn(client: TerminalClient, key: string, argv0: string): void {
        const known = this.#shells.get(key);
        if (known !== undefined && known.argv0 !== argv0 && known.terminal.stream.isWatchedBy(client) && known.terminal.stream.watcherCount === 1) {
            known.terminal.stream.disband();
            this.#end(known.terminal);
        }
    }

    #end(terminal: InteractiveTerminal): void {
        const ending = terminal.close();
        this.#ending.add(ending);
        void ending.finally(() => this.#ending.delete(ending));
    }

    #streams() {
        return [...[...this.#shells.values()].map(({ terminal }) => terminal.stream), ...[...this.#logs.values()].map(({ stream }) => stream)];
    }

    /** Names are not unique (`a-b` and `c` make the same as `a` and `b-c`): what the connection takes part in comes first. */
    #named(client: TerminalClient, name: string) {
        const named = this.#streams().filter((stream) => stream.nameFor(client) === name);
        return named.find((stream) => stream.isWatchedBy(client)) ?? named[0];
    }

    #opened(client: TerminalClient, name: string): InteractiveTerminal | undefined {
        return [...this.#shells.values()].map(({ terminal }) => terminal).find((terminal) => terminal.isOpenedBy(client) && terminal.stream.nameFor(client) === name);
    }

    #requireOpened(client: TerminalClient, name: string): InteractiveTerminal {
        const terminal = this.#opened(client, name);
        if (terminal === undefined) {
            throw new DeployError("NOT_FOUND", "This terminal is not open. Open it again.");
        }
        return terminal;
    }

    #refuseWhenClosing(): void {
        if (this.#isClosing) {
            throw new DeployError("STORE_UNAVAILABLE", "The server is stopping. Try again in a moment.");
        }
    }
}

/** One-off containers (`docker compose run`) are somebody's errand, not the stack. */
function containersOf(project: ProjectState | null): ProjectState["containers"] {
    return (project?.containers ?? []).filter(({ isOneOff }) => !isOneOff).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** As `docker compose logs`: `web-1` of `shop-web-1`. */
function labelOf(container: string, project: string): string {
    return container.startsWith(`${project}-`) ? container.slice(project.length + 1) : container;
}
