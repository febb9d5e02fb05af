import type { AuditEntryView, AuditExport, AuditExportInput, AuditLogInput } from "./audit.ts";
import type { DeploymentStatus, StepName, StepStatus, Trigger } from "./deployment.ts";
import type { ErrorCode, IgnoreCode } from "./error-codes.ts";
import type {
    ApiTokenInput,
    AuthType,
    BuildConfigInput,
    BuildType,
    DeployInput,
    DeploymentListInput,
    DeploymentReadInput,
    LogInput,
    LogLevel,
    LogReadInput,
    Provider,
    RepositoryInput,
    RepositoryTestInput,
    RotateSecretInput,
    WebhookEventListInput,
} from "./schemas.ts";

import type {
    CompareReleasesInput,
    ComposeFileList,
    ComposeFilesInput,
    DeploymentStatistics,
    DeploymentStatisticsInput,
    DeployRulesTestInput,
    DeployRulesVerdict,
    HealthCheckAttempt,
    HealthCheckTestInput,
    ReleaseComparison,
    RemoteState,
} from "./stack-insight.ts";

/**
 * The wire: every verb of ours with its arguments and result, and every push. Both ends are typed from here.
 * Dates are ISO 8601 text, durations seconds, offsets bytes.
 */

// ---------------------------------------------------------------- what is shown

/** A Git remote that a stack follows. Secrets are never part of it. */
export interface RepositoryView {
    id: string;
    stackId: string;
    url: string;
    branch: string;
    authType: AuthType;
    provider: Provider;
    /** Which credentials are stored, never their values. */
    credentials: { username: string | null; hasToken: boolean; hasPrivateKey: boolean; hasPassphrase: boolean };
    webhookUrl: string;
    hasWebhookSecret: boolean;
    hasWebhookSigningToken: boolean;
    /** While a rotation is under way the former secret still works until this moment. */
    previousSecretValidUntil: string | null;
    publicKey: string | null;
    publicKeyFingerprint: string | null;
    autoSync: boolean;
    syncInterval: number;
    syncCron: string | null;
    fetchSubmodules: boolean;
    fetchLfs: boolean;
    lastSyncedAt: string | null;
    lastSyncedCommit: string | null;
    /** What the stack runs: the commit of its last healthy release. After a rollback older than `lastSyncedCommit`. */
    deployedCommit: string | null;
    /** Which of the stack's two files that release brought: what a person writes into them lasts until the next deployment. The others are the person's own. */
    trackedFiles: { compose: boolean; env: boolean };
    /** Set while auto-deploy rests after a rollback by hand. */
    autoDeployPausedAt: string | null;
    lastDelivery: { receivedAt: string; verified: boolean; verdict: string | null } | null;
    createdAt: string;
    updatedAt: string;
}

/** Answer of saving a repository: the only moment the webhook secret is shown. */
export interface RepositorySaved extends RepositoryView {
    webhookSecret?: string;
}

export interface EnvironmentVariableView {
    name: string;
    /** null for a secret variable: its value is never returned. */
    value: string | null;
    secret: boolean;
}

export interface BuildConfigView {
    id: string;
    stackId: string;
    repositoryId: string;
    buildType: BuildType;
    dockerfilePath: string | null;
    composePath: string | null;
    buildArgs: { name: string; value: string }[];
    preBuildCommands: string[];
    postBuildCommands: string[];
    script: string | null;
    commandImage: string | null;
    environmentVariables: EnvironmentVariableView[];
    timeout: number;
    autoDeployOnPush: boolean;
    autoDeployBranches: string[];
    autoDeployTags: string[];
    includePaths: string[];
    excludePaths: string[];
    healthCheckPath: string | null;
    healthCheckTimeout: number;
    settleTime: number;
    rollbackOnFailure: boolean;
    cancelSupersededBuilds: boolean;
    keepReleases: number;
    maxRetries: number;
    createdAt: string;
    updatedAt: string;
}

export interface StepView {
    id: string;
    name: StepName;
    status: StepStatus;
    startedAt: string;
    completedAt: string | null;
    /** Seconds. */
    duration: number | null;
    error: string | null;
}

