import type { Knex } from "knex";

type Work<T> = (transaction: Knex.Transaction) => Promise<T>;

interface Waiting {
    work: Work<unknown>;
    resolve: (value: unknown) => void;
    reject: (reason: unknown) => void;
}

/** More would make the first of a group wait for longer than a flush takes. */
const MAX_GROUP = 64;

/**
 * Each commit waits for the disk, and a disk flushes a hundred times a second or less. Writes that arrive meanwhile share the next
 * transaction, so that a hundred deliveries at once cost a few flushes. Nobody is answered before the commit of what he asked for.
 */
export class GroupCommit {
    readonly #knex: Knex;
    readonly #waiting: Waiting[] = [];
    #isRunning = false;

    constructor(knex: Knex) {
        this.#knex = knex;
    }

    /** @param work may run twice: when one of a group fails, all are taken back and each is repeated in a transaction of its own */
    async run<T>(work: Work<T>): Promise<T> {
        return await new Promise<T>((resolve, reject) => {
            this.#waiting.push({ work, resolve: resolve as (value: unknown) => void, reject });
            if (!this.#isRunning) {
                this.#isRunning = true;
                void this.#drain();
            }
        });
    }

    async #drain(): Promise<void> {
        // What is asked for in the same turn of the event loop belongs together.
        await Promise.resolve();
        for (let group = this.#waiting.splice(0, MAX_GROUP); group.length > 0; group = this.#waiting.splice(0, MAX_GROUP)) {
            if (!(await this.#commit(group, group.length > 1))) {
                for (const one of group) {
                    await this.#commit([one], false);
                }
            }
        }
        this.#isRunning = false;
    }

    /** @returns false when it was taken back and nobody was told */
    async #commit(group: readonly Waiting[], isRepeatable: boolean): Promise<boolean> {
        try {
            const values = await this.#knex.transaction(async (transaction) => {
                const done: unknown[] = [];
                for (const { work } of group) {
                    done.push(await work(transaction));
                }
                return done;
            });
            group.forEach(({ resolve }, at) => resolve(values[at]));
            return true;
        } catch (error) {
            if (isRepeatable) {
                return false;
            }
            group.forEach(({ reject }) => reject(error));
            return true;
        }
    }
}
