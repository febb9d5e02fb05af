import { isFinal } from "../../common/deployment.ts";
import { decide, ignore, type DeployVerdict, type Verdict } from "../domain/push/decide.ts";
import type { BuildConfig, Deployment, Repository } from "../domain/entities.ts";
import { newDeployment } from "../domain/new-deployment.ts";
import type { BuildConfigStore, Clock, DeploymentStore, Git, Queue, Random, RemoteRefs, RepositoryStore } from "../domain/ports.ts";
import { emptyRepositoryInfo, type Push } from "../domain/push/push.ts";

export interface PollParts {
    repositories: Pick<RepositoryStore, "byId" | "update" | "syncedRefs" | "setSyncedRefs">;
    configs: Pick<BuildConfigStore, "byStack">;
    deployments: Pick<DeploymentStore, "page" | "lastSuccessfulOf">;
    git: Pick<Git, "listRefs" | "fetch">;
    queue: Pick<Queue, "enqueue">;
    clock: Pick<Clock, "now">;
    random: Pick<Random, "uuid">;
    /** Told when the branch that a stack follows has another newest commit than before. */
    headSeen?: (stack: string) => void;
}

interface SeenRef {
    ref: string;
    type: "branch" | "tag";
    name: string;
    sha: string;
}

/** Refused for now and not for good: the same commit is looked at again once somebody has switched auto-deploy on. */
const PASSING: ReadonlySet<string> = new Set(["AUTO_DEPLOY_PAUSED", "AUTO_DEPLOY_OFF"]);

/**
 * Asks the remote what its refs point at and treats every one that moved since the last poll as a push.
 * The very first poll deploys at most the branch that the stack follows: all other refs are what they were, not news.
 * @throws the Git port's errors
 */
export async function poll(parts: PollParts, repository: Repository, signal: AbortSignal): Promise<Verdict[]> {
    const config = await parts.configs.byStack(repository.stackId);
    if (config === null) {
        return [];
    }
    const startedAt = parts.clock.now();
    const refs = orderedRefs(await parts.git.listRefs(repository, { signal }), repository.branch);
    const known = await parts.repositories.syncedRefs(repository.id);
    const synced = new Map<string, string>();
    const verdicts: Verdict[] = [];
    for (const seen of refs) {
        const before = await formerCommit(parts, repository, known, seen);
        const isNews = before !== seen.sha && (known.size > 0 || isFollowed(seen, repository));
        const verdict = isNews ? await judge(parts, { repository, config, seen, before, signal }) : null;
        if (verdict !== null) {
            verdicts.push(verdict);
        }
        if (verdict?.kind === "deploy") {
            await parts.queue.enqueue(scheduledDeployment(parts, repository, config, verdict));
        }
        if (verdict?.kind === "ignore" && PASSING.has(verdict.code)) {
            if (before !== null) {
                synced.set(seen.ref, before);
            }
        } else {
            synced.set(seen.ref, seen.sha);
        }
    }
    const current = await parts.repositories.byId(repository.id);
    // Another remote was entered meanwhile: what this one said is of no use.
    if (current !== null && current.url === repository.url) {
        await parts.repositories.setSyncedRefs(repository.id, synced);
        // What the branch has, also when it is not deployed for now: the screens tell that the remote is ahead.
        const head = refs.find((seen) => isFollowed(seen, repository))?.sha ?? current.lastSyncedCommit;
        await parts.repositories.update(repository.id, { lastSyncedAt: startedAt, lastSyncedCommit: head });
        if (head !== current.lastSyncedCommit) {
            parts.headSeen?.(repository.stackId);
        }
    }
    return verdicts;
}

