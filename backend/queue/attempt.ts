import type { Deployment } from "../domain/entities.ts";
import { DeployError, toDeployError } from "../domain/errors.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { BuildConfigStore, Clock, DeploymentStore, Logger } from "../domain/ports.ts";

/** Seconds for a run whose build config is gone; it ends by itself as UNLINKED long before. */
const FALLBACK_TIMEOUT_S = 3600;

const CANCELLING: ReadonlySet<string> = new Set(["CANCELLED_BY_USER", "SUPERSEDED", "UNLINKED"]);

export interface AttemptParts {
    store: Pick<DeploymentStore, "renew">;
    configs: Pick<BuildConfigStore, "byStack">;
    clock: Clock;
    logger: Logger;
}

export interface AttemptInput {
    deployment: Deployment;
    /** Aborted with the DeployError that the run should end with. */
    controller: AbortController;
    /** Whose claim is renewed while the run goes on; null for a release that is taken up, which nobody else can claim. */
    lease: { owner: string; ms: number } | null;
    work: (signal: AbortSignal) => Promise<Outcome>;
}

export interface AttemptResult {
    outcome: Outcome;
    /** Somebody else has taken the row over, so it is no longer ours to write. */
    isLeaseLost: boolean;
}

/** One try of a deployment: its lease is kept alive and its deadline watched while it runs. Never throws. */
export async function runAttempt(parts: AttemptParts, input: AttemptInput): Promise<AttemptResult> {
    const { deployment, controller, lease } = input;
    const over = new AbortController();
    const state = { isLeaseLost: false };
    try {
        if (lease !== null) {
            void keepLease(parts, deployment.id, lease, over.signal, () => {
                state.isLeaseLost = true;
                controller.abort(new DeployError("INTERRUPTED", "Another server has taken this deployment over."));
            });
        }
        void watchDeadline(parts, deployment, controller, over.signal);
        return { outcome: await input.work(controller.signal), ...state };
    } catch (thrown) {
        return { outcome: outcomeOfThrown(thrown), ...state };
    } finally {
        over.abort();
    }
}

async function keepLease(parts: AttemptParts, id: string, lease: { owner: string; ms: number }, over: AbortSignal, onLost: () => void): Promise<void> {
    while (await hasSlept(parts.clock, lease.ms / 3, over)) {
        try {
            const isOurs = await parts.store.renew(id, { owner: lease.owner, until: parts.clock.now() + lease.ms });
            if (!isOurs && !over.aborted) {
                onLost();
                return;
            }
        } catch (error) {
            // Two more tries fit into the lease.
            parts.logger.warn({ error, deploymentId: id }, "the lease of a deployment could not be renewed");
        }
    }
}

async function watchDeadline(parts: AttemptParts, deployment: Deployment, controller: AbortController, over: AbortSignal): Promise<void> {
    const config = await parts.configs.byStack(deployment.stackId).catch(() => null);
    const timeoutS = config?.timeout ?? FALLBACK_TIMEOUT_S;
    if (await hasSlept(parts.clock, timeoutS * 1000, over)) {
        controller.abort(new DeployError("DEADLINE_EXCEEDED", `The deployment did not finish within ${timeoutS} s. Raise its timeout, or find out what takes so long in the log.`));
    }
}

/** @returns false when the signal aborted first */
async function hasSlept(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
    try {
        await clock.sleep(ms, signal);
        return !signal.aborted;
    } catch {
        return false;
    }
}

/** A pipeline answers with outcomes; should it throw all the same, the reason of the abort is honoured. */
function outcomeOfThrown(thrown: unknown): Outcome {
    const error = toDeployError(thrown);
    if (error.code === "INTERRUPTED") {
        return { status: "interrupted" };
    }
    return { status: CANCELLING.has(error.code) ? "cancelled" : "failed", error };
}
