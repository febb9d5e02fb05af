/** Lets work with the same key run one after the other, in the order it came; a failure does not hold up the next. */
export class Turns {
    readonly #last = new Map<string, Promise<unknown>>();

    async take<T>(key: string, run: () => Promise<T>): Promise<T> {
        const turn = (this.#last.get(key) ?? Promise.resolve()).then(run, run);
        this.#last.set(key, turn);
        try {
            return await turn;
        } finally {
            if (this.#last.get(key) === turn) {
                this.#last.delete(key);
            }
        }
    }
}
