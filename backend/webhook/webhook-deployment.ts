import type { DeployVerdict } from "../domain/push/decide.ts";
import type { BuildConfig, Deployment, Repository } from "../domain/entities.ts";
import { newDeployment } from "../domain/new-deployment.ts";

const MAX_MESSAGE_LENGTH = 8192;
const MAX_NAME_LENGTH = 200;

/** The queue entry of a push that deploys. */
export function webhookDeployment(input: {
    id: string;
    now: number;
    repository: Repository;
    config: BuildConfig | null;
    verdict: DeployVerdict;
    by: string | null;
    lastSuccessful: Deployment | null;
}): Deployment {
    const { repository, verdict } = input;
    return newDeployment({
        id: input.id,
        stackId: repository.stackId,
        buildConfigId: input.config?.id ?? null,
        repositoryId: repository.id,
        commitSha: verdict.commitSha,
        commitMessage: verdict.commitMessage?.slice(0, MAX_MESSAGE_LENGTH) ?? null,
        commitAuthor: verdict.commitAuthor?.slice(0, MAX_NAME_LENGTH) ?? null,
        branch: verdict.branch,
        tag: verdict.tag,
        beforeSha: verdict.beforeSha,
        mustCheckPaths: verdict.mustCheckPaths,
        triggeredBy: "webhook",
        triggeredByUser: input.by?.slice(0, MAX_NAME_LENGTH) ?? null,
        previousDeploymentId: input.lastSuccessful?.id ?? null,
        createdAt: input.now,
    });
}

/**
 * The run that already does what this push asks for, or null: providers send one push as several deliveries (create and push),
 * some send it again under a new id. Only a run that nothing newer has overtaken counts, so the newest push always deploys.
 */
export function findQueued(verdict: DeployVerdict, pending: Deployment | null, running: Deployment | null): Deployment | null {
    const newest = pending ?? running;
    const isSame =
        newest !== null && newest.kind === "deploy" && verdict.commitSha !== null && newest.commitSha === verdict.commitSha && newest.branch === verdict.branch && newest.tag === verdict.tag;
    return isSame ? newest : null;
}
