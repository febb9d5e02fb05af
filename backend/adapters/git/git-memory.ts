/**
 * What was read of mirrors lately, by what it was read from. Git names everything by its content, so what is in here never becomes wrong;
 * when it grows beyond its limit, what was asked for least recently goes.
 */
export class RecentlyRead<T> {
    readonly #limit: number;
    readonly #weigh: (value: T) => number;
    readonly #values = new Map<string, T>();
    #weight = 0;

    /** @param weigh how much of `limit` a value takes; one that takes more than a quarter is not kept */
    constructor(limit: number, weigh: (value: T) => number) {
        this.#limit = limit;
        this.#weigh = weigh;
    }

    get(key: string): T | undefined {
        const value = this.#values.get(key);
        if (value !== undefined) {
            // A map keeps the order in which keys were added.
            this.#values.delete(key);
            this.#values.set(key, value);
        }
        return value;
    }

    set(key: string, value: T): void {
        if (this.#weigh(value) > this.#limit / 4) {
            return;
        }
        this.#drop(key);
        this.#values.set(key, value);
        this.#weight += this.#weigh(value);
        for (const oldest of this.#values.keys()) {
            if (this.#weight <= this.#limit) {
                return;
            }
            this.#drop(oldest);
        }
    }

    #drop(key: string): void {
        const value = this.#values.get(key);
        if (value !== undefined) {
            this.#values.delete(key);
            this.#weight -= this.#weigh(value);
        }
    }
}
