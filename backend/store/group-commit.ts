import type { Knex } from "knex";

/** More would make the first of a group wait for longer than a flush takes. */
const MAX_GROUP = 64;

interface Waiting<Item, Result> {
    item: Item;
    resolve: (result: Result) => void;
    reject: (reason: unknown) => void;
}

export interface Batch<Item, Result> {
    /** Writes all of them, and answers in their order. May be called again with some of the same: when it fails, all is taken back and each is written alone. */
    write: (transaction: Knex.Transaction, items: readonly Item[]) => Promise<Result[]>;
    /** Items of one key never share a transaction, so that `write` need not look for what they do to each other. */
    keyOf?: (item: Item) => string;
}

/**
 * Each commit waits for the disk, and a disk flushes a hundred times a second or less. What arrives meanwhile shares the next transaction,
 * so that a hundred deliveries at once cost a few flushes. Nobody is answered before the commit of what he asked for.
 */
export class BatchCommit<Item, Result> {
    readonly #knex: Knex;
    readonly #batch: Batch<Item, Result>;
    #waiting: Waiting<Item, Result>[] = [];
    #isRunning = false;

    constructor(knex: Knex, batch: Batch<Item, Result>) {
        this.#knex = knex;
        this.#batch = batch;
    }

    async add(item: Item): Promise<Result> {
        return await new Promise<Result>((resolve, reject) => {
            this.#waiting.push({ item, resolve, reject });
            if (!this.#isRunning) {
                this.#isRunning = true;
                void this.#drain();
            }
        });
    }

    async #drain(): Promise<void> {
        for (;;) {
            // What has arrived already is read first: it belongs into the same transaction.
            await new Promise((resolve) => setImmediate(resolve));
            const group = this.#nextGroup();
            if (group.length === 0) {
                break;
            }
            if (!(await this.#commit(group, group.length > 1))) {
                for (const one of group) {
                    await this.#commit([one], false);
                }
            }
        }
        this.#isRunning = false;
    }

    #nextGroup(): Waiting<Item, Result>[] {
        const { keyOf } = this.#batch;
        const group: Waiting<Item, Result>[] = [];
        const keys = new Set<string>();
        this.#waiting = this.#waiting.filter((one) => {
            const key = keyOf?.(one.item);
            if (group.length === MAX_GROUP || (key !== undefined && keys.has(key))) {
                return true;
            }
            if (key !== undefined) {
                keys.add(key);
            }
            group.push(one);
            return false;
        });
        return group;
    }

    /** @returns false when it was taken back and nobody was told */
    async #commit(group: readonly Waiting<Item, Result>[], isRepeatable: boolean): Promise<boolean> {
        try {
            const results = await this.#knex.transaction(async (transaction) => await this.#batch.write(transaction, group.map(({ item }) => item)));
            group.forEach(({ resolve }, at) => resolve(results[at] as Result));
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

type Work<T> = (transaction: Knex.Transaction) => Promise<T>;

/** Writes of any kind that share commits: one after the other in the order they came. */
export class GroupCommit {
    readonly #works: BatchCommit<Work<unknown>, unknown>;

    constructor(knex: Knex) {
        this.#works = new BatchCommit(knex, {
            write: async (transaction, works) => {
                const done: unknown[] = [];
                for (const work of works) {
                    done.push(await work(transaction));
                }
                return done;
            },
        });
    }

    /** @param work may run twice: when one of a group fails, all are taken back and each is repeated in a transaction of its own */
    async run<T>(work: Work<T>): Promise<T> {
        return (await this.#works.add(work)) as T;
    }
}
