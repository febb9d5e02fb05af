import "./zod-openapi.ts";
import { z } from "zod";
import { DEPLOYMENT_STATUSES, STEP_NAMES, STEP_STATUSES, TRIGGERS } from "../../../common/deployment.ts";
import { ERROR_CODES, IGNORE_CODES } from "../../../common/error-codes.ts";
import { AUTH_TYPES, BUILD_TYPES, LOG_LEVELS, PROVIDERS } from "../../../common/schemas.ts";
import type {
    BuildConfigView,
    DeploymentDetail,
    DeploymentView,
    LogPage,
    RepositorySaved,
    RepositoryTestResult,
    RepositoryView,
    StepView,
    WebhookEventView,
} from "../../../common/views.ts";
import type { WebhookAnswer } from "../../../common/wire.ts";

/** The answers of the REST API as schemas, for its description. The types tie them to `common/views.ts`. */

const date = z.iso.datetime();
const text = z.string();
const nullableText = text.nullable();
const nullableDate = date.nullable();
const count = z.number().int().min(0);
const seconds = z.number().min(0);

export const failure = z.object({ ok: z.literal(false), code: z.enum(ERROR_CODES), message: text, details: z.record(z.string(), z.unknown()).optional() });

export const done = z.object({ ok: z.literal(true) });

const repositoryFields = {
    id: z.uuid(),
    stackId: text,
    url: text,
    branch: text,
    authType: z.enum(AUTH_TYPES),
    provider: z.enum(PROVIDERS),
    credentials: z.object({ username: nullableText, hasToken: z.boolean(), hasPrivateKey: z.boolean(), hasPassphrase: z.boolean() }),
    unreadableSecrets: z.array(z.enum(["token", "privateKey", "webhookSecret", "webhookSigningToken"])),
    webhookUrl: z.url(),
    hasWebhookSecret: z.boolean(),
    hasWebhookSigningToken: z.boolean(),
    previousSecretValidUntil: nullableDate,
    publicKey: nullableText,
    publicKeyFingerprint: nullableText,
    autoSync: z.boolean(),
    syncInterval: count,
    syncCron: nullableText,
    fetchSubmodules: z.boolean(),
    fetchLfs: z.boolean(),
    lastSyncedAt: nullableDate,
    lastSyncedCommit: nullableText,
    deployedCommit: nullableText,
    trackedFiles: z.object({ compose: z.boolean(), env: z.boolean() }),
    autoDeployPausedAt: nullableDate,
    lastDelivery: z.object({ receivedAt: date, verified: z.boolean(), verdict: nullableText }).nullable(),
    createdAt: date,
    updatedAt: date,
};
export const repositoryView = z.object(repositoryFields) satisfies z.ZodType<RepositoryView>;

export const repositorySaved = z.object({
    ...repositoryFields,
    /** Only when it was made or changed by this call. */
    webhookSecret: text.optional(),
}) satisfies z.ZodType<Omit<RepositorySaved, "webhookSecret"> & { webhookSecret?: string | undefined }>;

export const repositoryTestResult = z.object({
    branches: z.array(text),
    tags: z.array(text),
    defaultBranch: nullableText,
    headCommit: nullableText,
    suggestion: z
        .object({
            buildType: z.enum(BUILD_TYPES),
            composePath: nullableText,
            dockerfilePath: nullableText,
            script: nullableText,
            composeFiles: z.array(text),
            dockerfiles: z.array(text),
        })
        .nullable(),
}) satisfies z.ZodType<RepositoryTestResult>;

export const rotatedSecret = z.object({ webhookSecret: text, previousSecretValidUntil: nullableDate });

export const buildConfigView = z.object({
    id: z.uuid(),
    stackId: text,
    repositoryId: z.uuid(),
    buildType: z.enum(BUILD_TYPES),
    dockerfilePath: nullableText,
    composePath: nullableText,
    buildArgs: z.array(z.object({ name: text, value: text })),
    preBuildCommands: z.array(text),
    postBuildCommands: z.array(text),
    script: nullableText,
    commandImage: nullableText,
    environmentVariables: z.array(z.object({ name: text, value: nullableText, secret: z.boolean(), unreadable: z.literal(true).optional() })),
    timeout: count,
    autoDeployOnPush: z.boolean(),
    autoDeployBranches: z.array(text),
    autoDeployTags: z.array(text),
    includePaths: z.array(text),
    excludePaths: z.array(text),
    healthCheckPath: nullableText,
    healthCheckTimeout: count,
    settleTime: count,
    rollbackOnFailure: z.boolean(),
    cancelSupersededBuilds: z.boolean(),
    keepReleases: count,
    maxRetries: count,
    createdAt: date,
    updatedAt: date,
}) satisfies z.ZodType<BuildConfigView>;

