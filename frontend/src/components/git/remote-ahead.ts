import { isFinal } from "../../../../common/deployment.ts";
import type { DeploymentView, RepositoryView } from "../../../../common/views.ts";

/** True when the branch is known to have something else than what runs, and no deployment of it waits or runs. */
export function isRemoteAhead(repository: Pick<RepositoryView, "lastSyncedCommit" | "deployedCommit"> | null | undefined, latest: Pick<DeploymentView, "status" | "commitSha"> | null | undefined): boolean {
    const [head, deployed] = [repository?.lastSyncedCommit ?? null, repository?.deployedCommit ?? null];
    if (head === null || deployed === null || head === deployed) {
        return false;
    }
    return !latest || isFinal(latest.status) || (latest.commitSha !== null && latest.commitSha !== head);
}
