/** Dockge keeps the last 100 chunks of a terminal; so do we. */
const KEPT_CHUNKS = 100;
/** Somebody who opens the page right after an operation still sees how it ended. */
const KEEP_AFTER_EXIT_MS = 30_000;

interface Terminal {
    chunks: string[];
    freeTimer: NodeJS.Timeout | null;
}

export interface TerminalAudience {
    /** Shown to everybody who has joined the stack's progress terminal. */
    write(stack: string, chunk: string): void;
    exit(stack: string, exitCode: number): void;
}

/** The progress terminal of each stack: what the last operation printed, for those who watch and those who join later. */
export class ProgressTerminals {
    readonly #terminals = new Map<string, Terminal>();
    readonly #audience: TerminalAudience;
    readonly #keepMs: number;

    constructor(audience: TerminalAudience, keepMs = KEEP_AFTER_EXIT_MS) {
        this.#audience = audience;
        this.#keepMs = keepMs;
    }

    /** An operation begins: what the former one printed is dropped. */
    open(stack: string): void {
        this.#free(stack);
        this.#terminals.set(stack, { chunks: [], freeTimer: null });
    }

    /** `text` may have any number of lines; terminals want `\r\n`. */
    write(stack: string, text: string): void {
        if (text === "") {
            return;
        }
        const chunk = text.replace(/\r?\n/g, "\r\n");
        const terminal = this.#terminals.get(stack) ?? { chunks: [], freeTimer: null };
        this.#terminals.set(stack, terminal);
        terminal.chunks.push(chunk);
        if (terminal.chunks.length > KEPT_CHUNKS) {
            terminal.chunks.shift();
        }
        // Output that belongs to no operation of ours (a deployment's build) never says that it ended.
        if (terminal.freeTimer !== null) {
            this.#freeLater(stack, terminal);
        }
        this.#audience.write(stack, chunk);
    }

    /** Output outside of an operation: starts the terminal when there is none. */
    writeLoose(stack: string, text: string): void {
        const isNew = !this.#terminals.has(stack);
        this.write(stack, text);
        const terminal = this.#terminals.get(stack);
        if (isNew && terminal !== undefined) {
            this.#freeLater(stack, terminal);
        }
    }

    exit(stack: string, exitCode: number): void {
        const terminal = this.#terminals.get(stack);
        if (terminal !== undefined) {
            this.#freeLater(stack, terminal);
        }
        this.#audience.exit(stack, exitCode);
    }

    /** What a client that joins now has missed. */
    buffer(stack: string): string {
        return this.#terminals.get(stack)?.chunks.join("") ?? "";
    }

    get size(): number {
        return this.#terminals.size;
    }

    close(): void {
        for (const stack of [...this.#terminals.keys()]) {
            this.#free(stack);
        }
    }

    #freeLater(stack: string, terminal: Terminal): void {
        if (terminal.freeTimer !== null) {
            clearTimeout(terminal.freeTimer);
        }
        terminal.freeTimer = setTimeout(() => this.#free(stack), this.#keepMs);
        terminal.freeTimer.unref();
    }

    #free(stack: string): void {
        const terminal = this.#terminals.get(stack);
        clearTimeout(terminal?.freeTimer ?? undefined);
        this.#terminals.delete(stack);
    }
}
