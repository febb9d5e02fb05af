import type { Clock, Docker } from "../domain/ports.ts";

/** Waits for something to happen to a project's containers. The Engine tells at once; until it does, or when it has gone away, time is what ends a wait. */
export class ContainerChanges {
    readonly #docker: Pick<Docker, "watch">;
    readonly #clock: Pick<Clock, "sleep">;
    readonly #project: string;
    readonly #over = new AbortController();
    #isWatching = false;
    #hasChanged = false;
    #alarm = new AbortController();

    constructor(parts: { docker: Pick<Docker, "watch">; clock: Pick<Clock, "sleep"> }, project: string) {
        this.#docker = parts.docker;
        this.#clock = parts.clock;
        this.#project = project;
    }

    /** Until the next change, or one since the wait before, at most `ms`. @throws the signal's own reason */
    async wait(ms: number, signal: AbortSignal): Promise<void> {
        this.#watch();
        if (!this.#hasChanged) {
            this.#alarm = new AbortController();
            await this.#clock.sleep(ms, AbortSignal.any([signal, this.#alarm.signal])).catch(() => undefined);
        }
        this.#hasChanged = false;
        signal.throwIfAborted();
    }

    close(): void {
        this.#over.abort();
    }

    /** Only now: most releases that change nothing are judged by one look. What happened before is told as one change when the watch begins. */
    #watch(): void {
        if (!this.#isWatching) {
            this.#isWatching = true;
            this.#docker.watch((project) => {
                if (project === null || project === this.#project) {
                    this.#hasChanged = true;
                    this.#alarm.abort();
                }
            }, this.#over.signal);
        }
    }
}
