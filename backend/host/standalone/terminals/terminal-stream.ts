import type { TerminalClient } from "./terminal-client.ts";

/** As Dockge keeps: what somebody who comes later is shown. */
const KEPT_CHUNKS = 100;
const KEPT_LENGTH = 256 * 1024;
/** Longer output is sent in pieces. */
const CHUNK_LENGTH = 16 * 1024;
/** Small chunks that everybody has are joined until one is this long, so that a hundred of them are more than a hundred key presses. */
const JOINED_LENGTH = 2 * 1024;
/** Characters that the fastest watcher may be behind before the source is held up, and before it goes on. */
const HOLD_AT = 128 * 1024;
const RELEASE_AT = 16 * 1024;
const LEFT_OUT = "\r\n\u001b[33m[Some output was left out: the connection is slower than the terminal.]\u001b[0m\r\n";

/** After `isLast` there is nothing more to watch. */
type Chunk = string | { exitCode: number; isLast: boolean };

interface Watch {
    name: string;
    /** Number of the next chunk to send. */
    next: number;
    stopListening: () => void;
}

export interface TerminalStreamOptions {
    /** What connections with this endpoint call the terminal. */
    nameFor: (endpoint: string) => string;
    /** Somebody came or went. */
    onAudience?: (watcherCount: number) => void;
    /** True: everybody who watches is far behind. */
    onHold?: (isHeld: boolean) => void;
}

/**
 * What a terminal prints, for all who watch it. Each has a place of its own in the buffer that they share: who is slow is sent the rest when the
 * network has room, or what is left of it. So one slow browser costs no more memory than none.
 */
export class TerminalStream {
    readonly #options: TerminalStreamOptions;
    readonly #watches = new Map<TerminalClient, Watch>();
    #chunks: Chunk[] = [];
    #keptLength = 0;
    /** Number of the first chunk that is kept. */
    #first = 0;
    #isHeld = false;

    constructor(options: TerminalStreamOptions) {
        this.#options = options;
    }

    get watcherCount(): number {
        return this.#watches.size;
    }

    get isHeld(): boolean {
        return this.#isHeld;
    }

    /** What has been printed so far, as far as it is kept. */
    get text(): string {
        return this.#chunks.filter((chunk) => typeof chunk === "string").join("");
    }

    nameFor(client: TerminalClient): string {
        return this.#options.nameFor(client.endpoint);
    }

    isWatchedBy(client: TerminalClient): boolean {
        return this.#watches.has(client);
    }

    /** From now on the client is sent what is printed. @returns what was printed before: every character is in one of the two */
    join(client: TerminalClient): string {
        this.watch(client);
        const watch = this.#watches.get(client);
        if (watch !== undefined) {
            watch.next = this.#end;
        }
        return this.text;
    }

    /** As `join`, for somebody who does not want to know what was printed before. Who watches already goes on where they are. */
    watch(client: TerminalClient): void {
        if (this.#watches.has(client)) {
            return;
        }
        const watch: Watch = { name: this.nameFor(client), next: this.#end, stopListening: () => undefined };
        this.#watches.set(client, watch);
        const stops = [client.onDrain(() => this.#send(client, watch)), client.onLeave(() => this.leave(client))];
        watch.stopListening = () => stops.forEach((stop) => stop());
        if (!this.#watches.has(client)) {
            // It had gone before it came: whoever is gone must not keep a program running.
            watch.stopListening();
            return;
        }
        this.#options.onAudience?.(this.#watches.size);
    }

    leave(client: TerminalClient): void {
        const watch = this.#watches.get(client);
        if (watch !== undefined) {
            watch.stopListening();
            this.#watches.delete(client);
            this.#checkHold();
            this.#options.onAudience?.(this.#watches.size);
        }
    }

    /** Nobody watches any more. */
    disband(): void {
        [...this.#watches.keys()].forEach((client) => this.leave(client));
    }

    write(text: string): void {
        for (let from = 0; from < text.length; from += CHUNK_LENGTH) {
            this.#add(text.slice(from, from + CHUNK_LENGTH));
        }
    }

    /** @param isLast whoever has been told leaves: this terminal will never print again */
    exit(exitCode: number, isLast: boolean): void {
        this.#add({ exitCode, isLast });
    }

    /** What was printed so far is not shown to anybody who comes later. */
    clear(): void {
        this.#first = this.#end;
        this.#chunks = [];
        this.#keptLength = 0;
        for (const watch of this.#watches.values()) {
            watch.next = this.#end;
        }
    }

    get #end(): number {
        return this.#first + this.#chunks.length;
    }

    #add(chunk: Chunk): void {
        this.#chunks.push(chunk);
        this.#keptLength += lengthOf(chunk);
        while (this.#chunks.length > KEPT_CHUNKS || this.#keptLength > KEPT_LENGTH) {
            this.#keptLength -= lengthOf(this.#chunks.shift() ?? "");
            this.#first += 1;
        }
        this.#watches.forEach((watch, client) => this.#send(client, watch));
        this.#joinSmall();
        this.#checkHold();
    }

    #send(client: TerminalClient, watch: Watch): void {
        while (watch.next < this.#end && !client.isCongested) {
            if (watch.next < this.#first) {
                watch.next = this.#first;
                client.pushAgent("terminalWrite", watch.name, LEFT_OUT);
            }
            const chunk = this.#chunks[watch.next - this.#first] ?? "";
            watch.next += 1;
            if (typeof chunk === "string") {
                client.pushAgent("terminalWrite", watch.name, chunk);
            } else {
                client.pushAgent("terminalExit", watch.name, chunk.exitCode);
                if (chunk.isLast) {
                    this.leave(client);
                    return;
                }
            }
        }
        this.#checkHold();
    }

    #joinSmall(): void {
        const [before, last] = this.#chunks.slice(-2);
        const isSmall = typeof before === "string" && typeof last === "string" && before.length + last.length <= JOINED_LENGTH;
        if (isSmall && [...this.#watches.values()].every(({ next }) => next === this.#end)) {
            this.#chunks.splice(-2, 2, before + last);
            for (const watch of this.#watches.values()) {
                watch.next = this.#end;
            }
        }
    }

    #checkHold(): void {
        const leastBehind = Math.min(...[...this.#watches.values()].map(({ next }) => this.#lengthFrom(next)));
        const isHeld = this.#watches.size > 0 && leastBehind > (this.#isHeld ? RELEASE_AT : HOLD_AT);
        if (isHeld !== this.#isHeld) {
            this.#isHeld = isHeld;
            this.#options.onHold?.(isHeld);
        }
    }

    #lengthFrom(next: number): number {
        if (next === this.#end) {
            return 0;
        }
        return this.#chunks.slice(Math.max(0, next - this.#first)).reduce((length, chunk) => length + lengthOf(chunk), 0);
    }
}

function lengthOf(chunk: Chunk): number {
    return typeof chunk === "string" ? chunk.length : 0;
}
