/** Runs what is asked for the same key one after the other, so that two saves at once cannot both be the first. */
export class Turns {
    readonly #last = new Map<string, Promise<unknown>>();

    async take<T>(key: string, run: () => Promise<T>): Promise<T> {
        const before = this.#last.get(key) ?? Promise.resolve();
        const mine = before.then(run, run);
        this.#last.set(key, mine);
        try {
            return await mine;
        } finally {
            if (this.#last.get(key) === mine) {
                this.#last.delete(key);
            }
        }
    }
}
