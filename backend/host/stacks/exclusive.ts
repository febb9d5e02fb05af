import { DeployError } from "../../domain/errors.ts";

interface Turn {
    purpose: string;
}

/**
 * One operation per stack. A deployment waits its turn (`wait`); a button is refused at once (`claim`), because the person
 * should see what is going on instead of queueing up clicks. Not re-entrant.
 */
export class StackLocks {
    /** By stack: the operation that runs, then those that wait for it. */
    readonly #turns = new Map<string, Turn[]>();
    readonly #endings = new Map<Turn, { promise: Promise<void>; resolve: () => void }>();

    /** What runs on the stack now, or null. */
    holder(stack: string): string | null {
        return this.#turns.get(stack)?.[0]?.purpose ?? null;
    }

    /** Runs after everything that was asked for before. */
    async wait<T>(stack: string, purpose: string, run: () => Promise<T>): Promise<T> {
        const before = this.#turns.get(stack)?.at(-1);
        const turn = this.#enter(stack, purpose);
        if (before !== undefined) {
            await this.#endings.get(before)?.promise;
        }
        return await this.#finish(stack, turn, run);
    }

    /** @throws STACK_BUSY, naming what runs, unless nothing does */
    async claim<T>(stack: string, purpose: string, run: () => Promise<T>): Promise<T> {
        this.refuseIfBusy(stack);
        return await this.#finish(stack, this.#enter(stack, purpose), run);
    }

    /** @throws STACK_BUSY */
    refuseIfBusy(stack: string): void {
        const holder = this.holder(stack);
        if (holder !== null) {
            throw new DeployError("STACK_BUSY", `The stack ${stack} is busy: ${holder}. Try again when that has finished.`, { details: { stack, running: holder } });
        }
    }

    /** Resolves when nothing runs on any stack. */
    async idle(): Promise<void> {
        while (this.#endings.size > 0) {
            await Promise.all([...this.#endings.values()].map((ending) => ending.promise));
        }
    }

    #enter(stack: string, purpose: string): Turn {
        const turn = { purpose };
        const turns = this.#turns.get(stack) ?? [];
        turns.push(turn);
        this.#turns.set(stack, turns);
        this.#endings.set(turn, withResolvers());
        return turn;
    }

    async #finish<T>(stack: string, turn: Turn, run: () => Promise<T>): Promise<T> {
        try {
            return await run();
        } finally {
            const turns = this.#turns.get(stack)?.filter((other) => other !== turn) ?? [];
            if (turns.length === 0) {
                this.#turns.delete(stack);
            } else {
                this.#turns.set(stack, turns);
            }
            this.#endings.get(turn)?.resolve();
            this.#endings.delete(turn);
        }
    }
}

/** Promise.withResolvers() came with Node 22. */
function withResolvers(): { promise: Promise<void>; resolve: () => void } {
    let resolve = () => {};
    const promise = new Promise<void>((done) => (resolve = done));
    return { promise, resolve };
}
