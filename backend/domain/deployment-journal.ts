import { canTransition, type DeploymentStatus, type StepName, type StepStatus } from "../../common/deployment.ts";
import type { DeploymentView, StepView } from "../../common/views.ts";
import type { Deployment, DeploymentStep } from "./entities.ts";
import { DeployError } from "./errors.ts";
import type { Clock, DeploymentStore, Publisher, Random } from "./ports.ts";

export interface DeploymentViews {
    deployment(deployment: Deployment): Promise<DeploymentView>;
    step(step: DeploymentStep): StepView;
}

/** Writes what happens to a deployment, and tells clients only after it is committed. */
export class DeploymentJournal {
    readonly #store: DeploymentStore;
    readonly #publisher: Publisher;
    readonly #views: DeploymentViews;
    readonly #clock: Clock;
    readonly #random: Random;

    constructor(parts: { store: DeploymentStore; publisher: Publisher; views: DeploymentViews; clock: Clock; random: Random }) {
        this.#store = parts.store;
        this.#publisher = parts.publisher;
        this.#views = parts.views;
        this.#clock = parts.clock;
        this.#random = parts.random;
    }

    /** @throws INTERNAL when the row is no longer in `deployment.status`, or the life of a deployment has no such step */
    async transition(deployment: Deployment, to: DeploymentStatus, changes: Parameters<DeploymentStore["transition"]>[3] = {}): Promise<Deployment> {
        if (!canTransition(deployment.status, to)) {
            throw new DeployError("INTERNAL", `A deployment does not go from ${deployment.status} to ${to}.`);
        }
        const changed = await this.#store.transition(deployment.id, deployment.status, to, changes);
        if (changed === null) {
            throw new DeployError("INTERNAL", `The deployment ${deployment.id} is no longer ${deployment.status}.`);
        }
        await this.announce(changed);
        return changed;
    }

    async update(deployment: Deployment, changes: Parameters<DeploymentStore["update"]>[1]): Promise<Deployment> {
        await this.#store.update(deployment.id, changes);
        const changed = { ...deployment, ...changes };
        await this.announce(changed);
        return changed;
    }

    async startStep(deployment: Deployment, name: StepName): Promise<DeploymentStep> {
        const step: DeploymentStep = { id: this.#random.uuid(), deploymentId: deployment.id, name, status: "running", startedAt: this.#clock.now(), completedAt: null, error: null };
        await this.#store.startStep(step);
        await this.announce(deployment);
        return step;
    }

    async endStep(deployment: Deployment, step: DeploymentStep, status: Exclude<StepStatus, "running">, error: string | null): Promise<void> {
        await this.#store.endStep(step.id, status, this.#clock.now(), error);
        await this.announce(deployment);
    }

    /** Sends the row and its steps as they stand in the database. */
    async announce(deployment: Deployment): Promise<void> {
        // What has never begun has none. A stream of pushes announces two such rows for each push.
        const steps = deployment.startedAt === null ? [] : await this.#store.steps(deployment.id);
        this.#publisher.publish("deploymentUpdated", {
            deployment: await this.#views.deployment(deployment),
            steps: steps.map((step) => this.#views.step(step)),
        });
    }
}
