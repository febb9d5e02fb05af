import { pathsMatter, verdictText } from "../domain/push/decide.ts";
import { DeployError } from "../domain/errors.ts";
import type { Commit, FetchedCommit, FetchTarget } from "../domain/ports.ts";
import { linesTo, type Run } from "./run-context.ts";

/**
 * Brings exactly the commit that was asked for into the mirror, and decides path filters that the delivery's own list could not.
 * @throws COMMIT_GONE, PATHS_UNCHANGED (both end the run `cancelled`), GIT_*
 */
export async function fetchCommit(run: Run): Promise<Commit> {
    const { deployment, repository, parts, signal } = run;
    const target: FetchTarget = { ref: refOf(run), commitSha: deployment.commitSha };
    run.log.note("fetch", `Fetching ${target.commitSha ?? target.ref?.name ?? repository.branch} from ${repository.url}`);
    const commit = await parts.git.fetch(repository, target, { signal, onLines: linesTo(run, "fetch") });
    run.deployment = await parts.journal.update(deployment, {
        commitSha: commit.sha,
        commitMessage: commit.message,
        commitAuthor: commit.author,
    });
    run.log.note("fetch", `Commit ${commit.sha} by ${commit.author}: ${commit.message.split("\n")[0] ?? ""}`);
    await refuseOutdated(run, commit);
    await checkPaths(run, commit);
    return commit;
}

function refOf(run: Run): FetchTarget["ref"] {
    const { deployment, repository } = run;
    if (deployment.tag !== null) {
        return { type: "tag", name: deployment.tag };
    }
    // A person may want a commit that its branch has left behind; a push never does.
    if (deployment.commitSha !== null && !isAutomatic(run)) {
        return null;
    }
    if (deployment.branch !== null) {
        return { type: "branch", name: deployment.branch };
    }
    return deployment.commitSha === null ? { type: "branch", name: repository.branch } : null;
}

/** Nobody chose this very commit: a delivery or a poll named it. */
function isAutomatic({ deployment }: Run): boolean {
    return deployment.triggeredBy === "webhook" || deployment.triggeredBy === "scheduled";
}

/**
 * Deliveries may come late, twice or in the wrong order: one that is older than what is released changes nothing.
 * A branch that was moved back on purpose is something else: then the old commit is its head. @throws SUPERSEDED
 */
async function refuseOutdated(run: Run, commit: FetchedCommit): Promise<void> {
    const { deployment, repository, parts, signal } = run;
    if (commit.isHead) {
        return;
    }
    const released = (await parts.releases.healthyOf(deployment.stackId))[0];
    if (!isAutomatic(run) || deployment.branch === null || released === undefined || released.commitSha === commit.sha) {
        return;
    }
    if (!(await parts.git.isAncestor(repository.id, commit.sha, released.commitSha))) {
        return;
    }
    const { branches } = await parts.git.listRefs(repository, { signal });
    if (branches[deployment.branch] !== commit.sha) {
        throw new DeployError("SUPERSEDED", `This delivery came late: the released commit ${released.commitSha.slice(0, 12)} is newer than ${commit.sha.slice(0, 12)}.`);
    }
}

/** Compares with the released commit, not with the push before: a push whose deployment failed must not hide its changes. */
async function checkPaths(run: Run, commit: Commit): Promise<void> {
    const { deployment, repository, config, parts, signal } = run;
    const { includePaths, excludePaths } = config;
    if (!deployment.mustCheckPaths || (includePaths.length === 0 && excludePaths.length === 0)) {
        return;
    }
    const released = (await parts.releases.healthyOf(deployment.stackId))[0];
    if (released === undefined) {
        return;
    }
    const changed = await parts.git.changedPaths(repository, released.commitSha, commit.sha, { signal });
    if (changed === null || pathsMatter(changed, config)) {
        return;
    }
    const reason = `Of the files changed since the released commit (${changed.length}), none matches this stack's path filters.`;
    const delivery = await parts.webhookEvents.byDeployment(deployment.id);
    if (delivery !== null) {
        await parts.webhookEvents.update(delivery.id, { verdict: verdictText({ kind: "ignore", code: "PATHS_UNCHANGED", reason }) });
    }
    throw new DeployError("PATHS_UNCHANGED", reason);
}
