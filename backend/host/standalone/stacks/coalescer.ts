/**
 * Turns many pokes into few runs: the first poke starts a run after `delayMs`, pokes until then join it, a poke during a run
 * leads to exactly one more. Runs never overlap.
 */
export class Coalescer {
    readonly #run: () => Promise<void>;
    readonly #delayMs: number;
    #timer: NodeJS.Timeout | null = null;
    #isRunning = false;
    #isDirty = false;
    #isStopped = false;

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
        this.#timer ??= setTimeout(() => void this.#start(), this.#delayMs);
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
        try {
            await this.#run();
        } finally {
            this.#isRunning = false;
            if (this.#isDirty) {
                this.poke();
            }
        }
    }
}
