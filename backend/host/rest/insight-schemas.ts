import "./zod-openapi.ts";
import { z } from "zod";
import { IGNORE_CODES } from "../../../common/error-codes.ts";
import type { ComposeFileList, DeploymentStatistics, DeployRulesVerdict, HealthCheckAttempt, ReleaseComparison, RemoteState } from "../../../common/stack-insight.ts";

/** The answers about a stack as schemas, for the description of the REST API. The types tie them to `common/stack-insight.ts`. */

const text = z.string();
const count = z.number().int().min(0);
const seconds = z.number().min(0).nullable();
const comparedCommit = { sha: text, message: text.nullable(), author: text.nullable() };
const comparedValue = z.object({ value: text.nullable() }).nullable();

export const releaseComparison = z.object({
    current: z.object({ ...comparedCommit, deploymentId: text }).nullable(),
    target: z.object({ ...comparedCommit, deploymentId: text.nullable(), branch: text.nullable(), tag: text.nullable() }),
    relation: z.enum(["same", "newer", "older", "unrelated"]),
    commits: z.array(z.object(comparedCommit)),
    hasMoreCommits: z.boolean(),
    compose: z.object({ isChanged: z.boolean(), before: text.nullable(), after: text.nullable() }).nullable(),
    environment: z.array(z.object({ name: text, change: z.enum(["added", "removed", "changed"]), before: comparedValue, after: comparedValue })),
    files: z.object({ paths: z.array(text), total: count }),
}) satisfies z.ZodType<ReleaseComparison>;

export const deploymentStatistics = z.object({
    days: z.array(z.object({ date: z.iso.date(), successful: count, failed: count, rolledBack: count, cancelled: count, medianLeadTime: seconds, medianTimeToRestore: seconds })),
    ended: count,
    successRate: z.number().min(0).max(1).nullable(),
    medianLeadTime: seconds,
    medianTimeToRestore: seconds,
    restored: count,
}) satisfies z.ZodType<DeploymentStatistics>;

export const deployRulesVerdict = z.object({
    verdict: z.enum(["deploy", "ignore"]),
    code: z.enum(IGNORE_CODES).nullable(),
    reason: text,
    paths: z.array(z.object({ path: text, counts: z.boolean() })),
}) satisfies z.ZodType<DeployRulesVerdict>;

export const healthCheckAttempt = z.object({ isHealthy: z.boolean(), status: z.number().int().nullable(), duration: z.number().min(0), url: text.nullable(), message: text }) satisfies z.ZodType<HealthCheckAttempt>;

export const remoteState = z.object({
    branch: text,
    deployed: z.object(comparedCommit).nullable(),
    remote: z.object({ ...comparedCommit, seenAt: z.iso.datetime().nullable() }).nullable(),
    isAhead: z.boolean(),
    commitCount: count.nullable(),
}) satisfies z.ZodType<RemoteState>;

export const composeFileList = z.object({ branch: text, commitSha: text, composeFiles: z.array(text), dockerfiles: z.array(text), isTruncated: z.boolean() }) satisfies z.ZodType<ComposeFileList>;
