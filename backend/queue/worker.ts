import type { DeploymentJournal } from "../domain/deployment-journal.ts";
import type { Deployment } from "../domain/entities.ts";
import { DeployError } from "../domain/errors.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { BuildConfigStore, Clock, DeploymentStore, Logger, Random } from "../domain/ports.ts";
import { runAttempt } from "./attempt.ts";
import { settle } from "./settle.ts";

const LEASE_MS = 30_000;
/** The safety tick: nothing depends on it unless a wake-up or a write was lost. */
const TICK_MS = 15_000;
const PAUSE_AFTER_ERROR_MS = 1000;
const SHORTEST_REST_MS = 25;
/** A process group is killed 5 s after it was asked to end. */
const INTERRUPT_WAIT_MS = 8000;

export interface WorkerParts {
    store: DeploymentStore;
    journal: DeploymentJournal;
    configs: Pick<BuildConfigStore, "byStack">;
    clock: Clock;
    random: Pick<Random, "uuid">;
    logger: Logger;
    /** Deployments at the same time, over all stacks. */
    concurrency: number;
    /** Takes a claimed deployment to its outcome. `isResumed`: an earlier try of it was cut short when the server stopped. */
    run: (deployment: Deployment, options: { signal: AbortSignal; isResumed: boolean }) => Promise<Outcome>;
    /** Finishes or takes back a release that a crash cut short. */
    resume: (deployment: Deployment, options: { signal: AbortSignal }) => Promise<Outcome>;
}

interface ActiveRun {
    controller: AbortController;
    done: Promise<void>;
}

/**
 * Runs what is in the queue. What to do next is read from the rows each time, never remembered, so nothing is lost when a wake-up is:
 * after each claim, each end of a run, each wake-up and each tick it looks again.
 */
export class Worker {
    readonly #parts: WorkerParts;
    /** One per process: rows claimed by a process that died are recognised by its name. */
    readonly #owner: string;
    readonly #running = new Map<string, ActiveRun>();
    readonly #toResume: Deployment[] = [];
    /** Ids of builds that the last process left half done. */
    readonly #cutShort = new Set<string>();
    #wakeUps = 0;
    #alarm = new AbortController();
    #sweepAt = 0;
    #isStopping = false;
    #loop: Promise<void> | null = null;

    constructor(parts: WorkerParts) {
        this.#parts = parts;
        this.#owner = parts.random.uuid();
    }

    start(): void {
        this.#sweepAt = this.#parts.clock.monotonic() + TICK_MS;
        this.#loop ??= this.#work();
    }

    /** Something may have become due. While every place is taken nothing can begin, and the end of a run wakes by itself. */
    wake(): void {
        if (!this.#isStopping && this.#running.size >= this.#parts.concurrency) {
            return;
        }
        this.#wakeUps++;
        this.#alarm.abort();
    }

