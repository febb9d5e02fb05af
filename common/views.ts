import type { DeploymentStatus, StepName, StepStatus, Trigger } from "./deployment.ts";
import type { ErrorCode } from "./error-codes.ts";
import type { AuthType, BuildType, LogLevel, Provider } from "./schemas.ts";

/**
 * What the server shows of its things, to browsers over the socket and to programs over REST. Secrets are never part of it.
 * Dates are ISO 8601 text, durations seconds, offsets bytes.
 */

/** A Git remote that a stack follows. Secrets are never part of it. */
export type RepositorySecret = "token" | "privateKey" | "webhookSecret" | "webhookSigningToken";

export interface RepositoryView {
    id: string;
    stackId: string;
    url: string;
    branch: string;
    authType: AuthType;
    provider: Provider;
    /** Which credentials are stored, never their values. */
    credentials: { username: string | null; hasToken: boolean; hasPrivateKey: boolean; hasPassphrase: boolean };
    /** Which of the stored secrets the server's key does not open, as it was lost or exchanged: what needs them fails until they are given anew. */
    unreadableSecrets: RepositorySecret[];
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
    /** A secret that the server's key does not open any more: give its value anew. */
    unreadable?: true | undefined;
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
    /** What was pushed, as far as the deployment that it led to tells it. */
    commitSha: string | null;
    branch: string | null;
    tag: string | null;
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
