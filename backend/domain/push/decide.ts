import type { IgnoreCode } from "../../../common/error-codes.ts";
import type { BuildConfig, Repository } from "../entities.ts";
import { hasPathFilter, pathsMatter } from "./path-filter.ts";
import { readPatterns } from "./patterns.ts";
import type { Push } from "./push.ts";
import { isSameRepository } from "./same-repository.ts";
import { findSkipMarker } from "./skip-marker.ts";

export { pathsMatter } from "./path-filter.ts";
export { compilePatterns } from "./patterns.ts";

export interface DecisionPolicy {
    repository: Pick<Repository, "branch" | "url" | "autoDeployPausedAt">;
    config: Pick<BuildConfig, "autoDeployOnPush" | "autoDeployBranches" | "autoDeployTags" | "includePaths" | "excludePaths">;
    trigger: "webhook" | "scheduled";
}

export interface DeployVerdict {
    kind: "deploy";
    /** null: the head of the branch, found out when it is fetched. */
    commitSha: string | null;
    branch: string | null;
    tag: string | null;
    commitMessage: string | null;
    commitAuthor: string | null;
    beforeSha: string | null;
    /** True when the path filter has to be decided from the diff in our mirror. */
    mustCheckPaths: boolean;
}

export interface IgnoreVerdict {
    kind: "ignore";
    code: IgnoreCode;
    /** A sentence for people. */
    reason: string;
}

export type Verdict = DeployVerdict | IgnoreVerdict;

/** Decides whether a push deploys. Pure and total: webhooks, polls and a "would this push deploy?" question ask the same function. */
export function decide(push: Push, policy: DecisionPolicy): Verdict {
    const { repository, config } = policy;
    if (!isSameRepository(push.repository, repository.url)) {
        const named = push.repository.fullName ?? push.repository.cloneUrlHttp ?? push.repository.cloneUrlSsh ?? "another repository";
        return ignore("OTHER_REPOSITORY", `This delivery is about ${named}, but the stack follows ${repository.url}. If the repository was renamed, change its URL here.`);
    }
    if (push.isDeleted) {
        return ignore("REF_DELETED", `The ${push.refType} ${push.name} was deleted; the stack keeps running.`);
    }
    // Polling is switched by autoSync, which somebody who wants no polls leaves off.
    if (policy.trigger === "webhook" && !config.autoDeployOnPush) {
        return ignore("AUTO_DEPLOY_OFF", "Deploying on push is switched off for this stack.");
    }
    // A sender that names no ref means the branch that the stack follows.
    const name = push.name === "" ? repository.branch : push.name;
    const mismatch = push.refType === "tag" ? tagMismatch(name, config.autoDeployTags) : branchMismatch(name, repository.branch, config.autoDeployBranches);
    if (mismatch !== null) {
        return mismatch;
    }
    if (repository.autoDeployPausedAt !== null) {
        return ignore("AUTO_DEPLOY_PAUSED", "Auto-deploy rests since somebody returned to an earlier release. Resume it to deploy pushes again.");
    }
    const skip = skipRequest(push);
    if (skip !== null) {
        return skip;
    }
    // Whoever sets a tag wants that version, whatever changed since the last one.
    const isFiltered = push.refType === "branch" && hasPathFilter(config);
    if (isFiltered && push.changedFiles !== null && !pathsMatter(push.changedFiles, config)) {
        return ignore("PATHS_UNCHANGED", "Nothing changed that the path filter of this stack looks at.");
    }
    return {
        kind: "deploy",
        commitSha: push.after,
        branch: push.refType === "branch" ? name : null,
        tag: push.refType === "tag" ? name : null,
        commitMessage: push.headCommit?.message ?? null,
        commitAuthor: push.headCommit?.author ?? null,
        beforeSha: push.before,
        mustCheckPaths: isFiltered && push.changedFiles === null,
    };
}

/** A verdict as it is stored with a delivery: `deploy`, or `ignore: CODE. Reason.` Whoever decides later than intake writes the same words. */
export function verdictText(verdict: { kind: "deploy" } | Pick<IgnoreVerdict, "kind" | "code" | "reason">): string {
    return verdict.kind === "deploy" ? "deploy" : `ignore: ${verdict.code}. ${verdict.reason}`;
}

export function ignore(code: IgnoreCode, reason: string): IgnoreVerdict {
    return { kind: "ignore", code, reason };
}

function branchMismatch(name: string, followed: string, patterns: readonly string[]): IgnoreVerdict | null {
    if (patterns.length === 0) {
        return name === followed ? null : ignore("BRANCH_NOT_MATCHED", `The push is to ${name}; this stack follows ${followed}.`);
    }
    return readPatterns(patterns)(name) ? null : ignore("BRANCH_NOT_MATCHED", `The branch ${name} matches none of this stack's patterns.`);
}

function tagMismatch(name: string, patterns: readonly string[]): IgnoreVerdict | null {
    if (patterns.length === 0) {
        return ignore("TAG_NOT_MATCHED", `Tags do not deploy this stack; ${name} was pushed. Add a pattern for tags if they should.`);
    }
    return readPatterns(patterns)(name) ? null : ignore("TAG_NOT_MATCHED", `The tag ${name} matches none of this stack's patterns.`);
}

function skipRequest(push: Push): IgnoreVerdict | null {
    if (push.isSkipRequested) {
        return ignore("SKIP_MARKER", "The push asked for no run (push option ci.skip).");
    }
    const marker = push.headCommit === null ? null : findSkipMarker(push.headCommit.message);
    return marker === null ? null : ignore("SKIP_MARKER", `The message of the newest commit says ${marker}.`);
}
