import type { DeploymentStatus, StepName, StepStatus } from "../../common/deployment.ts";
import type { LogLine, LogPage, Page, PushName, Pushes } from "../../common/wire.ts";
import type { DeploymentListInput, LogInput, LogLevel } from "../../common/schemas.ts";
import type {
    Actor,
    ApiToken,
    AuditEntry,
    BuildConfig,
    Deployment,
    DeploymentStep,
    Release,
    Repository,
    User,
    WebhookEvent,
} from "./entities.ts";
import type { Secret } from "./secret.ts";

/**
 * What the core needs from the world. `adapters/`, `store/` and `vault/` implement these; only `git-deploy.ts` joins the two.
 * Times are epoch milliseconds, durations milliseconds, unless a name says otherwise.
 */

// ------------------------------------------------------------------ time and chance

export interface Clock {
    now(): number;
    /** Resolves after `ms`, or rejects with the signal's reason as soon as it aborts. */
    sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
    uuid(): string;
    /** `bytes` random bytes as URL-safe Base64. */
    token(bytes: number): string;
}

/** Diagnostics of the server itself, not of a deployment. Never given a secret. */
export interface Logger {
    debug(fields: object, message: string): void;
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
    error(fields: object, message: string): void;
}

/** Told to logged-in clients, or only to those that joined a deployment's log. */
export interface Publisher {
    publish<P extends PushName>(event: P, payload: Pushes[P], audience?: { joinedLog: string }): void;
}

// ------------------------------------------------------------------ secrets

/** Authenticated encryption at rest. `context` binds a ciphertext to its place (`table:id:field`); moved elsewhere it does not open. */
export interface Vault {
    seal(secret: Secret, context: string): string;
    /** @throws SECRET_UNREADABLE when the key is another one or the text was altered. */
    open(sealed: string, context: string): Secret;
    /** True when the text was sealed with a former key and should be sealed anew. */
    isStale(sealed: string): boolean;
}

export interface GeneratedSshKey {
    privateKey: Secret;
    /** One line for a provider's deploy-key form: `ssh-ed25519 AAAA… comment`. */
    publicKey: string;
    /** `SHA256:` and 43 characters. */
    fingerprint: string;
}

export interface SshKeys {
    generate(type: "ed25519" | "rsa2048" | "rsa4096", comment: string): Promise<GeneratedSshKey>;
    /** Reads a pasted key (OpenSSH or PEM). @throws SSH_KEY_INVALID, SSH_PASSPHRASE_WRONG */
    import(privateKey: Secret, passphrase: Secret | null, comment: string): GeneratedSshKey;
    fingerprint(publicKey: string): string;
}

/** Host keys that a person, or the list we ship, vouches for. */
export interface KnownHosts {
    /** Path of the file for `ssh -o UserKnownHostsFile`. */
    readonly path: string;
    isKnown(host: string, port: number): Promise<boolean>;
    /** Asks the host for its keys. @throws GIT_UNREACHABLE */
    scan(host: string, port: number, signal?: AbortSignal): Promise<{ line: string; type: string; fingerprint: string }[]>;
    /** Pins the scanned keys of which one has this fingerprint. @throws GIT_HOST_KEY_CHANGED when another key is pinned already, GIT_HOST_KEY_UNKNOWN when the host shows no such key. */
    confirm(host: string, port: number, fingerprint: string): Promise<void>;
}

// ------------------------------------------------------------------ git

/** A remote and the way in. */
export type RemoteAccess = Pick<Repository, "id" | "url" | "authType" | "credentials" | "provider">;

export interface RemoteRefs {
    defaultBranch: string | null;
    /** Branch name to commit. */
    branches: Record<string, string>;
    /** Tag name to the commit it peels to. */
    tags: Record<string, string>;
}

export interface Commit {
    sha: string;
    message: string;
    author: string;
    /** The commit's own tree. */
    treeId: string;
}

export interface TreeEntry {
    /** Relative, with `/`. */
    path: string;
    mode: "100644" | "100755" | "120000" | "160000";
    blobId: string;
    size: number;
}

/** What to fetch. With a SHA exactly that commit, which the ref must still contain. */
export interface FetchTarget {
    ref: { type: "branch" | "tag"; name: string } | null;
    commitSha: string | null;
}