export const stepView = z.object({
    id: text,
    name: z.enum(STEP_NAMES),
    status: z.enum(STEP_STATUSES),
    startedAt: date,
    completedAt: nullableDate,
    duration: seconds.nullable(),
    error: nullableText,
}) satisfies z.ZodType<StepView>;

const deploymentFields = {
    id: z.uuid(),
    stackId: text,
    buildConfigId: nullableText,
    repositoryId: nullableText,
    commitSha: nullableText,
    commitMessage: nullableText,
    commitAuthor: nullableText,
    branch: nullableText,
    tag: nullableText,
    status: z.enum(DEPLOYMENT_STATUSES),
    startedAt: nullableDate,
    completedAt: nullableDate,
    duration: seconds.nullable(),
    error: nullableText,
    errorCode: z.enum(ERROR_CODES).nullable(),
    triggeredBy: z.enum(TRIGGERS),
    triggeredByUser: nullableText,
    previousDeploymentId: nullableText,
    kind: z.enum(["deploy", "rollback"]),
    canRollBackTo: z.boolean(),
    attempt: count,
    createdAt: date,
};
export const deploymentView = z.object(deploymentFields) satisfies z.ZodType<DeploymentView>;
const waitsFor = z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("deployment"), deploymentId: text, commitSha: nullableText }),
    z.object({ kind: z.literal("retry"), at: date }),
    z.object({ kind: z.literal("worker") }),
]);

export const deploymentDetail = z.object({ ...deploymentFields, steps: z.array(stepView), buildLogs: text, deploymentLogs: text, logSize: count, waitsFor: waitsFor.nullable() }) satisfies z.ZodType<DeploymentDetail>;

export const logPage = z.object({
    lines: z.array(
        z.object({ offset: count, time: date, step: z.enum(STEP_NAMES), stream: z.enum(["out", "err", "note"]), level: z.enum(LOG_LEVELS), text }),
    ),
    nextOffset: count,
    size: count,
    isComplete: z.boolean(),
}) satisfies z.ZodType<LogPage>;

export const webhookEventView = z.object({
    id: z.uuid(),
    repositoryId: z.uuid(),
    provider: z.enum(PROVIDERS),
    eventType: nullableText,
    deliveryId: nullableText,
    payload: nullableText,
    headers: z.record(z.string(), text),
    verified: z.boolean(),
    processed: z.boolean(),
    verdict: nullableText,
    deploymentId: nullableText,
    commitSha: nullableText,
    branch: nullableText,
    tag: nullableText,
    receivedAt: date,
    processedAt: nullableDate,
    error: nullableText,
}) satisfies z.ZodType<WebhookEventView>;

export const processedEvent = z.object({ verdict: text, deploymentId: nullableText });

export const webhookQueued = z.object({ ok: z.literal(true), deploymentId: z.uuid() }) satisfies z.ZodType<WebhookAnswer>;
export const webhookAnswered = z.union([
    z.object({ ok: z.literal(true), ignored: z.enum(IGNORE_CODES), reason: text }),
    z.object({ ok: z.literal(true), duplicate: z.literal(true), deploymentId: z.uuid() }),
]) satisfies z.ZodType<WebhookAnswer>;

const stackFields = {
    name: text,
    status: z.number().int().describe("0 unknown, 1 draft, 2 inactive, 3 active, 4 exited"),
    isManaged: z.boolean(),
    composeFileName: nullableText,
    gitRepository: repositoryView.nullable(),
    buildConfig: buildConfigView.nullable(),
    latestDeployment: deploymentView.nullable(),
    deploymentHistory: z.array(deploymentView),
};
export const stackSummary = z.object(stackFields);
export const stackDetail = z.object({ ...stackFields, composeYaml: text, env: text });

export const auditEntry = z.object({
    id: text,
    at: date,
    actor: z.object({ kind: z.enum(["user", "token", "webhook", "schedule", "system"]), name: text, address: nullableText }),
    action: text,
    stackId: nullableText,
    subject: nullableText,
    details: z.record(z.string(), z.unknown()),
});

export const health = z.object({
    status: z.enum(["ok", "degraded", "down"]),
    version: text,
    docker: z.enum(["ok", "unavailable"]),
    database: z.enum(["ok", "unavailable"]),
});

/** With every action that occurs, for a filter to offer. */
export const auditPage = z.object({ items: z.array(auditEntry), total: z.number().int(), page: z.number().int(), perPage: z.number().int(), actions: z.array(z.string()) });

export function pageOf<S extends z.ZodType>(item: S) {
    return z.object({ items: z.array(item), total: count, page: count, perPage: count });
}
