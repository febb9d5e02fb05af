import type { Clock, Logger } from "../domain/ports.ts";

const FIRST_AFTER_MS = 5 * 60_000;
const EVERY_MS = 6 * 60 * 60_000;

export interface HousekeepingTask {
    /** What is removed, for the server's log: "logs", "delivery payloads", "backups". */
    name: string;
    /** @returns how much was removed */
    prune(now: number): Promise<number>;
}

/** Removes what is kept only for a while, a few minutes after the start and then a few times a day. */
export class Housekeeping {
    readonly #parts: { tasks: readonly HousekeepingTask[]; clock: Clock; logger: Logger };
    readonly #over = new AbortController();
    #loop: Promise<void> | null = null;

    constructor(parts: { tasks: readonly HousekeepingTask[]; clock: Clock; logger: Logger }) {
        this.#parts = parts;
    }

    start(): void {
        this.#loop ??= this.#work();
    }

    async stop(): Promise<void> {
        this.#over.abort();
        await this.#loop;
    }

    /** One failing task does not keep the others from running. */
    async runOnce(): Promise<void> {
        for (const task of this.#parts.tasks) {
            try {
                const count = await task.prune(this.#parts.clock.now());
                if (count > 0) {
                    this.#parts.logger.info({ count }, `removed old ${task.name}`);
                }
            } catch (error) {
                this.#parts.logger.warn({ error }, `old ${task.name} could not be removed`);
            }
        }
    }

    async #work(): Promise<void> {
        let waitMs = FIRST_AFTER_MS;
        while (!this.#over.signal.aborted) {
            const isOver = await this.#parts.clock.sleep(waitMs, this.#over.signal).then(
                () => false,
                () => true,
            );
            if (isOver) {
                return;
            }
            await this.runOnce();
            waitMs = EVERY_MS;
        }
    }
}
