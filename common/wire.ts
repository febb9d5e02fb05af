import type { AuditEntryView, AuditExport, AuditExportInput, AuditLogInput } from "./audit.ts";
import type { ErrorCode, IgnoreCode } from "./error-codes.ts";
import type {
    ApiTokenInput,
    BuildConfigInput,
    DeployInput,
    DeploymentListInput,
    DeploymentReadInput,
    LogInput,
    LogReadInput,
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
import type {
    RepositoryView,
    RepositorySaved,
    BuildConfigView,
    StepView,
    DeploymentView,
    DeploymentDetail,
    Page,
    LogPage,
    LogOutline,
    WebhookEventView,
    ApiTokenView,
    RepositoryTestResult,
} from "./views.ts";

/** The wire: every verb of ours with its arguments and result, and every push. Both ends are typed from here. */

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
