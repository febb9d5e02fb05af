import { isCancellable } from "../../common/deployment.ts";
import type { DeploymentJournal } from "../domain/deployment-journal.ts";
import type { Actor, Deployment } from "../domain/entities.ts";
import { DeployError } from "../domain/errors.ts";
import type { BuildConfigStore, Clock, DeploymentStore, Enqueued, Logger, Queue } from "../domain/ports.ts";
import { supersededBy } from "../domain/superseded-by.ts";
import type { Worker } from "./worker.ts";

export interface QueueParts {
    store: DeploymentStore;
    configs: Pick<BuildConfigStore, "byStack">;
    journal: Pick<DeploymentJournal, "announce">;
    worker: Pick<Worker, "wake" | "interrupt" | "isRunning">;
    clock: Pick<Clock, "now">;
    logger: Logger;
}

/** How runs get into the queue and out of it again. The rows are the queue; the worker runs them. */
export class DeploymentQueue implements Queue {
    readonly #parts: QueueParts;

    constructor(parts: QueueParts) {
        this.#parts = parts;
    }

    async enqueue(deployment: Deployment): Promise<Deployment> {
        const enqueued = await this.#parts.store.enqueue(deployment);
        await this.accepted(enqueued);
        return enqueued.deployment;
    }

    /** What follows once a run is stored, also by a delivery's own transaction. Never throws: the run is durable, so it will happen. */
    async accepted(enqueued: Enqueued): Promise<void> {
        try {
            if (enqueued.superseded !== null) {
                await this.#parts.journal.announce(enqueued.superseded);
            }
            await this.#parts.journal.announce(enqueued.deployment);
            await this.#stopOutdatedBuild(enqueued);
        } catch (error) {
            this.#parts.logger.error({ error, deploymentId: enqueued.deployment.id }, "a queued deployment could not be announced");
        } finally {
            this.#parts.worker.wake();
        }
    }

    wake(): void {
        this.#parts.worker.wake();
    }

    async cancel(id: string, actor: Actor): Promise<Deployment> {
        const reason = new DeployError("CANCELLED_BY_USER", `Cancelled by ${actor.name}.`);
        for (;;) {
            const deployment = await this.#get(id);
            if (!isCancellable(deployment.status)) {
                throw notCancellable(deployment);
            }
            const ended = await this.#end(deployment, reason);
            if (ended !== null) {
                return ended;
            }
        }
    }

    /**
     * A newer push replaces a build that only waits for its next attempt, and a running one where the stack's config says so.
     * A release, and a rollback that a person asked for, go on.
     */
    async #stopOutdatedBuild({ deployment: newer, running }: Enqueued): Promise<void> {
        const { store, configs, worker, clock } = this.#parts;
        const older = running === undefined ? await store.runningOf(newer.stackId) : running;
        if (older === null || older.id === newer.id || older.status !== "building" || older.kind === "rollback") {
            return;
        }
        const isWaiting = !worker.isRunning(older.id) && older.notBefore !== null && older.notBefore > clock.now();
        if (isWaiting || (await configs.byStack(newer.stackId))?.cancelSupersededBuilds === true) {
            const reason = new DeployError("SUPERSEDED", supersededBy(newer));
            // Not awaited: the build may take seconds to end, and the worker looks again when it has.
            void this.#end(older, reason).catch((error: unknown) => this.#parts.logger.error({ error, deploymentId: older.id }, "an outdated build could not be stopped"));
        }
    }

    /** @returns the row as it stands then, or null when it changed under our hands */
    async #end(deployment: Deployment, reason: DeployError): Promise<Deployment | null> {
        const { store, journal, worker, clock } = this.#parts;
        if (deployment.status === "building" && (await worker.interrupt(deployment.id, reason))) {
            const after = await this.#get(deployment.id);
            // Still building: its processes take their time to end, and the run ends as asked when they have.
            if (after.status === "cancelled" || after.status === "building") {
                return after;
            }
            throw notCancellable(after);
        }
        const changed = await store.transition(deployment.id, deployment.status, "cancelled", { error: reason.message, errorCode: reason.code, completedAt: clock.now() });
        if (changed !== null) {
            // A worker may have claimed the row in between; its run finds it ended and must not go on.
            await worker.interrupt(deployment.id, reason);
            await journal.announce(changed);
            worker.wake();
        }
        return changed;
    }

    async #get(id: string): Promise<Deployment> {
        const deployment = await this.#parts.store.byId(id);
        if (deployment === null) {
            throw new DeployError("DEPLOYMENT_NOT_FOUND", "There is no such deployment.");
        }
        return deployment;
    }
}

function notCancellable(deployment: Deployment): DeployError {
    return new DeployError(
        "DEPLOYMENT_NOT_CANCELLABLE",
        deployment.status === "deploying"
            ? "Its release has begun, and a release is never stopped half-way. Wait for its end; then you can return to the release before it."
            : `This deployment has ended already: it is ${deployment.status}.`,
    );
}
