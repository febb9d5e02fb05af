import { progressTerminalName } from "../../../common/terminal-names.ts";
import type { Clock } from "../../domain/ports.ts";
import type { DockgeSocket, DockgeTerminal } from "./dockge-seams.ts";

/** Dockge keeps the last 100 chunks of a terminal; so do we. */
const KEPT_CHUNKS = 100;
/** Dockge tells nobody when a terminal of its own ends. */
const LOOK_EVERY_MS = 200;

/** A terminal without a program: it shows what a release prints. */
class ReleaseTerminal implements DockgeTerminal {
    readonly name: string;
    readonly #chunks: string[];

    constructor(name: string, chunks: string[]) {
        this.name = name;
        this.#chunks = chunks;
    }

    getBuffer(): string {
        return this.#chunks.join("");
    }

    /** Every page that is logged in is written to anyway. */
    join(): void {}
    leave(): void {}
    close(): void {}
}

/**
 * Dockge's progress terminals, of which each stack has one for every name that this server goes by: its own, and what each hub calls it.
 * A name that stands in Dockge's table refuses its other operations on that stack, however they were started.
 */
export class ProgressTerminals {
    readonly #table: Map<string, DockgeTerminal>;
    readonly #sockets: () => Iterable<DockgeSocket>;
    readonly #clock: Clock;
    /** A hub may hang up while what it started still runs, so names are never forgotten. */
    readonly #endpoints = new Set([""]);
    readonly #held = new Map<string, string[]>();

    constructor(parts: { table: Map<string, DockgeTerminal>; sockets: () => Iterable<DockgeSocket>; clock: Clock }) {
        this.#table = parts.table;
        this.#sockets = parts.sockets;
        this.#clock = parts.clock;
    }

    /** Somebody connected who calls this server by that name. */
    learn(endpoint: string): void {
        if (this.#endpoints.has(endpoint)) {
            return;
        }
        this.#endpoints.add(endpoint);
        for (const [stack, chunks] of this.#held) {
            this.#enter(progressTerminalName(endpoint, stack), chunks);
        }
    }

    /** Waits for what Dockge itself runs on the stack, then keeps it from starting anything until `run` is done. */
    async hold<T>(stack: string, run: () => Promise<T>): Promise<T> {
        while (this.#names(stack).some((name) => this.#table.has(name))) {
            await this.#clock.sleep(LOOK_EVERY_MS);
        }
        const chunks: string[] = [];
        this.#held.set(stack, chunks);
        this.#names(stack).forEach((name) => this.#enter(name, chunks));
        let exitCode = 1;
        try {
            const result = await run();
            exitCode = 0;
            return result;
        } finally {
            this.#held.delete(stack);
            for (const name of this.#names(stack)) {
                if (this.#table.get(name) instanceof ReleaseTerminal) {
                    this.#table.delete(name);
                }
            }
            this.#tell("terminalExit", stack, exitCode);
        }
    }

    /** Shown on every open page of the stack; Dockge's page ignores terminals that it does not show. */
    write(stack: string, text: string): void {
        const chunk = text.replace(/\r?\n/g, "\r\n");
        const chunks = this.#held.get(stack);
        chunks?.push(chunk);
        if (chunks !== undefined && chunks.length > KEPT_CHUNKS) {
            chunks.shift();
        }
        this.#tell("terminalWrite", stack, chunk);
    }

    #enter(name: string, chunks: string[]): void {
        if (!this.#table.has(name)) {
            this.#table.set(name, new ReleaseTerminal(name, chunks));
        }
    }

    #names(stack: string): string[] {
        return [...this.#endpoints].map((endpoint) => progressTerminalName(endpoint, stack));
    }

    #tell(event: "terminalWrite" | "terminalExit", stack: string, value: string | number): void {
        for (const socket of this.#sockets()) {
            socket.emitAgent(event, progressTerminalName(socket.endpoint, stack), value);
        }
    }
}