    /** Takes up releases that a crash cut short, before anything else is claimed. */
    takeUp(deployments: readonly Deployment[]): void {
        const known = new Set([...this.#running.keys(), ...this.#toResume.map((deployment) => deployment.id)]);
        const added = deployments.filter((deployment) => !known.has(deployment.id));
        if (added.length > 0) {
            this.#toResume.push(...added);
            this.wake();
        }
    }

    /** Told of builds that a stop of the server cut short: when they are claimed, they run again from their start. */
    startOver(deployments: readonly Deployment[]): void {
        deployments.forEach(({ id }) => this.#cutShort.add(id));
    }

    isRunning(id: string): boolean {
        return this.#running.has(id);
    }

    /** Aborts a run with the error that it should end with, and waits for its end, but not for ever. @returns false when it does not run here */
    async interrupt(id: string, reason: DeployError): Promise<boolean> {
        const active = this.#running.get(id);
        if (active === undefined) {
            return false;
        }
        active.controller.abort(reason);
        await this.#within(INTERRUPT_WAIT_MS, active.done);
        return true;
    }

    /**
     * Claims nothing more, interrupts what is building (it is taken up at the next start) and waits for releases in progress, at most `waitMs`.
     * What is still running then is left to the recovery of the next start.
     */
    async stop(waitMs: number): Promise<void> {
        this.#isStopping = true;
        this.wake();
        await this.#loop;
        const reason = new DeployError("INTERRUPTED", "The server is stopping.");
        const active = [...this.#running];
        for (const [id, run] of active) {
            const row = await this.#parts.store.byId(id).catch(() => null);
            if (row?.status !== "deploying") {
                run.controller.abort(reason);
            }
        }
        await this.#within(waitMs, Promise.all(active.map(([, run]) => run.done)));
        for (const run of this.#running.values()) {
            run.controller.abort(reason);
        }
    }

    async #work(): Promise<void> {
        while (!this.#isStopping) {
            const seen = this.#wakeUps;
            const dueAt = await this.#startWhatIsDue();
            // No await between this comparison and the new alarm: a wake-up lands in one of the two.
            if (seen === this.#wakeUps) {
                this.#alarm = new AbortController();
                const restMs = dueAt === null ? TICK_MS : dueAt - this.#parts.clock.now();
                await this.#parts.clock.sleep(Math.min(TICK_MS, Math.max(SHORTEST_REST_MS, restMs)), this.#alarm.signal).catch(() => undefined);
            }
        }
    }

    /** @returns when to look again at the latest, or null */
    async #startWhatIsDue(): Promise<number | null> {
        const { store, clock, logger } = this.#parts;
        try {
            await this.#sweep();
            while (!this.#isStopping && this.#running.size < this.#parts.concurrency) {
                const interrupted = this.#toResume.shift();
                if (interrupted !== undefined) {
                    this.#begin(interrupted, null, (signal) => this.#parts.resume(interrupted, { signal }));
                    continue;
                }
                const now = clock.now();
                const claimed = await store.claim({ owner: this.#owner, until: now + LEASE_MS }, now);
                if (claimed === null) {
                    return await store.nextDueAt();
                }
                await this.#beginClaimed(claimed);
            }
            return null;
        } catch (error) {
            logger.error({ error }, "the queue could not be read; trying again");
            return clock.now() + PAUSE_AFTER_ERROR_MS;
        }
    }

    async #beginClaimed(claimed: Deployment): Promise<void> {
        if (this.#isStopping) {
            await this.#parts.store.release(claimed.id);
            return;
        }
        // Our own run, whose lease ran out while the machine slept; the claim has just renewed it.
        if (this.#running.has(claimed.id)) {
            return;
        }
        const isResumed = this.#cutShort.delete(claimed.id);
        this.#begin(claimed, { owner: this.#owner, ms: LEASE_MS }, async (signal) => {
            await this.#parts.journal.announce(claimed);
            return await this.#parts.run(claimed, { signal, isResumed });
        });
    }

    #begin(deployment: Deployment, lease: { owner: string; ms: number } | null, work: (signal: AbortSignal) => Promise<Outcome>): void {
        const controller = new AbortController();
        const done = runAttempt(this.#parts, { deployment, controller, lease, work })
            .then((result) => settle(this.#parts, deployment.id, result))
            .catch((error: unknown) => this.#parts.logger.error({ error, deploymentId: deployment.id }, "the outcome of a deployment could not be written"))
            .finally(() => {
                this.#running.delete(deployment.id);
                // A push that arrived meanwhile is due now.
                this.wake();
            });
        this.#running.set(deployment.id, { controller, done });
    }

    /** Finds releases that nobody works on, such as one whose outcome could not be written. */
    async #sweep(): Promise<void> {
        const now = this.#parts.clock.monotonic();
        if (now >= this.#sweepAt) {
            this.#sweepAt = now + TICK_MS;
            this.takeUp(await this.#parts.store.withStatus("deploying"));
        }
    }

    async #within(ms: number, work: Promise<unknown>): Promise<void> {
        const over = new AbortController();
        await Promise.race([work, this.#parts.clock.sleep(ms, over.signal).catch(() => undefined)]);
        over.abort();
    }
}
