import { toDeployError } from "../../../domain/errors.ts";
import type { Clock, ContainerLogs } from "../../../domain/ports.ts";
import { IdleTimer } from "./idle-timer.ts";
import type { TerminalClient } from "./terminal-client.ts";
import { TerminalStream } from "./terminal-stream.ts";

/** As Dockge: the last lines of each container, then what comes. */
const TAIL_LINES = 100;
const MAX_LINE_LENGTH = 16 * 1024;
const LOOK_AGAIN_MS = 500;
/** SGR numbers: cyan, yellow, green, magenta, blue and their bright kin, as `docker compose logs` colours its services. */
const COLOURS = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];

export interface LoggedContainer {
    id: string;
    /** Before each line; null where there is only one container. */
    label: string | null;
    isRunning: boolean;
}

export interface LogTerminalParts {
    nameFor: (endpoint: string) => string;
    logs: ContainerLogs;
    /** The containers whose logs belong here, now. */
    containers: () => Promise<LoggedContainer[]>;
    clock: Pick<Clock, "now">;
    keepMs: number;
    onClosed: () => void;
}

/**
 * The logs of containers, followed for all who watch. Begins with the first of them and ends some time after the last one has left.
 * Containers that start meanwhile are followed, too.
 */
export class LogTerminal {
    readonly #parts: LogTerminalParts;
    readonly #stream: TerminalStream;
    readonly #idle: IdleTimer;
    readonly #stopping = new AbortController();
    readonly #reading = new Set<string>();
    /** By container id: when its log was last read to the end. */
    readonly #readUntil = new Map<string, number>();
    #room: Promise<void> = Promise.resolve();
    #giveRoom: () => void = () => undefined;
    #lookTimer: NodeJS.Timeout | undefined;
    #lastSaid = "";
    #isLooking = false;
    #shouldLookAgain = false;

    constructor(parts: LogTerminalParts) {
        this.#parts = parts;
        this.#idle = new IdleTimer(parts.keepMs, () => this.close());
        this.#stream = new TerminalStream({ nameFor: parts.nameFor, onAudience: (count) => this.#idle.watchers(count), onHold: (isHeld) => this.#hold(isHeld) });
    }

    get stream(): TerminalStream {
        return this.#stream;
    }

    join(client: TerminalClient): string {
        this.watch(client);
        return this.#stream.join(client);
    }

    watch(client: TerminalClient): void {
        this.#stream.watch(client);
        this.look();
    }

    /** Containers may have started: what runs and is not read yet is read from now on. */
    look(): void {
        if (this.#isLooking) {
            this.#shouldLookAgain = true;
            return;
        }
        this.#isLooking = true;
        void this.#look().finally(() => {
            this.#isLooking = false;
            if (this.#shouldLookAgain) {
                this.#shouldLookAgain = false;
                this.look();
            }
        });
    }

    close(): void {
        if (!this.#stopping.signal.aborted) {
            this.#stopping.abort(new Error("Nobody watches any more."));
            this.#stream.disband();
            this.#idle.stop();
            clearTimeout(this.#lookTimer);
            this.#giveRoom();
            this.#parts.onClosed();
        }
    }

    async #look(): Promise<void> {
        try {
            const containers = await this.#parts.containers();
            if (this.#stopping.signal.aborted) {
                return;
            }
            const width = Math.max(0, ...containers.map(({ label }) => label?.length ?? 0));
            containers.forEach((container, at) => {
                // What does not run is shown once, for why it has ended.
                if (!this.#reading.has(container.id) && (container.isRunning || !this.#readUntil.has(container.id))) {
                    const colour = COLOURS[at % COLOURS.length] ?? 36;
                    void this.#read(container, container.label === null ? "" : `\u001b[${colour}m${container.label.padEnd(width)}  | \u001b[0m`);
                }
            });
        } catch (error) {
            this.#say(toDeployError(error).message);
        }
    }

    async #read(container: LoggedContainer, prefix: string): Promise<void> {
        const { logs, clock } = this.#parts;
        const { signal } = this.#stopping;
        const since = this.#readUntil.get(container.id);
        this.#reading.add(container.id);
        const lines = new Lines(prefix);
        try {
            const options = { hasTimestamps: false, isFollowed: container.isRunning, signal, ...(since === undefined ? { tail: TAIL_LINES } : { tail: null, since }) };
            for await (const text of logs.read(container.id, options)) {
                await this.#room;
                if (signal.aborted) {
                    return;
                }
                this.#stream.write(lines.push(text));
                this.#lastSaid = "";
            }
        } catch (error) {
            // What was removed has nothing more to say.
            const { code, message } = toDeployError(error);
            if (!signal.aborted && code !== "NOT_FOUND") {
                this.#say(message);
            }
        } finally {
            this.#reading.delete(container.id);
            this.#readUntil.set(container.id, clock.now());
            if (!signal.aborted) {
                this.#stream.write(lines.end());
                // It may run again already, and the news of that may have come while it was still being read.
                this.#lookTimer ??= setTimeout(() => {
                    this.#lookTimer = undefined;
                    this.look();
                }, LOOK_AGAIN_MS).unref();
            }
        }
    }

    /** Once, however many containers have the same trouble. */
    #say(sentence: string): void {
        if (sentence !== this.#lastSaid) {
            this.#lastSaid = sentence;
            this.#stream.write(`\u001b[33m${sentence}\u001b[0m\r\n`);
        }
    }

    #hold(isHeld: boolean): void {
        this.#giveRoom();
        if (isHeld) {
            this.#room = new Promise((resolve) => {
                this.#giveRoom = resolve;
            });
        }
    }
}

/** Puts the prefix before each line. What is no whole line yet waits, so that the lines of two containers do not mix. */
export class Lines {
    readonly #prefix: string;
    #begun = "";

    constructor(prefix: string) {
        this.#prefix = prefix;
    }

    push(text: string): string {
        const parts = (this.#begun + text).split("\n");
        this.#begun = parts.pop() ?? "";
        if (this.#begun.length > MAX_LINE_LENGTH) {
            parts.push(this.#begun);
            this.#begun = "";
        }
        return parts.map((line) => this.#line(line)).join("");
    }

    end(): string {
        const line = this.#begun;
        this.#begun = "";
        return line === "" ? "" : this.#line(line);
    }

    #line(line: string): string {
        return `${this.#prefix}${line.endsWith("\r") ? line.slice(0, -1) : line}\r\n`;
    }
}