export interface ProgressOptions {
    signal?: AbortSignal;
    /** Each line that the tool prints, without its line end. */
    onLine?: (stream: "out" | "err", text: string) => void;
}

/**
 * Git over a bare mirror per repository (`mirrors/<repositoryId>.git`).
 * Every method that talks to a remote throws GIT_UNREACHABLE, GIT_AUTH_FAILED, GIT_REPOSITORY_MISSING, GIT_HOST_KEY_UNKNOWN, GIT_HOST_KEY_CHANGED or GIT_FAILED.
 */
export interface Git {
    listRefs(remote: RemoteAccess, options?: ProgressOptions): Promise<RemoteRefs>;
    /**
     * Brings the commit (shallow where possible) into the mirror.
     * @throws GIT_REF_MISSING no such branch or tag; COMMIT_GONE the ref does not contain the commit any more
     */
    fetch(remote: RemoteAccess, target: FetchTarget, options?: ProgressOptions): Promise<Commit>;
    /** Paths that differ between two commits, fetching the older one when needed; null when it cannot be had any more. */
    changedPaths(remote: RemoteAccess, from: string, to: string, options?: ProgressOptions): Promise<string[] | null>;
    /** True when the mirror's history shows it; false also when it does not reach that far. */
    isAncestor(repositoryId: string, ancestor: string, descendant: string): Promise<boolean>;
    /** How the commits between two are named, newest first, at most `limit`; empty when unknown. */
    log(repositoryId: string, from: string, to: string, limit: number): Promise<Commit[]>;
    /**
     * Writes the commit into the empty directory, with submodules and LFS files when asked, without any `.git` in it.
     * @returns the tree of everything written, kept in the mirror
     * @throws SYMLINK_REFUSED, CHECKOUT_TOO_LARGE, GIT_LFS_MISSING
     */
    checkout(remote: RemoteAccess, commitSha: string, directory: string, content: { hasSubmodules: boolean; hasLfs: boolean }, options?: ProgressOptions): Promise<{ treeId: string }>;
    /** Writes a tree of the mirror into the empty directory: no network. */
    exportTree(repositoryId: string, treeId: string, directory: string): Promise<void>;
    /** Every file of a tree, recursively. */
    listTree(repositoryId: string, treeId: string): Promise<TreeEntry[]>;
    /** Object id of a file or folder in a tree; `""` is the tree itself; null when it is not there. */
    objectAt(repositoryId: string, treeId: string, path: string): Promise<string | null>;
    /** @throws NOT_FOUND */
    readBlob(repositoryId: string, blobId: string): Promise<Buffer>;
    /** Writes the named files of any directory (those that exist) into the mirror as a tree; used to keep what a stack was before its first release. */
    snapshot(repositoryId: string, directory: string, paths: string[]): Promise<{ treeId: string }>;
    /** Protects a release's tree and commit from garbage collection. */
    keepRelease(repositoryId: string, releaseId: string, commitSha: string, treeId: string): Promise<void>;
    dropRelease(repositoryId: string, releaseId: string): Promise<void>;
    /** Deletes the mirror. */
    remove(repositoryId: string): Promise<void>;
}

// ------------------------------------------------------------------ docker

/** A compose project to act on. */
export interface ComposeProject {
    name: string;
    directory: string;
    /** Relative to `directory`; empty: Compose's own discovery, which is what Dockge's buttons use. */
    files: string[];
    /** Paths for `--env-file`, in order. */
    envFiles: string[];
}

export interface ComposeBuild {
    context: string;
    dockerfile?: string;
    [key: string]: unknown;
}

/** The part of `docker compose config --format json` that we look at; the rest is passed on as it is. */
export interface ComposeModel {
    name: string;
    services: Record<string, ComposeServiceModel>;
    [key: string]: unknown;
}

export interface ComposeServiceModel {
    image?: string;
    build?: ComposeBuild;
    restart?: string;
    depends_on?: Record<string, { condition?: string }>;
    [key: string]: unknown;
}

export type ComposeAction = "start" | "stop" | "restart" | "down";

