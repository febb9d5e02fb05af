import type { Repository } from "../domain/entities.ts";
import type { Clock, Logger, RepositoryStore } from "../domain/ports.ts";
import { nextPollAt } from "./poll-schedule.ts";

/** A timer cannot wait longer than about 24 days, and a clock may be set. */
const LONGEST_SLEEP_MS = 12 * 60 * 60_000;
/** Listings at the same time; after a start many are due at once. */
const MAX_AT_ONCE = 4;
const PAUSE_AFTER_ERROR_MS = 60_000;

export interface PollerParts {
    repositories: Pick<RepositoryStore, "all" | "byId">;
    /** Asks one remote and queues what it finds: `poll` of poll.ts. */
    poll: (repository: Repository, signal: AbortSignal) => Promise<unknown>;
    clock: Clock;
    logger: Logger;
}

/** Asks the remotes of the repositories with `autoSync`, each on its own schedule, so that one that fails holds up no other. */
export class Poller {
    readonly #parts: PollerParts;
    readonly #watches = new Map<string, { over: AbortController; done: Promise<void> }>();
    readonly #waiting: (() => void)[] = [];
    #active = 0;
    #isStopped = false;

    constructor(parts: PollerParts) {
        this.#parts = parts;
    }

    async start(): Promise<void> {
        // Each watch reads its row again; those that would find nothing to do are not begun.
        for (const repository of (await this.#parts.repositories.all()).filter(({ autoSync }) => autoSync)) {
            this.refresh(repository.id);
        }
    }

    /** Call whenever a repository was saved or removed: its schedule starts anew, or ends. */
    refresh(repositoryId: string): void {
        this.#watches.get(repositoryId)?.over.abort();
        if (this.#isStopped) {
            return;
        }
        const over = new AbortController();
        const done = this.#watch(repositoryId, over.signal)
            .catch((error: unknown) => this.#parts.logger.error({ error, repositoryId }, "polling a repository ended"))
            .finally(() => {
                if (this.#watches.get(repositoryId)?.over === over) {
                    this.#watches.delete(repositoryId);
                }
            });
        this.#watches.set(repositoryId, { over, done });
    }

    async stop(): Promise<void> {
        this.#isStopped = true;
        const watches = [...this.#watches.values()];
        for (const watch of watches) {
            watch.over.abort();
        }
        await Promise.all(watches.map((watch) => watch.done));
    }

    async #watch(id: string, over: AbortSignal): Promise<void> {
        const { clock, logger } = this.#parts;
        let failures = 0;
        let polledAt: number | null = null;
        while (!over.aborted) {
            const scheduled = await this.#read(id, over);
            if (scheduled === null || !scheduled.autoSync) {
                return;
            }
            // After a start or a change the pause since the last poll counts, so that restarts do not hold polling up.
            // Whatever the clock was when it was written, no poll lies in the future.
            const last = Math.min(clock.now(), polledAt ?? scheduled.lastSyncedAt ?? clock.now() - scheduled.syncInterval * 1000);
            const dueAt = nextPollAt(scheduled, last, failures, logger);
            if (!(await this.#hasReached(dueAt, over))) {
                return;
            }
            polledAt = clock.now();
            failures = (await this.#hasPolled(id, over)) ? 0 : failures + 1;
        }
    }

    /** Reads the row anew each time, as its schedule may have changed. A database that does not answer is asked again. */
    async #read(id: string, over: AbortSignal): Promise<Repository | null> {
        for (;;) {
            try {
                return await this.#parts.repositories.byId(id);
            } catch (error) {
                this.#parts.logger.warn({ error, repositoryId: id }, "a repository could not be read for polling; trying again");
                if (!(await this.#hasReached(this.#parts.clock.now() + PAUSE_AFTER_ERROR_MS, over))) {
                    return null;
                }
            }
        }
    }

    async #hasReached(at: number, over: AbortSignal): Promise<boolean> {
        const { clock } = this.#parts;
        // A clock that is set back while we wait makes the wait no longer.
        const waitUntil = clock.monotonic() + at - clock.now();
        while (clock.now() < at && clock.monotonic() < waitUntil) {
            const isOver = await clock.sleep(Math.min(at - clock.now(), LONGEST_SLEEP_MS), over).then(
                () => false,
                () => true,
            );
            if (isOver) {
                return false;
            }
        }
        return !over.aborted;
    }

    async #hasPolled(id: string, over: AbortSignal): Promise<boolean> {
        await this.#enter();
        try {
            const repository = await this.#parts.repositories.byId(id);
            if (!over.aborted && repository !== null && repository.autoSync) {
                await this.#parts.poll(repository, over);
            }
            return true;
        } catch (error) {
            if (!over.aborted) {
                this.#parts.logger.warn({ error, repositoryId: id }, "polling failed; the pause grows until it works again");
            }
            return false;
        } finally {
            this.#leave();
        }
    }

    async #enter(): Promise<void> {
        if (this.#active < MAX_AT_ONCE) {
            this.#active++;
            return;
        }
        // The place is handed over by whoever leaves.
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }

    #leave(): void {
        const next = this.#waiting.shift();
        if (next === undefined) {
            this.#active--;
        } else {
            next();
        }
    }
}
