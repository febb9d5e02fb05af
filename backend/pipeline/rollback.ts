import type { Release } from "../domain/entities.ts";
import { DeployError, toDeployError } from "../domain/errors.ts";
import type { Outcome } from "../domain/outcome.ts";
import { abortAfter } from "./deadline.ts";
import { awaitHealth } from "./health.ts";
import { putInPlace } from "./release.ts";
import type { Run } from "./run-context.ts";
import { redacted, runStep } from "./step.ts";

/** However long the failed release took, going back has this long. */
const ROLLBACK_LIMIT_MS = 10 * 60_000;
/** Between two looks for an Engine that has gone away. */
const ENGINE_RETRY_MS = 2000;

/**
 * Returns the stack to its last healthy release after `cause`, with neither network nor build.
 * Called while the stack is held exclusively. The candidate is marked failed first, so that a crash in here goes on here.
 */
export async function rollBack(run: Run, candidate: Release, cause: DeployError): Promise<Outcome> {
    const { parts, deployment, config, repository, directories } = run;
    await parts.releases.update(candidate.id, { status: "failed" });
    if (!config.rollbackOnFailure) {
        return { status: "failed", error: explain(cause, "Rolling back is switched off for this stack, so it is left as it is.") };
    }
    const target = await parts.releases.currentOf(deployment.stackId);
    if (target === null) {
        return { status: "failed", error: explain(cause, "This was the first release of the stack, so there is none to return to.") };
    }
    const limit = abortAfter(parts.clock, ROLLBACK_LIMIT_MS, new DeployError("DEADLINE_EXCEEDED", "Rolling back took longer than 10 minutes."));
    try {
        await runStep(run, "rollback", async () => {
            run.log.note("rollback", target.status === "baseline" ? "Returning to what ran before the first release" : `Returning to commit ${target.commitSha.slice(0, 12)}`, "warn");
            await parts.git.exportTree(repository.id, target.treeId, directories.rollback);
            await withEngine(run, limit.signal, async () => {
                const released = await putInPlace(run, target, directories.rollback, "rollback", limit.signal);
                await awaitHealth(run, released, "rollback", limit.signal);
            });
        });
        return { status: "rolled_back", error: cause };
    } catch (thrown) {
        const error = redacted(run, toDeployError(thrown));
        return {
            status: "failed",
            error: new DeployError("ROLLBACK_FAILED", `${sentence(cause.message)} Returning to the last healthy release failed too: ${sentence(error.message)} The stack needs a person.`, { cause: thrown }),
        };
    } finally {
        limit.clear();
    }
}

/**
 * Going back is often needed just because the Engine is being restarted. It is waited for: nobody else would bring the stack back.
 * @throws DOCKER_UNAVAILABLE when it is still away at the limit
 */
async function withEngine(run: Run, limit: AbortSignal, work: () => Promise<void>): Promise<void> {
    let hasSaid = false;
    for (;;) {
        try {
            await work();
            return;
        } catch (thrown) {
            if (!(thrown instanceof DeployError) || thrown.code !== "DOCKER_UNAVAILABLE" || limit.aborted) {
                throw thrown;
            }
            if (!hasSaid) {
                run.log.note("rollback", "The Docker Engine does not answer; going back waits for it", "warn");
                hasSaid = true;
            }
            await run.parts.clock.sleep(ENGINE_RETRY_MS, limit).catch(() => Promise.reject(thrown));
        }
    }
}

function explain(cause: DeployError, addition: string): DeployError {
    return new DeployError(cause.code, `${sentence(cause.message)} ${addition}`, { cause, details: cause.details, isRetryable: false });
}

function sentence(text: string): string {
    return /[.!?]$/.test(text) ? text : `${text}.`;
}
