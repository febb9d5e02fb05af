const MINUTE_MS = 60_000;
/** A few MiB at most. */
const MAX_KEYS = 10_000;

/**
 * Counts by key, in minutes that begin with the first count of each. When more keys than that are remembered, the one that has been quiet for
 * longest is forgotten, and would begin again at zero. To have his own count forgotten, somebody has to be silent with it and count once with
 * each of ten thousand other addresses, every one of which still has a whole minute's allowance: whoever has those gains nothing by it.
 */
export class RecentCounts {
    readonly #maxKeys: number;
    /** In the order of their last count. */
    readonly #counts = new Map<string, { count: number; until: number }>();

    constructor(maxKeys = MAX_KEYS) {
        this.#maxKeys = maxKeys;
    }

    /** @returns how often the key was counted in its minute, this time included, and the milliseconds until that is over */
    add(key: string, now: number): { count: number; leftMs: number } {
        const known = this.#counts.get(key);
        const entry = known === undefined || known.until <= now ? { count: 0, until: now + MINUTE_MS } : known;
        entry.count += 1;
        this.#counts.delete(key);
        this.#counts.set(key, entry);
        const [quietest] = this.#counts.keys();
        if (this.#counts.size > this.#maxKeys && quietest !== undefined) {
            this.#counts.delete(quietest);
        }
        return { count: entry.count, leftMs: entry.until - now };
    }
}
