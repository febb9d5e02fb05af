import { CONSOLE_TERMINAL, shellTerminalName } from "../../../../common/terminal-names.ts";
import type { AuditEntry } from "../../../domain/entities.ts";
import { DeployError } from "../../../domain/errors.ts";
import type { AuditLog, ContainerShells, ProjectState, Pty, TerminalEvents, TerminalProcess, TerminalSize } from "../../../domain/ports.ts";
import { serverStopping } from "../../failure.ts";
import type { HostUser } from "../../host.ts";
import { InteractiveTerminal } from "./interactive-terminal.ts";
import { containersOf } from "./log-terminals.ts";
import type { TerminalClient } from "./terminal-client.ts";
import type { TerminalStream } from "./terminal-stream.ts";

/** Shells and consoles of everybody together. */
const MAX_OPEN = 50;
/** Dockge's sizes, until the page says its own. */
const SHELL_SIZE: TerminalSize = { columns: 105, rows: 10 };
const CONSOLE_SIZE: TerminalSize = { columns: 105, rows: 50 };
const CONSOLE_PROGRAM = "bash";

export interface InteractiveTerminalsParts {
    pty: Pty;
    shells: ContainerShells;
    audit: Pick<AuditLog, "append">;
    console: { isEnabled: boolean; directory: string; env: Record<string, string> };
    /** The containers of a stack of this host; null while it has none. @throws STACK_NOT_FOUND, DOCKER_UNAVAILABLE */
    projectOf: (stack: string) => Promise<ProjectState | null>;
    keepMs: number;
}

/** What to open: all who ask for the same key take part in the same terminal. */
interface Wanted {
    key: string;
    program: string;
    entry: Pick<AuditEntry, "action" | "stackId" | "subject" | "details">;
    nameFor: (endpoint: string) => string;
    start: (events: TerminalEvents) => Promise<TerminalProcess>;
}

interface Open {
    terminal: InteractiveTerminal;
    program: string;
}

/** Shells in containers and the console of the machine: what people type to. */
export class InteractiveTerminals {
    readonly #parts: InteractiveTerminalsParts;
    readonly #open = new Map<string, Open>();
    /** Programs that are being ended. */
    readonly #ending = new Set<Promise<void>>();
    #isClosing = false;

    constructor(parts: InteractiveTerminalsParts) {
        this.#parts = parts;
    }

    get size(): number {
        return this.#open.size;
    }

    get streams(): TerminalStream[] {
        return [...this.#open.values()].map(({ terminal }) => terminal.stream);
    }

    get isConsoleEnabled(): boolean {
        return this.#parts.console.isEnabled;
    }

    /** @param program the shell, checked by the schema @throws STACK_NOT_FOUND, SERVICE_NOT_RUNNING, TOO_MANY_REQUESTS */
    async openShell(client: TerminalClient, user: HostUser, stack: string, service: string, program: string): Promise<void> {
        const container = containersOf(await this.#parts.projectOf(stack)).find((one) => one.service === service && one.state === "running");
        if (container === undefined) {
            throw new DeployError("SERVICE_NOT_RUNNING", `The service ${service} has no running container. Start the stack, then open the shell again.`, { details: { stack, service } });
        }
        const key = JSON.stringify(["shell", stack, service]);
        this.#replaceOwn(client, key, program);
        await this.#take(client, user, {
            key,
            program,
            entry: { action: "shell.open", stackId: stack, subject: service, details: { program, container: container.name } },
            nameFor: (endpoint) => shellTerminalName(endpoint, stack, service),
            start: (events) => this.#parts.shells.open(container.id, [program], SHELL_SIZE, events),
        });
    }

    /** @throws CONSOLE_DISABLED, TERMINAL_UNAVAILABLE, EXEC_FAILED */
    async openConsole(client: TerminalClient, user: HostUser): Promise<void> {
        const { isEnabled, directory, env } = this.#parts.console;
        if (!isEnabled) {
            throw new DeployError("CONSOLE_DISABLED", "Console is not enabled. Set DOCKGE_ENABLE_CONSOLE=true to switch it on.");
        }
        await this.#take(client, user, {
            key: CONSOLE_TERMINAL,
            program: CONSOLE_PROGRAM,
            entry: { action: "console.open", stackId: null, subject: null, details: {} },
            nameFor: () => CONSOLE_TERMINAL,
            start: (events) => this.#parts.pty.start({ file: CONSOLE_PROGRAM, argv: [], directory, env: { TERM: "xterm-256color", ...env }, size: CONSOLE_SIZE }, events),
        });
    }

    /** @throws NOT_FOUND when this connection has not opened it */
    input(client: TerminalClient, name: string, text: string): void {
        const terminal = this.#openedBy(client, name);
        if (terminal === undefined) {
            throw new DeployError("NOT_FOUND", "This terminal is not open. Open it again.");
        }
        terminal.write(text);
    }

    /** A page tells the size of any terminal that it shows; only what this connection has opened here takes it. */
    resize(client: TerminalClient, name: string, size: TerminalSize): void {
        this.#openedBy(client, name)?.resize(size);
    }

    /** Resolves when no program runs any more. */
    async close(): Promise<void> {
        this.#isClosing = true;
        [...this.#open.values()].forEach(({ terminal }) => this.#end(terminal));
        await Promise.all(this.#ending);
    }

    async #take(client: TerminalClient, user: HostUser, wanted: Wanted): Promise<void> {
        const { key, entry } = wanted;
        this.#refuseWhenClosing();
        if (this.#open.get(key)?.terminal.isOpenedBy(client) !== true) {
            // Written first: no shell without its entry.
            await this.#parts.audit.append({ actor: { kind: "user", name: user.name, address: user.address }, ...entry });
            this.#refuseWhenClosing();
        }
        const known = this.#open.get(key);
        if (known === undefined && this.#open.size >= MAX_OPEN) {
            throw new DeployError("TOO_MANY_REQUESTS", "Too many shells are open. Close one, or wait a minute for those that nobody watches.");
        }
        await (known?.terminal ?? this.#make(wanted)).open(client);
    }

    #make({ key, program, nameFor, start }: Wanted): InteractiveTerminal {
        const terminal = new InteractiveTerminal({
            nameFor,
            start,
            keepMs: this.#parts.keepMs,
            onClosed: () => {
                // Another kind of shell may have taken its place.
                if (this.#open.get(key)?.terminal === terminal) {
                    this.#open.delete(key);
                }
            },
        });
        this.#open.set(key, { terminal, program });
        return terminal;
    }

    /** Somebody who is alone at a shell and asks for another kind of it wants that one. */
    #replaceOwn(client: TerminalClient, key: string, program: string): void {
        const known = this.#open.get(key);
        if (known !== undefined && known.program !== program && known.terminal.stream.isWatchedBy(client) && known.terminal.stream.watcherCount === 1) {
            known.terminal.stream.disband();
            this.#end(known.terminal);
        }
    }

    #end(terminal: InteractiveTerminal): void {
        const ending = terminal.close();
        this.#ending.add(ending);
        void ending.finally(() => this.#ending.delete(ending));
    }

    #openedBy(client: TerminalClient, name: string): InteractiveTerminal | undefined {
        return [...this.#open.values()].map(({ terminal }) => terminal).find((terminal) => terminal.isOpenedBy(client) && terminal.stream.nameFor(client) === name);
    }

    #refuseWhenClosing(): void {
        if (this.#isClosing) {
            throw serverStopping();
        }
    }
}
