/** Of the time that a run took. */
const REST_TIMES = 4;
/** An Engine that took long to answer does not hold up what is known by then. */
const LONGEST_REST_MS = 1000;

/**
 * Turns many pokes into few runs: the first poke starts a run after `delayMs`, pokes until then join it, a poke during a run
 * leads to exactly one more. Runs never overlap. After one that took long comes a rest, so that a list of a thousand stacks
 * leaves most of the processor to the deployment that changes it.
 */
export class Coalescer {
    readonly #run: () => Promise<void>;
    readonly #delayMs: number;
    #timer: NodeJS.Timeout | null = null;
    #isRunning = false;
    #isDirty = false;
    #isStopped = false;
    #restsUntil = 0;

    /** `run` must not reject. */
    constructor(delayMs: number, run: () => Promise<void>) {
        this.#delayMs = delayMs;
        this.#run = run;
    }

    poke(): void {
        if (this.#isStopped) {
            return;
        }
        if (this.#isRunning) {
            this.#isDirty = true;
            return;
        }
        this.#timer ??= setTimeout(() => void this.#start(), Math.max(this.#delayMs, this.#restsUntil - performance.now()));
    }

    stop(): void {
        this.#isStopped = true;
        if (this.#timer !== null) {
            clearTimeout(this.#timer);
            this.#timer = null;
        }
    }

    async #start(): Promise<void> {
        this.#timer = null;
        this.#isRunning = true;
        this.#isDirty = false;
        const startedAt = performance.now();
        try {
            await this.#run();
        } finally {
            const endedAt = performance.now();
            this.#restsUntil = endedAt + Math.min(LONGEST_REST_MS, REST_TIMES * (endedAt - startedAt));
            this.#isRunning = false;
            if (this.#isDirty) {
                this.poke();
            }
        }
    }
}