export interface Compose {
    /** @throws COMPOSE_MISSING, COMPOSE_INVALID (with Compose's own words) */
    config(project: ComposeProject, options?: { shouldInterpolate?: boolean; signal?: AbortSignal }): Promise<ComposeModel>;
    /** @throws BUILD_FAILED */
    build(project: ComposeProject, services: string[], options: ProgressOptions & { buildArgs: { name: string; value: string }[] }): Promise<void>;
    /** @throws PULL_FAILED */
    pull(project: ComposeProject, services: string[], options: ProgressOptions): Promise<void>;
    /** Never builds. @throws UP_FAILED */
    up(project: ComposeProject, options: ProgressOptions & { shouldPull: boolean; services?: string[] }): Promise<void>;
    /** @throws EXEC_FAILED */
    act(project: ComposeProject, action: ComposeAction, options: ProgressOptions): Promise<void>;
}

export interface ContainerState {
    id: string;
    name: string;
    project: string;
    service: string;
    /** Docker's `State`: created, running, paused, restarting, removing, exited, dead. */
    state: string;
    health: "healthy" | "unhealthy" | "starting" | "none";
    exitCode: number | null;
    restartCount: number;
    startedAt: number | null;
    imageId: string;
    isOneOff: boolean;
    ports: { privatePort: number; publicPort: number | null; address: string | null; protocol: string }[];
    /** By network name. */
    addresses: Record<string, string>;
    lastHealthOutput: string | null;
}

/** One compose project as its containers' labels tell. */
export interface ProjectState {
    name: string;
    /** Where `docker compose` was run, by the container's label. */
    workingDirectory: string | null;
    configFiles: string[];
    containers: Pick<ContainerState, "id" | "name" | "service" | "state" | "health" | "exitCode" | "isOneOff">[];
}

/** The Engine. Every method throws DOCKER_UNAVAILABLE when the daemon does not answer. */
export interface Docker {
    ping(): Promise<{ version: string }>;
    /** Every compose project on the Engine, from one API listing. */
    projects(): Promise<ProjectState[]>;
    /** Calls back with the project whose containers changed, and with null when everything may have changed (a reconnect). Reconnects by itself until the signal aborts. */
    watch(onChange: (project: string | null) => void, signal: AbortSignal): void;
    /** Containers of one project, with health and addresses. */
    containers(project: string): Promise<ContainerState[]>;
    /** The last lines that a container printed. */
    tail(containerId: string, lines: number): Promise<string[]>;
    /** Content id of an image, or null when the Engine does not have it. */
    imageId(reference: string): Promise<string | null>;
    tag(imageIdOrReference: string, newReference: string): Promise<void>;
    /** Removes a tag (and the image when it was the last one and nothing uses it). Never throws for an image in use or gone. */
    untag(reference: string): Promise<void>;
    /** `docker build`. @throws BUILD_FAILED */
    build(input: { directory: string; dockerfile: string; tags: string[]; buildArgs: { name: string; value: string }[]; isNoCache: boolean }, options: ProgressOptions): Promise<void>;
    /** Compose project of the container this process runs in, or null outside of one. */
    ownProject(): Promise<string | null>;
}

/** A person's own pre- and post-build commands. @throws COMMAND_FAILED */
export interface Commands {
    run(
        input: {
            /** `sh`: one line of a list; `bash`: a whole script. */
            interpreter: "sh" | "bash";
            text: string;
            directory: string;
            /** The whole environment of the command besides PATH and HOME. */
            env: Record<string, string>;
            /** Throw-away container to run in; null: on this host. */
            image: string | null;
            runId: string;
        },
        options: ProgressOptions,
    ): Promise<void>;
}

/** HTTP probe of a stack's own container. */
export interface Probe {
    /** Resolves with the status, or rejects when nobody answers within `timeoutMs`. Redirects are not followed. */
    get(url: string, timeoutMs: number, signal?: AbortSignal): Promise<number>;
    /** Base URLs under which a container's port may be reached from here, best first. */
    baseUrls(container: ContainerState, port: number): string[];
}

// ------------------------------------------------------------------ files

export interface ReleaseFile {
    path: string;
    mode: TreeEntry["mode"];
    /** Git blob id of the content. */
    blobId: string;
}

export interface ApplyReport {
    written: string[];
    removed: string[];
    /** Files with somebody's edits that were saved before being overwritten: path in the stack and where the copy lies. */
    backedUp: { path: string; backup: string }[];
}