/** Other branches first, then the followed one, then tags by version: what is queued last replaces what waits. */
function orderedRefs(remote: RemoteRefs, followed: string): SeenRef[] {
    const byName = ([a]: [string, string], [b]: [string, string]) => a.localeCompare(b, "en", { numeric: true });
    const branches = Object.entries(remote.branches).sort(byName);
    const toRef = (type: "branch" | "tag") => ([name, sha]: [string, string]): SeenRef => ({ ref: `refs/${type === "branch" ? "heads" : "tags"}/${name}`, type, name, sha });
    return [
        ...branches.filter(([name]) => name !== followed).map(toRef("branch")),
        ...branches.filter(([name]) => name === followed).map(toRef("branch")),
        ...Object.entries(remote.tags).sort(byName).map(toRef("tag")),
    ];
}

function isFollowed(seen: SeenRef, repository: Repository): boolean {
    return seen.type === "branch" && seen.name === repository.branch;
}

async function formerCommit(parts: PollParts, repository: Repository, known: ReadonlyMap<string, string>, seen: SeenRef): Promise<string | null> {
    const former = known.get(seen.ref);
    if (former !== undefined) {
        return former;
    }
    if (!isFollowed(seen, repository)) {
        return null;
    }
    return (await parts.deployments.lastSuccessfulOf(repository.stackId))?.commitSha ?? null;
}

interface Move {
    repository: Repository;
    config: BuildConfig;
    seen: SeenRef;
    before: string | null;
    signal: AbortSignal;
}

async function judge(parts: PollParts, move: Move): Promise<Verdict> {
    const { repository, config, seen, before, signal } = move;
    const policy = { repository, config, trigger: "scheduled" } as const;
    const verdict = decide(toPush(seen, before, null), policy);
    if (verdict.kind === "ignore") {
        return verdict;
    }
    if (await isHandledAlready(parts, repository, seen)) {
        return ignore("ALREADY_DEPLOYED", `${seen.sha.slice(0, 12)} was queued before the poll saw it.`);
    }
    // The listing has no messages; with the commit, a skip marker in it is heeded and the history shows what was deployed.
    const commit = await parts.git.fetch(repository, { ref: { type: seen.type, name: seen.name }, commitSha: seen.sha }, { signal });
    return decide(toPush(seen, before, { id: commit.sha, message: commit.message, author: commit.author }), policy);
}

/** A webhook, or a person, may have been faster than the poll: then the newest deployment of this ref is of this very commit, or will resolve to it. */
async function isHandledAlready(parts: PollParts, repository: Repository, seen: SeenRef): Promise<boolean> {
    const scope = seen.type === "branch" ? { branch: seen.name } : { q: seen.name };
    const recent = await parts.deployments.page(repository.stackId, { ...scope, page: 1, perPage: 50 });
    const newest = recent.items.find((deployment) => deployment.kind === "deploy" && (seen.type === "branch" ? deployment.branch : deployment.tag) === seen.name);
    return newest !== undefined && (newest.commitSha === seen.sha || (newest.commitSha === null && !isFinal(newest.status)));
}

function toPush(seen: SeenRef, before: string | null, headCommit: Push["headCommit"]): Push {
    return {
        kind: "push",
        ref: seen.ref,
        refType: seen.type,
        name: seen.name,
        before,
        after: seen.sha,
        isCreated: before === null,
        isDeleted: false,
        isForced: false,
        headCommit,
        pusher: null,
        changedFiles: null,
        isSkipRequested: false,
        repository: emptyRepositoryInfo(),
    };
}

function scheduledDeployment(parts: PollParts, repository: Repository, config: BuildConfig, verdict: DeployVerdict): Deployment {
    const { commitSha, commitMessage, commitAuthor, branch, tag, beforeSha, mustCheckPaths } = verdict;
    return newDeployment({
        id: parts.random.uuid(),
        stackId: repository.stackId,
        buildConfigId: config.id,
        repositoryId: repository.id,
        commitSha,
        commitMessage,
        commitAuthor,
        branch,
        tag,
        beforeSha,
        mustCheckPaths,
        triggeredBy: "scheduled",
        triggeredByUser: null,
        createdAt: parts.clock.now(),
    });
}
