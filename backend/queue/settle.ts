import { canTransition, isFinal } from "../../common/deployment.ts";
import type { DeploymentJournal } from "../domain/deployment-journal.ts";
import type { Deployment } from "../domain/entities.ts";
import { DeployError } from "../domain/errors.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { BuildConfigStore, Clock, DeploymentStore, Logger } from "../domain/ports.ts";
import type { AttemptResult } from "./attempt.ts";

const WRITE_ATTEMPTS = 5;

export interface SettleParts {
    store: Pick<DeploymentStore, "byId" | "release" | "postpone" | "interruptSteps">;
    journal: Pick<DeploymentJournal, "transition" | "update">;
    configs: Pick<BuildConfigStore, "byStack">;
    clock: Clock;
    logger: Logger;
}

/** Milliseconds before attempt `attempt + 1`: 2, 4, 8 … seconds. */
export function backOffMs(attempt: number): number {
    return 2 ** attempt * 1000;
}

/**
 * Writes down how an attempt ended. A database that does not answer is asked again for half a minute; after that the row keeps its status
 * and is found by the next sweep. @throws what the database said last
 */
export async function settle(parts: SettleParts, id: string, result: AttemptResult): Promise<void> {
    for (let attempt = 1; ; attempt++) {
        try {
            await record(parts, id, result);
            return;
        } catch (error) {
            if (attempt === WRITE_ATTEMPTS) {
                throw error;
            }
            parts.logger.warn({ error, deploymentId: id }, "the outcome of a deployment could not be written; trying again");
            await parts.clock.sleep(backOffMs(attempt - 1));
        }
    }
}

async function record(parts: SettleParts, id: string, { outcome, isLeaseLost }: AttemptResult): Promise<void> {
    // The pipeline moved the row on while it ran, and a cancellation may have ended it.
    const row = await parts.store.byId(id);
    if (row === null || isFinal(row.status) || isLeaseLost) {
        return;
    }
    if (outcome.status === "interrupted") {
        await parts.store.interruptSteps(id, parts.clock.now());
        await parts.store.release(id);
        return;
    }
    if (outcome.status === "failed" && (await shouldTryAgain(parts, row, outcome.error))) {
        await tryAgainLater(parts, row, outcome.error);
        return;
    }
    // A step whose end could not be written, as on a full disk, must not look as if it still ran.
    await parts.store.interruptSteps(id, parts.clock.now());
    const ending = fitToStatus(row, outcome);
    const error = ending.status === "successful" ? null : ending.error;
    if (error?.code === "INTERNAL") {
        parts.logger.error({ error, cause: error.cause, deploymentId: id }, "a deployment ended with an internal error");
    }
    await parts.journal.transition(row, ending.status, { error: error?.message ?? null, errorCode: error?.code ?? null, completedAt: parts.clock.now() });
}

async function shouldTryAgain(parts: SettleParts, row: Deployment, error: DeployError): Promise<boolean> {
    // Once the release has begun, a failure is rolled back and not repeated.
    if (!error.isRetryable || row.status !== "building") {
        return false;
    }
    const config = await parts.configs.byStack(row.stackId);
    return config !== null && row.attempt <= config.maxRetries;
}

async function tryAgainLater(parts: SettleParts, row: Deployment, error: DeployError): Promise<void> {
    const delayMs = backOffMs(row.attempt);
    const notBefore = parts.clock.now() + delayMs;
    await parts.store.interruptSteps(row.id, parts.clock.now());
    await parts.store.postpone(row.id, notBefore, row.attempt + 1);
    // Shown while it waits; the end of the next attempt overwrites it.
    await parts.journal.update(
        { ...row, notBefore, attempt: row.attempt + 1 },
        { error: `${error.message} Trying again in ${delayMs / 1000} s.`, errorCode: error.code },
    );
}

type Ending = Exclude<Outcome, { status: "interrupted" }>;

/** An outcome that the row's status does not allow is a mistake of ours; the deployment then ends `failed` rather than never. */
function fitToStatus(row: Deployment, outcome: Ending): Ending {
    if (canTransition(row.status, outcome.status)) {
        return outcome;
    }
    const error =
        outcome.status === "successful"
            ? new DeployError("INTERNAL", `The run says it was successful although the deployment was still ${row.status}.`)
            : outcome.error;
    return { status: "failed", error };
}
