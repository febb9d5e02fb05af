import type { DeployVerdict } from "../domain/push/decide.ts";
import type { BuildConfig, Deployment, Repository } from "../domain/entities.ts";
import { newDeployment } from "../domain/new-deployment.ts";

const MAX_MESSAGE_LENGTH = 8192;
const MAX_NAME_LENGTH = 200;

/** The queue entry of a push that deploys. */
export function webhookDeployment(input: {
    id: string;
    now: number;
    repository: Pick<Repository, "id" | "stackId">;
    config: Pick<BuildConfig, "id"> | null;
    verdict: DeployVerdict;
    by: string | null;
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
        createdAt: input.now,
    });
}
