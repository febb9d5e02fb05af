import type { StepName } from "../../common/deployment.ts";
import { DeployError, toDeployError } from "../domain/errors.ts";
import type { Run } from "./run-context.ts";

const CANCELLING = new Set<string>(["CANCELLED_BY_USER", "SUPERSEDED", "COMMIT_GONE", "PATHS_UNCHANGED", "UNLINKED", "INTERRUPTED"]);

/** True for the codes with which a run ends `cancelled` and not `failed`. */
export function isCancelling(error: DeployError): boolean {
    return CANCELLING.has(error.code);
}

/** Runs one named, timed part of a deployment: its row, its beginning and end in the log, and how it failed. */
export async function runStep<T>(run: Run, name: StepName, work: () => Promise<T>): Promise<T> {
    const { journal, clock } = run.parts;
    const startedAt = clock.monotonic();
    const step = await journal.startStep(run.deployment, name);
    try {
        const result = await work();
        run.log.note(name, `${name} done in ${seconds(clock.monotonic() - startedAt)} s`);
        await journal.endStep(run.deployment, step, "successful", null);
        return result;
    } catch (thrown) {
        const error = redacted(run, toDeployError(thrown));
        run.log.note(name, error.message, isCancelling(error) ? "warn" : "error");
        await journal.endStep(run.deployment, step, isCancelling(error) ? "cancelled" : "failed", error.message);
        throw error;
    }
}

/** The same error without the stack's secrets. */
export function redacted(run: Pick<Run, "redact">, error: DeployError): DeployError {
    const message = run.redact(error.message);
    const details = JSON.parse(run.redact(JSON.stringify(error.details))) as Record<string, unknown>;
    return new DeployError(error.code, message, { cause: error.cause, details, isRetryable: error.isRetryable });
}

function seconds(ms: number): string {
    return (ms / 1000).toFixed(1);
}
