/** What every provider's payload is turned into. Nothing provider-specific goes past `webhook/`. */

export interface RepositoryInfo {
    id: number | string | null;
    fullName: string | null;
    cloneUrlHttp: string | null;
    cloneUrlSsh: string | null;
    defaultBranch: string | null;
    private: boolean | null;
}

/** Of a push that did not come from a provider. */
export function emptyRepositoryInfo(): RepositoryInfo {
    return { id: null, fullName: null, cloneUrlHttp: null, cloneUrlSsh: null, defaultBranch: null, private: null };
}

export interface Push {
    kind: "push";
    /** Full ref, such as `refs/heads/main`. */
    ref: string;
    refType: "branch" | "tag";
    name: string;
    before: string | null;
    /** The commit that the ref points at now; null when the ref was deleted. For tags the commit, not the tag object, where the payload tells. */
    after: string | null;
    isCreated: boolean;
    isDeleted: boolean;
    isForced: boolean;
    headCommit: { id: string; message: string; author: string | null } | null;
    pusher: string | null;
    /** Every path that changed between before and after, or null when the payload's list is incomplete. */
    changedFiles: string[] | null;
    /** The provider asked for no CI (GitLab push option `ci.skip`). */
    isSkipRequested: boolean;
    repository: RepositoryInfo;
}

export interface PullRequest {
    kind: "pull_request";
    action: "opened" | "synchronized" | "reopened" | "closed" | "merged" | "other";
    rawAction: string | null;
    number: number;
    isDraft: boolean;
    headSha: string | null;
    headRef: string | null;
    headRepository: string | null;
    baseRef: string | null;
    baseSha: string | null;
    baseRepository: string | null;
    /** True also when nobody can tell. */
    isFork: boolean;
    oldHeadSha: string | null;
    labels: string[];
    mergeCommitSha: string | null;
    repository: RepositoryInfo;
}

/** A delivery that is genuine and asks for nothing: a ping, a test, an event we do not handle. */
export interface Notice {
    kind: "ping" | "test" | "ref_created" | "ref_deleted" | "other";
    ref: string | null;
    refType: "branch" | "tag" | null;
    repository: RepositoryInfo | null;
}

/** One delivery may carry several pushes (Bitbucket), so providers answer a list. */
export type ProviderEvent = Push | PullRequest | Notice;
