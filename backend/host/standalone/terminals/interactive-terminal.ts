import type { TerminalEvents, TerminalProcess, TerminalSize } from "../../../domain/ports.ts";
import { IdleTimer } from "./idle-timer.ts";
import type { TerminalClient } from "./terminal-client.ts";
import { TerminalStream } from "./terminal-stream.ts";

/** For clients, which expect a number: ended by a signal. */
const UNKNOWN_EXIT_CODE = -1;

export interface InteractiveTerminalParts {
    nameFor: (endpoint: string) => string;
    start: (events: TerminalEvents) => Promise<TerminalProcess>;
    keepMs: number;
    onClosed: () => void;
}

/** A program that people type to. All who have opened it type to the same one; it ends some time after the last of them has left. */
export class InteractiveTerminal {
    readonly #parts: InteractiveTerminalParts;
    readonly #stream: TerminalStream;
    readonly #idle: IdleTimer;
    /** Who has opened it, and not only looks on. */
    readonly #typists = new WeakSet<TerminalClient>();
    #process: Promise<TerminalProcess> | null = null;
    #started: TerminalProcess | null = null;
    #isClosed = false;

    constructor(parts: InteractiveTerminalParts) {
        this.#parts = parts;
        this.#idle = new IdleTimer(parts.keepMs, () => void this.close());
        this.#stream = new TerminalStream({
            nameFor: parts.nameFor,
            onAudience: (count) => {
                if (!this.#isClosed) {
                    this.#idle.watchers(count);
                }
            },
            onHold: (isHeld) => (isHeld ? this.#started?.pause() : this.#started?.resume()),
        });
    }

    get stream(): TerminalStream {
        return this.#stream;
    }

    isOpenedBy(client: TerminalClient): boolean {
        return this.#typists.has(client) && this.#stream.isWatchedBy(client);
    }

    /** Resolves when the program runs. @throws what starting it throws */
    async open(client: TerminalClient): Promise<void> {
        this.#stream.watch(client);
        this.#typists.add(client);
        this.#process ??= this.#start();
        await this.#process;
    }

    write(text: string): void {
        this.#started?.write(text);
    }

    resize(size: TerminalSize): void {
        this.#started?.resize(size);
    }

    /** Ends the program with all that it has started. Resolves when they are gone. */
    async close(): Promise<void> {
        this.#forget();
        await this.#process?.then(
            (process) => process.end(),
            () => undefined,
        );
    }

    async #start(): Promise<TerminalProcess> {
        try {
            this.#started = await this.#parts.start({ onOutput: (text) => this.#stream.write(text), onExit: (exitCode) => this.#ended(exitCode) });
            return this.#started;
        } catch (error) {
            this.#forget();
            throw error;
        }
    }

    /** Watchers stay until they have been sent the last output, or leave. */
    #ended(exitCode: number | null): void {
        this.#stream.exit(exitCode ?? UNKNOWN_EXIT_CODE, true);
        this.#forget();
    }

    #forget(): void {
        this.#idle.stop();
        if (!this.#isClosed) {
            this.#isClosed = true;
            this.#parts.onClosed();
        }
    }
}
