import { addressBlock } from "../http/address-block.ts";

/** Pages that ask for a log-in, and connections that have not logged in yet, from one address; above what stands behind one proxy. */
const MAX_ANONYMOUS = 200;

/** Counts connections by address. Each may hold a message of several MiB in memory before it has said who it is. */
export class ConnectionLimit {
    readonly #open = new Map<string, number>();
    readonly #maxAnonymous: number;

    constructor(maxAnonymous = MAX_ANONYMOUS) {
        this.#maxAnonymous = maxAnonymous;
    }

    /** @param loggedIn addresses of the connections that are somebody's */
    isFull(address: string, loggedIn: () => readonly string[]): boolean {
        const block = addressBlock(address);
        const count = this.#open.get(block) ?? 0;
        return count >= this.#maxAnonymous && count - loggedIn().filter((one) => addressBlock(one) === block).length >= this.#maxAnonymous;
    }

    /** A connection has come. @returns to be called when it has gone */
    opened(address: string): () => void {
        const block = addressBlock(address);
        this.#open.set(block, (this.#open.get(block) ?? 0) + 1);
        return () => {
            const left = (this.#open.get(block) ?? 0) - 1;
            if (left > 0) {
                this.#open.set(block, left);
            } else {
                this.#open.delete(block);
            }
        };
    }
}
