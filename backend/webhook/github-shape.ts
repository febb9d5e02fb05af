import type { Notice, PullRequest, Push, RepositoryInfo } from "../domain/push/push.ts";
import { changedFiles } from "./changed-files.ts";
import { notice } from "./events.ts";
import { at, commitAt, flagAt, idAt, listAt, numberAt, readRef, textAt, type JsonObject } from "./payload.ts";

/** The payload shape that GitHub began and Gitea, Forgejo and Gogs took over, each with small differences. */

export function readRepository(repository: unknown): RepositoryInfo {
    return {
        id: idAt(repository, "id"),
        fullName: textAt(repository, "full_name"),
        cloneUrlHttp: textAt(repository, "clone_url"),
        cloneUrlSsh: textAt(repository, "ssh_url"),
        defaultBranch: textAt(repository, "default_branch"),
        private: flagAt(repository, "private"),
    };
}

/** @throws PAYLOAD_INVALID */
export function readPush(payload: JsonObject, limits: { maxCommits: number }): Push | Notice {
    const repository = readRepository(at(payload, "repository"));
    const ref = readRef(textAt(payload, "ref"));
    if (ref === null) {
        return notice("other", repository);
    }
    const before = commitAt(payload, "before");
    const after = commitAt(payload, "after");
    const commits = listAt(payload, "commits");
    const headCommit = readCommit(at(payload, "head_commit")) ?? newestOf(commits, after);
    const isDeleted = flagAt(payload, "deleted") ?? after === null;
    const isCreated = flagAt(payload, "created") ?? before === null;
    const isForced = flagAt(payload, "forced") ?? false;
    return {
        kind: "push",
        ...ref,
        before,
        // `after` is the tag object of an annotated tag; the head commit is what it points to.
        after: isDeleted ? null : ref.refType === "tag" ? (headCommit?.id ?? after) : after,
        isCreated,
        isDeleted,
        isForced,
        headCommit: isDeleted ? null : headCommit,
        pusher: textAt(payload, "pusher", "login") ?? textAt(payload, "pusher", "name") ?? textAt(payload, "pusher", "username") ?? textAt(payload, "sender", "login"),
        changedFiles: changedFiles(commits, {
            total: countAt(payload, "total_commits"),
            maxCommits: limits.maxCommits,
            isWholePush: ref.refType === "branch" && !isCreated && !isDeleted && !isForced,
        }),
        isSkipRequested: false,
        repository,
    };
}

/** Test deliveries of Gitea, Forgejo and Gogs are pushes from a commit to itself. */
export function isTestPush(payload: JsonObject): boolean {
    const before = commitAt(payload, "before");
    return before !== null && before === commitAt(payload, "after");
}

/** A `create` or `delete` event: the ref is short, or full when a Forgejo hook sends it. */
export function readRefNotice(kind: "ref_created" | "ref_deleted", payload: JsonObject): Notice {
    const name = textAt(payload, "ref")?.replace(/^refs\/(heads|tags)\//, "");
    const refType = textAt(payload, "ref_type");
    const repository = readRepository(at(payload, "repository"));
    return name === undefined || (refType !== "branch" && refType !== "tag") ? notice("other", repository) : notice(kind, repository, { name, refType });
}

/** @throws PAYLOAD_INVALID */
export function readPullRequest(payload: JsonObject): PullRequest {
    const pull = at(payload, "pull_request");
    const rawAction = textAt(payload, "action");
    const head = readPullSide(pull, "head");
    const base = readPullSide(pull, "base");
    return {
        kind: "pull_request",
        action: pullRequestAction(rawAction, flagAt(pull, "merged") === true),
        rawAction,
        number: numberAt(payload, "number"),
        isDraft: flagAt(pull, "draft") ?? false,
        headSha: head.sha,
        headRef: head.ref,
        headRepository: head.repository,
        baseRef: base.ref,
        baseSha: base.sha,
        baseRepository: base.repository,
        // A deleted fork leaves no repository behind: nobody can tell any more.
        isFork: head.repositoryId === null || head.repositoryId !== base.repositoryId,
        oldHeadSha: rawAction === "synchronize" ? commitAt(payload, "before") : null,
        labels: (listAt(pull, "labels") ?? []).map((label) => textAt(label, "name")).filter((label) => label !== null),
        mergeCommitSha: commitAt(pull, "merge_commit_sha"),
        repository: readRepository(at(payload, "repository")),
    };
}

function readPullSide(pull: unknown, side: "head" | "base") {
    // Gogs has flat names and no commit ids.
    const repository = at(pull, side, "repo") ?? at(pull, `${side}_repo`);
    return {
        ref: textAt(pull, side, "ref") ?? textAt(pull, `${side}_branch`),
        sha: commitAt(pull, side, "sha"),
        repository: textAt(repository, "full_name"),
        repositoryId: idAt(repository, "id") ?? idAt(pull, side, "repo_id"),
    };
}

function pullRequestAction(action: string | null, isMerged: boolean): PullRequest["action"] {
    switch (action) {
        case "opened":
        case "reopened":
            return action;
        case "synchronize":
        case "synchronized":
            return "synchronized";
        case "closed":
            return isMerged ? "merged" : "closed";
        default:
            return "other";
    }
}

function readCommit(commit: unknown): Push["headCommit"] {
    const id = commitAt(commit, "id");
    return id === null ? null : { id, message: textAt(commit, "message") ?? "", author: textAt(commit, "author", "name") };
}

function newestOf(commits: unknown[] | null, after: string | null): Push["headCommit"] {
    return readCommit((commits ?? []).find((commit) => after !== null && textAt(commit, "id") === after));
}

function countAt(payload: JsonObject, key: string): number | null {
    const count = at(payload, key);
    return typeof count === "number" ? count : null;
}