export interface DeploymentView {
    id: string;
    stackId: string;
    buildConfigId: string | null;
    repositoryId: string | null;
    commitSha: string | null;
    commitMessage: string | null;
    commitAuthor: string | null;
    branch: string | null;
    tag: string | null;
    status: DeploymentStatus;
    startedAt: string | null;
    completedAt: string | null;
    duration: number | null;
    error: string | null;
    errorCode: ErrorCode | null;
    triggeredBy: Trigger;
    triggeredByUser: string | null;
    previousDeploymentId: string | null;
    /** "rollback" when the run returns the stack to a kept release. */
    kind: "deploy" | "rollback";
    /** True while the release that this run left can still be returned to. */
    canRollBackTo: boolean;
    attempt: number;
    createdAt: string;
}

/** What keeps a queued deployment from beginning: another one of its stack, the pause before the next try, or that every worker is busy with other stacks. */
export type WaitsFor = { kind: "deployment"; deploymentId: string; commitSha: string | null } | { kind: "retry"; at: string } | { kind: "worker" };

/** One deployment in full. The logs are served from the log file. */
export interface DeploymentDetail extends DeploymentView {
    steps: StepView[];
    buildLogs: string;
    deploymentLogs: string;
    logSize: number;
    waitsFor: WaitsFor | null;
}

export interface Page<T> {
    items: T[];
    total: number;
    page: number;
    perPage: number;
}

export interface LogLine {
    /** Byte offset of the line's first byte. */
    offset: number;
    time: string;
    step: StepName;
    stream: "out" | "err" | "note";
    level: LogLevel;
    text: string;
}

export interface LogPage {
    lines: LogLine[];
    /** Where to go on reading. */
    nextOffset: number;
    /** Bytes in the file. */
    size: number;
    isComplete: boolean;
}

/** What a log consists of, so that any part of it can be asked for by itself. Only whole lines count. */
export interface LogOutline {
    /** Byte offset and number of the line with which each block begins, both from 0. */
    blocks: { offset: number; line: number }[];
    /** The lines at which another step begins. */
    sections: { step: StepName; line: number }[];
    lines: number;
    /** Bytes of those lines: what is written later begins here. */
    size: number;
    isComplete: boolean;
}

export interface WebhookEventView {
    id: string;
    repositoryId: string;
    provider: Provider;
    eventType: string | null;
    deliveryId: string | null;
    payload: string | null;
    headers: Record<string, string>;
    verified: boolean;
    processed: boolean;
    verdict: string | null;
    deploymentId: string | null;
    receivedAt: string;
    processedAt: string | null;
    error: string | null;
}

export interface ApiTokenView {
    id: string;
    name: string;
    createdAt: string;
    lastUsedAt: string | null;
    expiresAt: string | null;
}

/** What a test of the connection found; `suggestion` is a guess from the files at the head of the branch. */
export interface RepositoryTestResult {
    branches: string[];
    tags: string[];
    defaultBranch: string | null;
    headCommit: string | null;
    suggestion: { buildType: BuildType; composePath: string | null; dockerfilePath: string | null; script: string | null; composeFiles: string[]; dockerfiles: string[] } | null;
}

/** What `getStack` and the stack list gain over Dockge's own JSON. */
export interface StackGitFields {
    gitRepository: RepositoryView | null;
    buildConfig: BuildConfigView | null;
    latestDeployment: DeploymentView | null;
    deploymentHistory: DeploymentView[];
}

// ---------------------------------------------------------------- how it is asked

export type Failure = { ok: false; msg: string; code: ErrorCode; data?: Record<string, unknown> };
export type Success<T> = { ok: true; msg?: string } & T;
export type Result<T> = Success<T> | Failure;

/**
 * Every verb: `args` as sent after the event's name (the acknowledgement callback follows them), `result` as merged into `{ok: true}`.
 * All travel inside Dockge's agent envelope (`agent`, endpoint, verb, ...args, callback) and directly.
 */