/** The stack's own folder. Every path is resolved inside it and never through a symlink. */
export interface StackFolder {
    path(stack: string): string;
    exists(stack: string): Promise<boolean>;
    /** Makes the folder when it is not there. */
    ensure(stack: string): Promise<void>;
    /** Text of a file, or null. */
    read(stack: string, path: string): Promise<string | null>;
    /** Paths for `--env-file`: the shared `global.env` and the stack's `.env`, those that exist. */
    envFiles(stack: string): Promise<string[]>;
    /**
     * Makes the tracked files equal to `files`: changed ones by temp file and rename, those of `previous` that are not in `files` removed,
     * everything else untouched. A file that is neither the previous release's nor the new one's content is copied to the backups first.
     * Repeating it after a crash ends in the same state.
     * @throws PATH_OUTSIDE_STACK, DISK_FULL
     */
    apply(input: {
        stack: string;
        deploymentId: string;
        files: ReleaseFile[];
        previous: ReleaseFile[];
        /** Directory with the content of `files`; a file whose content differs from its blob id is taken from `readBlob` instead. */
        sourceDirectory: string;
        readBlob: (blobId: string) => Promise<Buffer>;
        /** Written after the files, in place of a tracked file of the same path. */
        generated: { path: string; content: string; mode: number }[];
    }): Promise<ApplyReport>;
}

/** Clean directories under `work/`, one per run. */
export interface WorkDirectories {
    /** An empty directory with these empty folders in it. */
    create(deploymentId: string, ...folders: string[]): Promise<string>;
    remove(deploymentId: string): Promise<void>;
    /** Removes all but the named ones; what a crash has left. */
    sweep(keep: ReadonlySet<string>): Promise<void>;
    /** Reads a file below the directory: never through a symlink, never outside. @throws PATH_OUTSIDE_CHECKOUT, SYMLINK_REFUSED */
    read(directory: string, path: string): Promise<string | null>;
    write(directory: string, path: string, content: string, mode: number): Promise<void>;
    /** Removes a file below the directory when it is there. */
    deleteFile(directory: string, path: string): Promise<void>;
    /** Real path of something below the directory. @throws PATH_OUTSIDE_CHECKOUT */
    resolve(directory: string, path: string): Promise<string>;
}

// ------------------------------------------------------------------ deployment logs

export interface DeploymentLogWriter {
    line(step: StepName, stream: "out" | "err", text: string): void;
    note(step: StepName, text: string, level?: LogLevel): void;
    /** More values to mask from here on. */
    mask(secrets: Secret[]): void;
    /** Flushes and marks the log complete. */
    close(): Promise<void>;
}

export interface DeploymentLogs {
    /** Appends to the log of the deployment, making it when it is new. Values of `secrets` never reach the file. */
    open(deployment: Pick<Deployment, "id" | "createdAt">, secrets: Secret[]): Promise<DeploymentLogWriter>;
    /** Raw text from a byte offset, cut at a line end. Also what a client that reconnects asks for. */
    read(deployment: Pick<Deployment, "id" | "createdAt">, offset: number, maxBytes: number): Promise<{ text: string; nextOffset: number; size: number; isComplete: boolean }>;
    query(deployment: Pick<Deployment, "id" | "createdAt">, input: LogInput): Promise<LogPage>;
    /** The whole log as a stream of lines, for the download. */
    lines(deployment: Pick<Deployment, "id" | "createdAt">, filter: Pick<LogInput, "step" | "level" | "q">): AsyncIterable<LogLine>;
    /** Removes logs beyond the configured age and count; returns how many. */
    prune(now: number): Promise<number>;
}

// ------------------------------------------------------------------ stores

export interface RepositoryStore {
    byId(id: string): Promise<Repository | null>;
    byStack(stackId: string): Promise<Repository | null>;
    all(): Promise<Repository[]>;
    insert(repository: Repository): Promise<void>;
    update(id: string, changes: Partial<Omit<Repository, "id" | "stackId" | "createdAt">>): Promise<void>;
    /** Removes it with its build config and deliveries; deployments and releases stay as history. */
    remove(id: string): Promise<void>;
    /** What polling saw last: full ref (`refs/heads/main`) to commit. Empty after the first save and whenever the URL changes. */
    syncedRefs(id: string): Promise<Map<string, string>>;
    setSyncedRefs(id: string, refs: ReadonlyMap<string, string>): Promise<void>;
}

