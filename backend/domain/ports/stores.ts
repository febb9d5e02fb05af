import type { DeploymentStatus, StepStatus } from "../../../common/deployment.ts";
import type { AuditFilter } from "../../../common/audit.ts";
import type { DeploymentListInput, WebhookEventListInput } from "../../../common/schemas.ts";
import type { DeploymentStatistics } from "../../../common/stack-insight.ts";
import type { Page } from "../../../common/views.ts";
import type { ApiToken, AuditEntry, BuildConfig, Deployment, DeploymentStep, Release, Repository, WebhookEvent } from "../entities.ts";

/** What is asked of a repository and its build config to judge a delivery: not the credentials, which so need not stay in memory. */
export interface WebhookTarget {
    repository: Omit<Repository, "credentials" | "publicKey">;
    config: Pick<BuildConfig, "id" | "autoDeployOnPush" | "autoDeployBranches" | "autoDeployTags" | "includePaths" | "excludePaths"> | null;
}

export interface RepositoryStore {
    byId(id: string): Promise<Repository | null>;
    byStack(stackId: string): Promise<Repository | null>;
    /** Kept in memory until the repository or its build config changes. */
    webhookTarget(id: string): Promise<WebhookTarget | null>;
    /** Those whose secrets the present key opens. */
    all(): Promise<Repository[]>;
    insert(repository: Repository): Promise<void>;
    update(id: string, changes: Partial<Omit<Repository, "id" | "stackId" | "createdAt">>): Promise<void>;
    /** Removes it with its build config and deliveries; deployments and releases stay as history, but nothing returns to these releases any more. */
    remove(id: string): Promise<void>;
    /** What polling saw last: full ref (`refs/heads/main`) to commit. Empty after the first save and whenever the URL changes. */
    syncedRefs(id: string): Promise<Map<string, string>>;
    setSyncedRefs(id: string, refs: ReadonlyMap<string, string>): Promise<void>;
}

export interface BuildConfigStore {
    byStack(stackId: string): Promise<BuildConfig | null>;
    /** Those whose secrets the present key opens. */
    all(): Promise<BuildConfig[]>;
    insert(config: BuildConfig): Promise<void>;
    update(id: string, changes: Partial<Omit<BuildConfig, "id" | "stackId" | "repositoryId" | "createdAt">>): Promise<void>;
}

export interface Enqueued {
    deployment: Deployment;
    /** The pending run that this one replaced. */
    superseded: Deployment | null;
    /** The stack's run at that time; left out where nobody looked. */
    running?: Deployment | null;
}

/** A claim on a row: while it is renewed, no other worker takes the row. */
export interface Lease {
    owner: string;
    until: number;
}

/** What a deployment is of. */
export type PushedRef = Pick<Deployment, "commitSha" | "branch" | "tag">;

export interface DeploymentStore {
    byId(id: string): Promise<Deployment | null>;
    /** In one transaction: the stack's pending row (if any) ends `cancelled`/SUPERSEDED, this one is added. */
    enqueue(deployment: Deployment): Promise<Enqueued>;
    /**
     * Takes the oldest row that may run: pending and due, or building without a live lease; and no other row of its stack is running.
     * The row becomes `building` in the same statement.
     */
    claim(lease: Lease, now: number): Promise<Deployment | null>;
    renew(id: string, lease: Lease): Promise<boolean>;
    release(id: string): Promise<void>;
    /** When the next pending row becomes due, or null. */
    nextDueAt(): Promise<number | null>;
    /** Changes fields other than the status. */
    update(id: string, changes: Partial<Omit<Deployment, "id" | "status" | "stackId" | "createdAt">>): Promise<void>;
    /** Changes the status only when the row still has `from`; null when somebody was faster. */
    transition(id: string, from: DeploymentStatus, to: DeploymentStatus, changes?: Partial<Omit<Deployment, "id" | "status" | "stackId" | "createdAt">>): Promise<Deployment | null>;
    /** Back to the queue for another attempt: status stays `building`, the lease ends, nobody claims it before `notBefore`. */
    postpone(id: string, notBefore: number, attempt: number): Promise<void>;
    withStatus(...statuses: DeploymentStatus[]): Promise<Deployment[]>;
    pendingOf(stackId: string): Promise<Deployment | null>;
    runningOf(stackId: string): Promise<Deployment | null>;
    latestOf(stackId: string): Promise<Deployment | null>;
    latestByStack(): Promise<Map<string, Deployment>>;
    lastSuccessfulOf(stackId: string): Promise<Deployment | null>;
    page(stackId: string, filter: DeploymentListInput): Promise<Page<Deployment>>;
    /** By the id of the deployment; without those that are not there. */
    pushedRefs(ids: readonly string[]): Promise<Map<string, PushedRef>>;
    counts(): Promise<{ status: DeploymentStatus; count: number }[]>;
    steps(deploymentId: string): Promise<DeploymentStep[]>;
    startStep(step: DeploymentStep): Promise<void>;
    endStep(id: string, status: Exclude<StepStatus, "running">, at: number, error: string | null): Promise<void>;
    /** Ends steps that a crash left running. */
    interruptSteps(deploymentId: string, at: number): Promise<void>;
}

