import { progressTerminalName } from "../../../../common/terminal-names.ts";
import type { TerminalClient } from "./terminal-client.ts";
import { TerminalStream } from "./terminal-stream.ts";

/** Somebody who opens the page right after an operation still sees how it ended. */
const KEEP_AFTER_EXIT_MS = 30_000;

interface Progress {
    stream: TerminalStream;
    /** An operation is under way. */
    isOpen: boolean;
    forgetTimer: NodeJS.Timeout | null;
}

/**
 * The progress terminal of each stack: what the last operation printed, for those who watch and those who join later. Operations print through
 * pipes, so there is no terminal device behind it, and nothing of their output can be lost.
 */
export class ProgressTerminals {
    readonly #byStack = new Map<string, Progress>();
    readonly #keepMs: number;

    constructor(keepMs = KEEP_AFTER_EXIT_MS) {
        this.#keepMs = keepMs;
    }

    get size(): number {
        return this.#byStack.size;
    }

    /** @returns what was printed before; may be joined while nothing runs, to be told of the next operation */
    join(client: TerminalClient, stack: string): string {
        return this.#of(stack).stream.join(client);
    }

    watch(client: TerminalClient, stack: string): void {
        this.#of(stack).stream.watch(client);
    }

    leave(client: TerminalClient, stack: string): void {
        this.#byStack.get(stack)?.stream.leave(client);
    }

    /** An operation begins: what the former one printed is dropped. */
    open(stack: string): void {
        const progress = this.#of(stack);
        this.#stopForgetting(progress);
        progress.isOpen = true;
        progress.stream.clear();
    }

    /** `text` may have any number of lines; terminals want `\r\n`. */
    write(stack: string, text: string): void {
        if (text === "") {
            return;
        }
        const progress = this.#of(stack);
        progress.stream.write(text.replace(/\r?\n/g, "\r\n"));
        // Output that belongs to no operation of ours (a deployment's build) never says that it ended.
        if (!progress.isOpen) {
            this.#forgetLater(stack, progress);
        }
    }

    exit(stack: string, exitCode: number): void {
        const progress = this.#of(stack);
        progress.isOpen = false;
        progress.stream.exit(exitCode, false);
        this.#forgetLater(stack, progress);
    }

    close(): void {
        for (const progress of this.#byStack.values()) {
            this.#stopForgetting(progress);
            progress.stream.disband();
        }
        this.#byStack.clear();
    }

    #of(stack: string): Progress {
        const known = this.#byStack.get(stack);
        if (known !== undefined) {
            return known;
        }
        const stream = new TerminalStream({ nameFor: (endpoint) => progressTerminalName(endpoint, stack), onAudience: () => this.#dropIdle(stack) });
        const progress: Progress = { stream, isOpen: false, forgetTimer: null };
        this.#byStack.set(stack, progress);
        return progress;
    }

    #forgetLater(stack: string, progress: Progress): void {
        this.#stopForgetting(progress);
        progress.forgetTimer = setTimeout(() => {
            progress.forgetTimer = null;
            progress.stream.clear();
            this.#dropIdle(stack);
        }, this.#keepMs);
        progress.forgetTimer.unref();
    }

    #stopForgetting(progress: Progress): void {
        if (progress.forgetTimer !== null) {
            clearTimeout(progress.forgetTimer);
            progress.forgetTimer = null;
        }
    }

    #dropIdle(stack: string): void {
        const progress = this.#byStack.get(stack);
        if (progress !== undefined && progress.stream.watcherCount === 0 && !progress.isOpen && progress.forgetTimer === null) {
            this.#byStack.delete(stack);
        }
    }
}