export interface Verbs {
    getGitRepository: { args: [stack: string]; result: { gitRepository: RepositoryView | null } };
    saveGitRepository: { args: [stack: string, input: RepositoryInput]; result: { gitRepository: RepositorySaved } };
    deleteGitRepository: { args: [stack: string]; result: object };
    testGitRepository: { args: [stack: string, input: RepositoryTestInput]; result: RepositoryTestResult };
    listGitBranches: { args: [stack: string]; result: { branches: string[]; tags: string[]; defaultBranch: string | null } };
    rotateWebhookSecret: { args: [stack: string, input?: RotateSecretInput]; result: { webhookSecret: string; previousSecretValidUntil: string | null } };
    getBuildConfig: { args: [stack: string]; result: { buildConfig: BuildConfigView | null } };
    saveBuildConfig: { args: [stack: string, input: BuildConfigInput]; result: { buildConfig: BuildConfigView } };
    deployFromGit: { args: [stack: string, input?: DeployInput]; result: { deployment: DeploymentView } };
    cancelDeployment: { args: [deploymentId: string]; result: { deployment: DeploymentView } };
    retryDeployment: { args: [deploymentId: string]; result: { deployment: DeploymentView } };
    rollbackDeployment: { args: [deploymentId: string]; result: { deployment: DeploymentView } };
    resumeAutoDeploy: { args: [stack: string]; result: { gitRepository: RepositoryView } };
    getDeploymentList: { args: [stack: string, input?: Partial<DeploymentListInput>]; result: Page<DeploymentView> };
    /** `logs: false` leaves the two log texts empty, for those who read the log by itself. */
    getDeployment: { args: [deploymentId: string, input?: DeploymentReadInput]; result: { deployment: DeploymentDetail } };
    joinDeploymentLog: { args: [deploymentId: string, offset: number]; result: { text: string; offset: number; isComplete: boolean } };
    leaveDeploymentLog: { args: [deploymentId: string]; result: object };
    getDeploymentLog: { args: [deploymentId: string, input?: Partial<LogInput>]; result: LogPage };
    /** Of a log of any length, without its text. */
    getDeploymentLogOutline: { args: [deploymentId: string]; result: LogOutline };
    /** Whole lines from `offset` on, `maxBytes` of them or one longer line; the answer's `offset` is where they end. */
    readDeploymentLog: { args: [deploymentId: string, input: LogReadInput]; result: { text: string; offset: number; isComplete: boolean } };
    getWebhookEventList: { args: [stack: string, input?: Partial<WebhookEventListInput>]; result: Page<WebhookEventView> };
    getWebhookEvent: { args: [eventId: string]; result: { event: WebhookEventView } };
    processWebhookEvent: { args: [eventId: string]; result: { verdict: string; deploymentId: string | null } };
    /** What a rollback (`deploymentId`) or a deployment (`ref`, `commitSha`) would change. Nothing is changed by asking. */
    compareReleases: { args: [stack: string, input?: CompareReleasesInput]; result: { comparison: ReleaseComparison } };
    deploymentStatistics: { args: [stack: string, input?: Partial<DeploymentStatisticsInput>]; result: { statistics: DeploymentStatistics } };
    /** Would this push deploy? By the saved rules, or by those that are being typed. */
    testDeployRules: { args: [stack: string, input: DeployRulesTestInput]; result: DeployRulesVerdict };
    testHealthCheck: { args: [stack: string, input?: HealthCheckTestInput]; result: { attempt: HealthCheckAttempt } };
    /** From what is known already; `checkRemote` asks the remote first. */
    getRemoteState: { args: [stack: string]; result: { remoteState: RemoteState } };
    checkRemote: { args: [stack: string]; result: { remoteState: RemoteState } };
    listComposeFiles: { args: [stack: string, input?: ComposeFilesInput]; result: ComposeFileList };
    createApiToken: { args: [input: ApiTokenInput]; result: { token: string; apiToken: ApiTokenView } };
    listApiTokens: { args: []; result: { apiTokens: ApiTokenView[] } };
    revokeApiToken: { args: [tokenId: string]; result: object };
    /** `actions`: every action that occurs in the log, for a filter to offer. */
    getAuditLog: { args: [input?: Partial<AuditLogInput>]; result: Page<AuditEntryView> & { actions: string[] } };
    exportAuditLog: { args: [input?: Partial<AuditExportInput>]; result: AuditExport };
}

export type Verb = keyof Verbs;

export interface Pushes {
    deploymentUpdated: { deployment: DeploymentView; steps: StepView[] };
    /**
     * Each piece is whole lines from byte `offset` on, and `line` is how many lines are before it, where that is known. A log that grows faster than it can be read is told in
     * part: between two pieces lies a gap, which can be read from the file. A piece without text says that the connection is behind: it is sent nothing more until it joins again.
     */
    deploymentLog: { deploymentId: string; offset: number; text: string; line?: number };
    webhookEventReceived: { event: WebhookEventView };
}

export type PushName = keyof Pushes;

/** The body of a webhook's answer. */
export type WebhookAnswer =
    | { ok: true; deploymentId: string; duplicate?: true }
    | { ok: true; ignored: IgnoreCode; reason: string }
    | { ok: false; code: ErrorCode; message?: string };