/** Days are counted from the epoch by a clock that is ahead of UTC by so many minutes; both ends are part of it. */
export interface StatisticsPeriod {
    firstDay: number;
    lastDay: number;
    utcOffsetMinutes: number;
}

export interface DeploymentStatisticsStore {
    read(stackId: string, period: StatisticsPeriod): Promise<DeploymentStatistics>;
}

/** As much of a release as a list of stacks tells. */
export type DeployedRelease = Pick<Release, "commitSha" | "composeFile" | "isEnvTracked">;

export interface ReleaseStore {
    byId(id: string): Promise<Release | null>;
    byDeployment(deploymentId: string): Promise<Release | null>;
    insert(release: Release): Promise<void>;
    update(id: string, changes: Partial<Pick<Release, "status" | "healthyAt" | "services">>): Promise<void>;
    /** Newest first. */
    healthyOf(stackId: string): Promise<Release[]>;
    /** Newest first: every release whose files may lie in the stack folder (healthy, candidate and failed). */
    recentOf(stackId: string, limit: number): Promise<Release[]>;
    /** The release that the stack should be on: the one proved healthy last, else its baseline. */
    currentOf(stackId: string): Promise<Release | null>;
    /** Ids of every healthy release, of every stack: what can still be returned to. */
    healthyIds(): Promise<Set<string>>;
    /** Commit of the last healthy release, by stack. */
    deployed(stackIds?: readonly string[]): Promise<Map<string, DeployedRelease>>;
    /** A kept image that was built from the same inputs. */
    findReusable(stackId: string, service: string, buildKey: string): Promise<{ imageId: string; keepTag: string } | null>;
}

export interface Recorded {
    /**
     * `queued`: the delivery and its deployment are durable; `recorded`: no deployment; `joined`: a run that waits or has begun does the same;
     * `duplicate`: this delivery was queued before.
     */
    outcome: "queued" | "recorded" | "joined" | "duplicate";
    event: WebhookEvent;
    deployment: Deployment | null;
    superseded: Deployment | null;
    running: Deployment | null;
}

/** What is written in the transaction of a delivery beside it. */
export interface DeliveryEffects {
    /** The newest commit of the branch that the stack follows. */
    head?: string;
    /** Written unless the delivery is a duplicate or joins a run. */
    audit?: (stored: WebhookEvent) => Omit<AuditEntry, "id" | "at">;
}

export interface WebhookEventStore {
    /**
     * In one transaction: the delivery, the deployment it leads to (which supersedes the stack's pending one, and is told of the last successful one),
     * and what goes with them.
     */
    record(event: WebhookEvent, deployment: Deployment | null, effects?: DeliveryEffects): Promise<Recorded>;
    byId(id: string): Promise<WebhookEvent | null>;
    byDelivery(repositoryId: string, deliveryId: string): Promise<WebhookEvent | null>;
    byDeployment(deploymentId: string): Promise<WebhookEvent | null>;
    update(id: string, changes: Partial<Pick<WebhookEvent, "verdict" | "processed" | "processedAt" | "deploymentId" | "error">>): Promise<void>;
    /** Newest first. A filter by text looks into event, delivery id, verdict and error. With `detail: brief` payloads and headers stay where they are, large payloads always. */
    page(repositoryId: string, filter: WebhookEventListInput): Promise<Page<WebhookEvent>>;
    /** Without payload and headers. */
    latestOf(repositoryId: string): Promise<WebhookEvent | null>;
    /** The newest delivery of each repository, without its payload. */
    latestByRepository(): Promise<Map<string, Pick<WebhookEvent, "receivedAt" | "verified" | "verdict">>>;
    /** Empties payload and headers of deliveries beyond the kept count and age; rows stay. */
    prune(keepPerRepository: number, olderThan: number): Promise<number>;
}

export interface ApiTokenStore {
    insert(token: ApiToken): Promise<void>;
    byHash(hash: string): Promise<ApiToken | null>;
    all(): Promise<ApiToken[]>;
    touch(id: string, at: number): Promise<void>;
    remove(id: string): Promise<boolean>;
}

export interface AuditLog {
    append(entry: Omit<AuditEntry, "id" | "at">): Promise<void>;
    /** Newest first. */
    page(input: AuditFilter & { page: number; perPage: number }): Promise<Page<AuditEntry>>;
    /** Every action that occurs, in alphabetical order. */
    actions(): Promise<string[]>;
}
