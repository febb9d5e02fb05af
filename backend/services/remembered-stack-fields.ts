import type { StackGitFields } from "../../common/views.ts";
import type { Clock } from "../domain/ports.ts";

type Fields = Map<string, StackGitFields>;

/** The time of grace of a replaced webhook secret ends without any change in the database. */
const LONGEST_MS = 60_000;

interface Parts {
    read: (names: string[]) => Promise<Fields>;
    /** Differs from each earlier one after any change of the database, by whomever. */
    changeMark: () => Promise<string>;
    clock: Pick<Clock, "monotonic">;
}

/**
 * What Git adds to the stack list, read again only when the database has changed since. With a thousand linked stacks that is a thousand rows with their
 * secrets opened, for a list that is asked for far more often than it changes. Unchanged, the answer is the same object.
 */
export class RememberedStackFields {
    readonly #parts: Parts;
    #last: { names: string[]; mark: string; readAt: number; fields: Fields } | null = null;

    constructor(parts: Parts) {
        this.#parts = parts;
    }

    async fields(names: string[]): Promise<Fields> {
        const { read, changeMark, clock } = this.#parts;
        if (names.length === 1) {
            return await read(names);
        }
        // Before the rows are read: a change in between leads to one reading too many, not to one too few.
        const mark = await changeMark();
        const now = clock.monotonic();
        if (this.#last === null || this.#last.mark !== mark || now - this.#last.readAt > LONGEST_MS || !isSame(this.#last.names, names)) {
            this.#last = { names, mark, readAt: now, fields: await read(names) };
        }
        return this.#last.fields;
    }
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
    return one.length === other.length && one.every((name, at) => name === other[at]);
}
