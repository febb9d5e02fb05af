/** Calls back when nobody has watched for some time. Somebody who loads the page anew finds the terminal as it was. */
export class IdleTimer {
    readonly #afterMs: number;
    readonly #onIdle: () => void;
    #timer: NodeJS.Timeout | null = null;

    constructor(afterMs: number, onIdle: () => void) {
        this.#afterMs = afterMs;
        this.#onIdle = onIdle;
    }

    /** Begins to wait when there is nobody, stops when there is somebody. */
    watchers(count: number): void {
        this.stop();
        if (count === 0) {
            this.#timer = setTimeout(this.#onIdle, this.#afterMs);
            this.#timer.unref();
        }
    }

    stop(): void {
        if (this.#timer !== null) {
            clearTimeout(this.#timer);
            this.#timer = null;
        }
    }
}
