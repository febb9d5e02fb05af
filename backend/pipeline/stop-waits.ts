import type { Clock } from "../domain/ports.ts";

/** A container that heeds the request to stop is gone by then. Milliseconds. */
const SAY_AFTER_MS = 2000;

/** Compose says `Container blog-web-1  Recreate` before it stops the old one, and `Recreated` after; the same with `Stopping` and `Stopped`. */
const BEGINS = /\bContainer (\S+)\s+(?:Recreate|Stopping)\s*$/;
const ENDS = /\bContainer (\S+)\s+(?:Recreated|Stopped|Removed|Started|Error\b.*)\s*$/;
// eslint-disable-next-line no-control-regex -- ESC begins what is removed
const COLOURS = /\x1b\[[\d;]*m/g;

interface Wait {
    since: number;
    isSaid: boolean;
    end: AbortController;
}

/** Reads what Compose prints, and puts into words that it waits for an old container to stop: Compose itself is silent then. */
export class StopWaits {
    readonly #clock: Clock;
    readonly #note: (text: string) => void;
    readonly #waits = new Map<string, Wait>();

    constructor(clock: Clock, note: (text: string) => void) {
        this.#clock = clock;
        this.#note = note;
    }

    line(text: string): void {
        const plain = text.replace(COLOURS, "");
        const begun = BEGINS.exec(plain)?.[1];
        const ended = ENDS.exec(plain)?.[1];
        if (begun !== undefined && !this.#waits.has(begun)) {
            const wait = { since: this.#clock.now(), isSaid: false, end: new AbortController() };
            this.#waits.set(begun, wait);
            void this.#sayLater(begun, wait);
        } else if (ended !== undefined) {
            this.#end(ended);
        }
    }

    /** Compose is done, or has failed: nothing is waited for any more. */
    close(): void {
        this.#waits.forEach(({ end }) => end.abort());
        this.#waits.clear();
    }

    async #sayLater(container: string, wait: Wait): Promise<void> {
        try {
            await this.#clock.sleep(SAY_AFTER_MS, wait.end.signal);
        } catch {
            return;
        }
        wait.isSaid = true;
        this.#note(`Waiting for the old container ${container} to stop. It has the time of its stop_grace_period (10 s unless the compose file says otherwise), then it is killed`);
    }

    #end(container: string): void {
        const wait = this.#waits.get(container);
        if (wait === undefined) {
            return;
        }
        this.#waits.delete(container);
        wait.end.abort();
        if (wait.isSaid) {
            this.#note(`The old container ${container} has stopped after ${((this.#clock.now() - wait.since) / 1000).toFixed(1)} s`);
        }
    }
}
