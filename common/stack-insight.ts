import { z } from "zod";
import type { IgnoreCode } from "./error-codes.ts";
import { buildConfigInput, commitSha, healthCheckPath, LIMITS, refName } from "./schemas.ts";

/**
 * Questions about a stack that change nothing: what a deployment or a rollback would change, how deployments went,
 * whether a push would deploy, whether the stack answers, what the remote has. Inputs as schemas, answers as types.
 */

// ---------------------------------------------------------------- what would change

/** The target of a comparison: the release of a deployment, or a commit, branch or tag; with none of them the head of the repository's branch. */
export const compareReleasesInput = z
    .object({ deploymentId: z.string().min(1).max(100).optional(), ref: refName.optional(), commitSha: commitSha.optional() })
    .strict()
    .refine(({ deploymentId, ref, commitSha: sha }) => deploymentId === undefined || (ref === undefined && sha === undefined), "Name a deployment, or a ref or commit, not both.");

export interface ComparedCommit {
    sha: string;
    /** null when nothing here knows the commit's words. */
    message: string | null;
    author: string | null;
}

/** Where the target lies as seen from what runs. `unrelated`: neither contains the other, or our copy of the history does not reach that far. */
export type CommitRelation = "same" | "newer" | "older" | "unrelated";

/** A variable as one side has it. `value` is null when it must not be shown. */
export interface ComparedValue {
    value: string | null;
}

export interface VariableChange {
    name: string;
    change: "added" | "removed" | "changed";
    before: ComparedValue | null;
    after: ComparedValue | null;
}

export interface ReleaseComparison {
    /** What runs now; null before the first healthy release. */
    current: (ComparedCommit & { deploymentId: string }) | null;
    target: ComparedCommit & { deploymentId: string | null; branch: string | null; tag: string | null };
    relation: CommitRelation;
    /** Newest first: those that come (`newer`) or go (`older`). */
    commits: ComparedCommit[];
    hasMoreCommits: boolean;
    /** The compose file as the stack has it; null when the stack keeps its own. Both texts are null when they are too long to be compared here. */
    compose: { isChanged: boolean; before: string | null; after: string | null } | null;
    environment: VariableChange[];
    /** Files that differ, the first of them by name. */
    files: { paths: string[]; total: number };
}

// ---------------------------------------------------------------- how deployments went

export const deploymentStatisticsInput = z
    .object({
        /** Length of the period, which ends today. */
        days: z.coerce.number().int().min(1).max(365).default(30),
        /** Minutes that the asking person's clock is ahead of UTC: days begin at their midnight. */
        utcOffset: z.coerce.number().int().min(-840).max(840).default(0),
    })
    .strict();

export interface DayOfDeployments {
    /** Such as 2026-01-31. */
    date: string;
    successful: number;
    failed: number;
    rolledBack: number;
    cancelled: number;
    /** Seconds; null when no push became healthy on that day. */
    medianLeadTime: number | null;
    /** Seconds, of what was restored on that day. */
    medianTimeToRestore: number | null;
}

export interface DeploymentStatistics {
    /** Every day of the period, also those without any. */
    days: DayOfDeployments[];
    /** Those that ended by themselves: successful, failed or rolled back. */
    ended: number;
    /** From 0 to 1; null when none ended. */
    successRate: number | null;
    /** Seconds from the arrival of a push (webhook or poll) to its healthy release. */
    medianLeadTime: number | null;
    /** Seconds from the end of a deployment that went wrong to the next healthy release. */
    medianTimeToRestore: number | null;
    /** How often a healthy release followed on something that went wrong. */
    restored: number;
}

// ---------------------------------------------------------------- would this push deploy?

export const deployRulesTestInput = z
    .object({
        refType: z.enum(["branch", "tag"]).default("branch"),
        name: refName,
        /** null or left out: as a provider that sends no list. */
        changedPaths: z.array(z.string().min(1).max(LIMITS.pathLength)).max(1000).nullish(),
        message: z.string().max(8192).nullish(),
        trigger: z.enum(["webhook", "scheduled"]).default("webhook"),
        /** Rules that are not saved yet; those left out are the saved ones. */
        rules: buildConfigInput.pick({ autoDeployOnPush: true, autoDeployBranches: true, autoDeployTags: true, includePaths: true, excludePaths: true }).optional(),
    })
    .strict();

export interface DeployRulesVerdict {
    verdict: "deploy" | "ignore";
    code: IgnoreCode | null;
    reason: string;
    /** Which of the given paths the path filter counts. */
    paths: { path: string; counts: boolean }[];
}

// ---------------------------------------------------------------- does the stack answer?

/** Without a path the saved one is tried. */
export const healthCheckTestInput = z.object({ healthCheckPath: healthCheckPath.optional() }).strict();

export interface HealthCheckAttempt {
    isHealthy: boolean;
    /** HTTP status, or null when nothing answered. */
    status: number | null;
    /** Seconds until the answer or until it was given up. */
    duration: number;
    /** The address that was asked; null when there was none to ask. */
    url: string | null;
    /** What was found, for people. */
    message: string;
}

// ---------------------------------------------------------------- what the remote has

export interface RemoteState {
    branch: string;
    deployed: ComparedCommit | null;
    /** The newest commit of the branch as a poll, a webhook or a look at the remote saw it last. */
    remote: (ComparedCommit & { seenAt: string | null }) | null;
    /** True when the branch has something else than what runs, and no deployment of it waits or runs. */
    isAhead: boolean;
    /** Commits that the branch is ahead; null when our copy of the history does not tell. */
    commitCount: number | null;
}

export const composeFilesInput = z.object({ branch: refName.optional() }).strict();

export interface ComposeFileList {
    branch: string;
    commitSha: string;
    /** Nearest to the root first. */
    composeFiles: string[];
    dockerfiles: string[];
    isTruncated: boolean;
}

export type CompareReleasesInput = z.infer<typeof compareReleasesInput>;
export type DeploymentStatisticsInput = z.infer<typeof deploymentStatisticsInput>;
/** As it is sent; what is left out gets its default. */
export type DeployRulesTestInput = z.input<typeof deployRulesTestInput>;
export type DeployRulesQuestion = z.output<typeof deployRulesTestInput>;
export type HealthCheckTestInput = z.infer<typeof healthCheckTestInput>;
export type ComposeFilesInput = z.infer<typeof composeFilesInput>;