export interface BuildConfigStore {
    byStack(stackId: string): Promise<BuildConfig | null>;
    all(): Promise<BuildConfig[]>;
    insert(config: BuildConfig): Promise<void>;
    update(id: string, changes: Partial<Omit<BuildConfig, "id" | "stackId" | "repositoryId" | "createdAt">>): Promise<void>;
}

export interface Enqueued {
    deployment: Deployment;
    /** The pending run that this one replaced. */
    superseded: Deployment | null;
}

/** A claim on a row: while it is renewed, no other worker takes the row. */
export interface Lease {
    owner: string;
    until: number;
}

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
    counts(): Promise<{ status: DeploymentStatus; count: number }[]>;
    steps(deploymentId: string): Promise<DeploymentStep[]>;
    startStep(step: DeploymentStep): Promise<void>;
    endStep(id: string, status: Exclude<StepStatus, "running">, at: number, error: string | null): Promise<void>;
    /** Ends steps that a crash left running. */
    interruptSteps(deploymentId: string, at: number): Promise<void>;
}

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
    /** A kept image that was built from the same inputs. */
    findReusable(stackId: string, service: string, buildKey: string): Promise<{ imageId: string; keepTag: string } | null>;
}

export interface Recorded {
    /** `queued`: the delivery and its deployment are durable; `recorded`: no deployment; `duplicate`: this delivery was queued before. */
    outcome: "queued" | "recorded" | "duplicate";
    event: WebhookEvent;
    deployment: Deployment | null;
    superseded: Deployment | null;
}

export interface WebhookEventStore {
    /** In one transaction: the delivery, and the deployment it leads to (which supersedes the stack's pending one). */
    record(event: WebhookEvent, deployment: Deployment | null): Promise<Recorded>;
    byId(id: string): Promise<WebhookEvent | null>;
    byDelivery(repositoryId: string, deliveryId: string): Promise<WebhookEvent | null>;
    byDeployment(deploymentId: string): Promise<WebhookEvent | null>;
    update(id: string, changes: Partial<Pick<WebhookEvent, "verdict" | "processed" | "processedAt" | "deploymentId" | "error">>): Promise<void>;
    page(repositoryId: string, page: number, perPage: number): Promise<Page<WebhookEvent>>;
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

/** Dockge's table `setting`. A value is JSON; its keys are unique across all types. */
export interface SettingStore {
    /** The parsed value, or null when there is none. */
    get(key: string): Promise<unknown>;
    /** Without `type` a setting that exists keeps its own. */
    set(key: string, value: unknown, type?: string | null): Promise<void>;
    /** Every setting of one type; what a logged-in browser sees is `general`. */
    getSettings(type: string): Promise<Record<string, unknown>>;
    /** Upserts every key; a key that belongs to another type is left alone. */
    setSettings(type: string, values: Record<string, unknown>): Promise<void>;
    /** Signs login tokens. Dockge keeps it as raw text, not as JSON. */
    jwtSecret(): Promise<Secret | null>;
    setJwtSecret(secret: Secret): Promise<void>;
}

/** Dockge's table `user`. */
export interface UserStore {
    byId(id: number): Promise<User | null>;
    findByName(username: string): Promise<User | null>;
    first(): Promise<User | null>;
    count(): Promise<number>;
    create(user: { username: string; passwordHash: string }): Promise<User>;
    /** Creates the user only when there is none yet, in one statement; null when somebody was faster. */
    createFirst(user: { username: string; passwordHash: string }): Promise<User | null>;
    /** @returns false when there is no such user */
    updatePassword(id: number, passwordHash: string): Promise<boolean>;
}

export interface AuditLog {
    append(entry: Omit<AuditEntry, "id" | "at">): Promise<void>;
    page(input: { stackId?: string; page: number; perPage: number }): Promise<Page<AuditEntry>>;
}

// ------------------------------------------------------------------ queue

/** The queue as a person or a delivery sees it. */
export interface Queue {
    /** Stores the row (superseding the stack's pending one), tells clients and wakes the workers. */
    enqueue(deployment: Deployment): Promise<Deployment>;
    /** @throws DEPLOYMENT_NOT_FOUND, DEPLOYMENT_NOT_CANCELLABLE */
    cancel(id: string, actor: Actor): Promise<Deployment>;
}
