import type { DeploymentStatus, StepName, StepStatus, Trigger } from "../../common/deployment.ts";
import type { ErrorCode } from "../../common/error-codes.ts";
import type { AuthType, BuildType, Provider } from "../../common/schemas.ts";
import type { Secret } from "./secret.ts";

/** The rows of our tables as the code sees them: camelCase, times in epoch milliseconds, secrets wrapped. */

export interface Credentials {
    username: string | null;
    token: Secret | null;
    privateKey: Secret | null;
    passphrase: Secret | null;
}

export interface Repository {
    id: string;
    stackId: string;
    /** As rebuilt from its parsed parts, never the text a person typed. */
    url: string;
    branch: string;
    authType: AuthType;
    credentials: Credentials;
    provider: Provider;
    webhookSecret: Secret;
    previousWebhookSecret: Secret | null;
    previousSecretValidUntil: number | null;
    webhookSigningToken: Secret | null;
    publicKey: string | null;
    autoSync: boolean;
    /** Seconds. */
    syncInterval: number;
    syncCron: string | null;
    fetchSubmodules: boolean;
    fetchLfs: boolean;
    lastSyncedAt: number | null;
    lastSyncedCommit: string | null;
    autoDeployPausedAt: number | null;
    createdAt: number;
    updatedAt: number;
}

export interface EnvironmentVariable {
    name: string;
    value: Secret;
    isSecret: boolean;
}

export interface BuildConfig {
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
    environmentVariables: EnvironmentVariable[];
    /** Seconds for a whole run. */
    timeout: number;
    autoDeployOnPush: boolean;
    autoDeployBranches: string[];
    autoDeployTags: string[];
    includePaths: string[];
    excludePaths: string[];
    healthCheckPath: string | null;
    /** Seconds. */
    healthCheckTimeout: number;
    /** Seconds. */
    settleTime: number;
    rollbackOnFailure: boolean;
    cancelSupersededBuilds: boolean;
    keepReleases: number;
    maxRetries: number;
    createdAt: number;
    updatedAt: number;
}

export interface Deployment {
    id: string;
    stackId: string;
    buildConfigId: string | null;
    repositoryId: string | null;
    kind: "deploy" | "rollback";
    /** What was asked for; null until fetch has resolved the head of the branch. */
    commitSha: string | null;
    commitMessage: string | null;
    commitAuthor: string | null;
    branch: string | null;
    tag: string | null;
    /** The commit before the push, when the delivery named it; lets path filters be decided after the fetch. */
    beforeSha: string | null;
    /** True when includePaths/excludePaths still have to be decided from the diff in our mirror. */
    mustCheckPaths: boolean;
    /** Build even what could be reused. */
    isRebuild: boolean;
    status: DeploymentStatus;
    startedAt: number | null;
    completedAt: number | null;
    error: string | null;
    errorCode: ErrorCode | null;
    triggeredBy: Trigger;
    triggeredByUser: string | null;
    /** For a rollback: the deployment whose release is returned to. For a retry: the one retried. Else the last successful one. */
    previousDeploymentId: string | null;
    /** The release that this run made or returned to; set before anything of the running stack is touched. */
    releaseId: string | null;
    /** 1 for the first try; grows with each retry of a retryable cause. */
    attempt: number;
    /** Not before this moment; set by the back-off between attempts. */
    notBefore: number | null;
    createdAt: number;
}

export interface DeploymentStep {
    id: string;
    deploymentId: string;
    name: StepName;
    status: StepStatus;
    startedAt: number;
    completedAt: number | null;
    error: string | null;
}

/** How one service of a release got its image. */
export interface ReleaseService {
    service: string;
    /** The name that the compose file uses and that moves at release, such as `blog-web` or `nginx:1.27`. */
    imageRef: string;
    /** Content id (`sha256:…`), which a rollback returns to. */
    imageId: string;
    /** Our own tag on that image, so that no prune of dangling images takes it. */
    keepTag: string;
    /** Fingerprint of everything that the build depends on; null when the image was pulled or cannot be reused. */
    buildKey: string | null;
    origin: "built" | "reused" | "pulled";
}

/**
 * `candidate`: written before the stack is touched; `healthy`: proved, can be returned to;
 * `failed`: was not healthy; `removed`: its images are gone by retention;
 * `baseline`: the stack as it ran before its first release, kept so that a failed first release can be taken back.
 */
export type ReleaseStatus = "candidate" | "healthy" | "failed" | "removed" | "baseline";

export interface Release {
    id: string;
    stackId: string;
    repositoryId: string;
    deploymentId: string;
    commitSha: string;
    /** Git tree in the mirror with every file of the release (submodules and LFS included), so that a rollback needs no network. */
    treeId: string;
    /** The rendered `compose.yaml`, or null when the repository's own file is used as it is. */
    composeYaml: string | null;
    /** Where the compose file lies in the stack folder; null when the stack keeps its own (`docker_build`). */
    composeFile: string | null;
    /** The whole `.env` that the release runs with; null when it has none. */
    env: Secret | null;
    /** Whether the repository has that `.env`, or it is the person's own; null in releases from before this was written down. */
    isEnvTracked: boolean | null;
    services: ReleaseService[];
    /** The HTTP check under which it was released; going back to it asks the same and not what a newer version answers. */
    healthCheckPath: string | null;
    status: ReleaseStatus;
    createdAt: number;
    healthyAt: number | null;
}

export interface WebhookEvent {
    id: string;
    repositoryId: string;
    provider: Provider;
    eventType: string | null;
    deliveryId: string | null;
    payload: string | null;
    headers: Record<string, string>;
    signature: string | null;
    verified: boolean;
    processed: boolean;
    verdict: string | null;
    deploymentId: string | null;
    receivedAt: number;
    processedAt: number | null;
    error: string | null;
}

export interface ApiToken {
    id: string;
    name: string;
    /** SHA-256 of the token, hex. */
    hash: string;
    createdAt: number;
    lastUsedAt: number | null;
    expiresAt: number | null;
}

/** A row of Dockge's table `user`. */
export interface User {
    id: number;
    username: string;
    /** bcrypt, as Dockge writes it. */
    passwordHash: string;
    isActive: boolean;
    timezone: string | null;
}

/** One log-in of a person, in our own server. */
export interface LoginSession {
    /** Named by the token (`jti`); for a token that Dockge made, a hash of what that says. */
    id: string;
    userId: number;
    /** `adopted`: begun by a token that Dockge made. `hub`: a Dockge hub on behalf of its browsers; ends with its connection. */
    kind: "browser" | "adopted" | "hub";
    /** Of the password it was begun with; with another password it is over. */
    passwordMark: string;
    address: string;
    userAgent: string | null;
    createdAt: number;
    lastSeenAt: number;
    endedAt: number | null;
}

export interface AccountSecurity {
    /** Null while no second factor is asked for. */
    twoFactorSince: number | null;
    pendingSince: number | null;
    /** The time step of the code that proved the pending secret; null until then. */
    pendingStep: number | null;
    /** Tokens that Dockge made before this moment are not taken up any more. */
    signedOutBefore: number;
}

/** Who did something: a person, a program or a delivery. */
export interface Actor {
    kind: "user" | "token" | "webhook" | "schedule" | "system";
    name: string;
    address: string | null;
}

export interface AuditEntry {
    id: string;
    at: number;
    actor: Actor;
    action: string;
    stackId: string | null;
    subject: string | null;
    details: Record<string, unknown>;
}
