import { CronPattern } from "croner";
import type { RepositoryInput, RepositoryTestInput, RotateSecretInput } from "../../common/schemas.ts";
import type { RepositorySaved, RepositoryTestResult, RepositoryView } from "../../common/wire.ts";
import type { Repository } from "../domain/entities.ts";
import { DeployError, toDeployError } from "../domain/errors.ts";
import { guessProvider, parseGitUrl, type GitUrl } from "../domain/git-url.ts";
import type { AuditLog, BuildConfigStore, Clock, DeploymentStore, Git, KnownHosts, Logger, Queue, Random, RepositoryStore, SshKeys } from "../domain/ports.ts";
import { Secret } from "../domain/secret.ts";
import { Turns } from "../domain/turns.ts";
import { newBuildConfig } from "./build-config-defaults.ts";
import type { Caller } from "./caller.ts";
import { RemoteProbe } from "./remote-probe.ts";
import { checkAuthFitsUrl, guessAuthType, isSameRemote, mergeCredentials, NO_CREDENTIALS, resolveCredentials, withUrlUser } from "./repository-credentials.ts";
import { requireStack, type Stacks } from "./stacks.ts";
import type { Views } from "./views.ts";

const SECRET_BYTES = 32;
const SECRET_OVERLAP_MS = 24 * 60 * 60 * 1000;
const DEFAULT_SYNC_INTERVAL_S = 300;

interface Parts {
    repositories: Pick<RepositoryStore, "byStack" | "insert" | "update" | "remove">;
    buildConfigs: Pick<BuildConfigStore, "insert">;
    deployments: Pick<DeploymentStore, "pendingOf" | "runningOf">;
    queue: Pick<Queue, "cancel">;
    git: Pick<Git, "listRefs" | "fetch" | "listTree" | "readBlob" | "remove">;
    sshKeys: Pick<SshKeys, "generate" | "import">;
    knownHosts: Pick<KnownHosts, "scan" | "confirm">;
    stacks: Stacks;
    audit: Pick<AuditLog, "append">;
    views: Views;
    clock: Pick<Clock, "now">;
    random: Random;
    logger: Logger;
    config: { insecureHttpHosts: string[] };
    /** Told after a repository was linked, changed or unlinked. */
    onChange: (repositoryId: string) => void;
}

/** Links stacks to Git remotes. */
export class RepositoryService {
    readonly #parts: Parts;
    readonly #probe: RemoteProbe;
    readonly #turns = new Turns();

    constructor(parts: Parts) {
        this.#parts = parts;
        this.#probe = new RemoteProbe(parts);
    }

    /** null when the stack follows no repository. @throws STACK_NOT_FOUND */
    async find(stack: string, caller: Caller): Promise<RepositoryView | null> {
        const repository = await this.#parts.repositories.byStack(stack);
        if (repository === null) {
            await requireStack(this.#parts.stacks, stack);
            return null;
        }
        return await this.#parts.views.repository(repository, caller.origin);
    }

    /** @throws REPOSITORY_NOT_LINKED, STACK_NOT_FOUND */
    async get(stack: string, caller: Caller): Promise<RepositoryView> {
        return await this.#parts.views.repository(await this.#require(stack), caller.origin);
    }

    /**
     * Links the stack (made when there is none) or changes its link. Changing where the URL leads clears the stored credentials.
     * The remote need not be reachable: a deploy key can only be added after this has shown its public half.
     * @throws INPUT_INVALID, GIT_URL_INVALID, SSH_KEY_INVALID, SSH_PASSPHRASE_WRONG, GIT_HOST_KEY_UNKNOWN, GIT_HOST_KEY_CHANGED
     */
    async save(stack: string, input: RepositoryInput, caller: Caller): Promise<RepositorySaved> {
        return await this.#turns.take(stack, async () => {
            checkCron(input.syncCron);
            const stored = await this.#parts.repositories.byStack(stack);
            return stored === null ? await this.#link(stack, input, caller) : await this.#change(stored, input, caller);
        });
    }

    /** Ends the link and keeps the stack as it runs. @throws REPOSITORY_NOT_LINKED, STACK_BUSY while a release is being put in place */
    async remove(stack: string, caller: Caller): Promise<void> {
        await this.#turns.take(stack, async () => {
            const repository = await this.#require(stack);
            await this.#refuseWhileDeploying(stack);
            await this.#cancelWaiting(stack, caller);
            await this.#refuseWhileDeploying(stack);
            await this.#parts.repositories.remove(repository.id);
            this.#parts.onChange(repository.id);
            await this.#parts.git.remove(repository.id);
            await this.#audit(caller, "repository.unlink", repository, { url: repository.url });
        });
    }

    /** For a stack that is being deleted. */
    async removeIfLinked(stack: string, caller: Caller): Promise<void> {
        if ((await this.#parts.repositories.byStack(stack)) !== null) {
            await this.remove(stack, caller);
        }
    }

    /**
     * Tries the given values over the saved ones. A stored credential goes only to the place it was saved for.
     * @throws the exact failure: GIT_UNREACHABLE, GIT_AUTH_FAILED, GIT_HOST_KEY_UNKNOWN (with the fingerprints), GIT_REF_MISSING, …
     */
    async test(stack: string, input: RepositoryTestInput, caller: Caller): Promise<RepositoryTestResult> {
        const stored = await this.#parts.repositories.byStack(stack);
        const text = input.url ?? stored?.url;
        if (text === undefined) {
            await requireStack(this.#parts.stacks, stack);
            throw notLinked(stack);
        }
        const url = this.#parseUrl(text);
        const savedUrl = stored === null ? null : this.#savedUrl(stored);
        const isSavedRemote = stored !== null && savedUrl !== null && isSameRemote(savedUrl, url);
        const authType = input.authType ?? (isSavedRemote ? stored.authType : guessAuthType(url, input.credentials));
        checkAuthFitsUrl(authType, url);
        let credentials = mergeCredentials(authType, isSavedRemote ? stored.credentials : NO_CREDENTIALS, withUrlUser(input.credentials, url));
        if (authType === "ssh_key") {
            if (credentials.privateKey === null) {
                throw new DeployError("INPUT_INVALID", "There is no SSH key for this URL yet. Save first, add the public key that is shown at your provider, then test.");
            }
            const hasNewKey = typeof input.credentials?.privateKey === "string" && input.credentials.privateKey !== "";
            if (hasNewKey) {
                credentials = { ...credentials, privateKey: this.#parts.sshKeys.import(credentials.privateKey, credentials.passphrase, stack).privateKey };
            }
        }
        await this.#confirmHostKey(input.confirmHostKey, url, stack, caller);
        const remote = { url: url.href, authType, credentials, provider: input.provider ?? guessProvider(url) };
        const branch = input.branch ?? (isSavedRemote ? stored.branch : null);
        if (isSavedRemote) {
            return await this.#probe.test({ ...remote, id: stored.id }, url, branch);
        }
        const temporaryId = this.#parts.random.uuid();
        try {
            return await this.#probe.test({ ...remote, id: temporaryId }, url, branch);
        } finally {
            await this.#parts.git.remove(temporaryId);
        }
    }

    async listBranches(stack: string): Promise<{ branches: string[]; tags: string[]; defaultBranch: string | null }> {
        const repository = await this.#require(stack);
        const refs = await this.#probe.refs(repository, this.#parseUrl(repository.url));
        return { branches: Object.keys(refs.branches).sort(), tags: Object.keys(refs.tags).sort(), defaultBranch: refs.defaultBranch };
    }

    /** The former secret stays valid for 24 hours, so that deliveries are not lost while the provider's form is being changed. */
    async rotateSecret(stack: string, input: RotateSecretInput, caller: Caller): Promise<{ webhookSecret: string; previousSecretValidUntil: string | null }> {
        return await this.#turns.take(stack, async () => {
            const repository = await this.#require(stack);
            const webhookSecret = input.webhookSecret ?? this.#parts.random.token(SECRET_BYTES);
            const now = this.#parts.clock.now();
            const validUntil = repository.webhookSecret.isEmpty ? null : now + SECRET_OVERLAP_MS;
            await this.#parts.repositories.update(repository.id, {
                webhookSecret: new Secret(webhookSecret),
                previousWebhookSecret: validUntil === null ? null : repository.webhookSecret,
                previousSecretValidUntil: validUntil,
                updatedAt: now,
            });
            await this.#audit(caller, "repository.rotate-secret", repository);
            return { webhookSecret, previousSecretValidUntil: validUntil === null ? null : new Date(validUntil).toISOString() };
        });
    }

    /** Ends the rest that a rollback by hand has given auto-deploy. */
    async resumeAutoDeploy(stack: string, caller: Caller): Promise<RepositoryView> {
        const repository = await this.#require(stack);
        const changes = { autoDeployPausedAt: null, updatedAt: this.#parts.clock.now() };
        await this.#parts.repositories.update(repository.id, changes);
        await this.#audit(caller, "auto-deploy.resume", repository);
        return await this.#parts.views.repository({ ...repository, ...changes }, caller.origin);
    }

    async #link(stack: string, input: RepositoryInput, caller: Caller): Promise<RepositorySaved> {
        if (input.url === undefined) {
            throw new DeployError("INPUT_INVALID", "url: give the URL of the repository.");
        }
        const url = this.#parseUrl(input.url);
        const authType = input.authType ?? guessAuthType(url, input.credentials);
        const { credentials, publicKey, isKeyGenerated } = await resolveCredentials(this.#parts.sshKeys, {
            stack,
            authType,
            stored: NO_CREDENTIALS,
            storedPublicKey: null,
            given: withUrlUser(input.credentials, url),
            keyType: input.sshKeyType ?? "ed25519",
        });
        checkAuthFitsUrl(authType, url);
        requireToken(authType, credentials.token);
        await this.#confirmHostKey(input.confirmHostKey, url, stack, caller);
        const id = this.#parts.random.uuid();
        const provider = input.provider ?? guessProvider(url);
        const webhookSecret = input.webhookSecret ?? this.#parts.random.token(SECRET_BYTES);
        // Nobody has added a key that did not exist until now, so asking the remote could only fail.
        const branch = input.branch ?? (isKeyGenerated ? null : await this.#defaultBranch({ id, url: url.href, authType, credentials, provider })) ?? "main";
        const now = this.#parts.clock.now();
        const repository: Repository = {
            id,
            stackId: stack,
            url: url.href,
            branch,
            authType,
            credentials,
            provider,
            webhookSecret: new Secret(webhookSecret),
            previousWebhookSecret: null,
            previousSecretValidUntil: null,
            webhookSigningToken: signingToken(input.webhookSigningToken, null),
            publicKey,
            autoSync: input.autoSync ?? false,
            syncInterval: input.syncInterval ?? DEFAULT_SYNC_INTERVAL_S,
            syncCron: input.syncCron ?? null,
            fetchSubmodules: input.fetchSubmodules ?? false,
            fetchLfs: input.fetchLfs ?? false,
            lastSyncedAt: null,
            lastSyncedCommit: null,
            autoDeployPausedAt: null,
            createdAt: now,
            updatedAt: now,
        };
        if (!(await this.#parts.stacks.exists(stack))) {
            await this.#parts.stacks.put(stack, {});
        }
        await this.#parts.repositories.insert(repository);
        await this.#parts.buildConfigs.insert(newBuildConfig(this.#parts.random.uuid(), repository, now));
        this.#parts.onChange(repository.id);
        await this.#audit(caller, "repository.link", repository, { url: repository.url, branch, authType });
        return { ...(await this.#parts.views.repository(repository, caller.origin)), webhookSecret };
    }

    async #change(stored: Repository, input: RepositoryInput, caller: Caller): Promise<RepositorySaved> {
        const url = this.#parseUrl(input.url ?? stored.url);
        const storedUrl = this.#savedUrl(stored);
        const isMoved = storedUrl === null || !isSameRemote(storedUrl, url);
        const authType = input.authType ?? stored.authType;
        const { credentials, publicKey } = await resolveCredentials(this.#parts.sshKeys, {
            stack: stored.stackId,
            authType,
            stored: isMoved ? NO_CREDENTIALS : stored.credentials,
            storedPublicKey: isMoved ? null : stored.publicKey,
            given: withUrlUser(input.credentials, url),
            keyType: input.sshKeyType ?? "ed25519",
        });
        checkAuthFitsUrl(authType, url);
        if (!isMoved) {
            requireToken(authType, credentials.token);
        }
        await this.#confirmHostKey(input.confirmHostKey, url, stored.stackId, caller);
        const branch = input.branch ?? stored.branch;
        const changes: Partial<Omit<Repository, "id" | "stackId" | "createdAt">> = {
            url: url.href,
            branch,
            authType,
            credentials,
            publicKey,
            provider: input.provider ?? (storedUrl?.host === url.host ? stored.provider : guessProvider(url)),
            webhookSigningToken: signingToken(input.webhookSigningToken, stored.webhookSigningToken),
            autoSync: input.autoSync ?? stored.autoSync,
            syncInterval: input.syncInterval ?? stored.syncInterval,
            syncCron: input.syncCron === undefined ? stored.syncCron : input.syncCron,
            fetchSubmodules: input.fetchSubmodules ?? stored.fetchSubmodules,
            fetchLfs: input.fetchLfs ?? stored.fetchLfs,
            updatedAt: this.#parts.clock.now(),
            ...(input.webhookSecret === undefined ? {} : { webhookSecret: new Secret(input.webhookSecret), previousWebhookSecret: null, previousSecretValidUntil: null }),
            ...(isMoved || branch !== stored.branch ? { lastSyncedAt: null, lastSyncedCommit: null } : {}),
        };
        await this.#parts.repositories.update(stored.id, changes);
        this.#parts.onChange(stored.id);
        await this.#audit(caller, "repository.change", stored, { fields: Object.keys(input), url: url.href, areCredentialsCleared: isMoved });
        const view = await this.#parts.views.repository({ ...stored, ...changes }, caller.origin);
        return input.webhookSecret === undefined ? view : { ...view, webhookSecret: input.webhookSecret };
    }

    #parseUrl(text: string): GitUrl {
        return parseGitUrl(text, this.#parts.config);
    }

    /** null when the settings do not allow it any more. */
    #savedUrl(stored: Repository): GitUrl | null {
        try {
            return this.#parseUrl(stored.url);
        } catch {
            return null;
        }
    }

    async #require(stack: string): Promise<Repository> {
        const repository = await this.#parts.repositories.byStack(stack);
        if (repository === null) {
            await requireStack(this.#parts.stacks, stack);
            throw notLinked(stack);
        }
        return repository;
    }

    async #refuseWhileDeploying(stack: string): Promise<void> {
        const running = await this.#parts.deployments.runningOf(stack);
        if (running?.status === "deploying") {
            throw new DeployError("STACK_BUSY", "A deployment is being released right now. Unlink the repository when it has ended.", { details: { deploymentId: running.id } });
        }
    }

    async #cancelWaiting(stack: string, caller: Caller): Promise<void> {
        const { deployments, queue } = this.#parts;
        for (const deployment of [await deployments.pendingOf(stack), await deployments.runningOf(stack)]) {
            try {
                if (deployment !== null) {
                    await queue.cancel(deployment.id, caller.actor);
                }
            } catch (thrown) {
                // It went on or ended while we looked; the caller looks again.
                if (toDeployError(thrown).code !== "DEPLOYMENT_NOT_CANCELLABLE") {
                    throw thrown;
                }
            }
        }
    }

    async #defaultBranch(remote: Parameters<Git["listRefs"]>[0]): Promise<string | null> {
        try {
            return (await this.#parts.git.listRefs(remote)).defaultBranch;
        } catch {
            // Saving works without the remote; the test of the connection tells what is wrong with it.
            return null;
        }
    }

    async #confirmHostKey(fingerprint: string | undefined, url: GitUrl, stack: string, caller: Caller): Promise<void> {
        if (fingerprint === undefined) {
            return;
        }
        if (url.scheme !== "ssh") {
            throw new DeployError("INPUT_INVALID", "confirmHostKey: only an SSH URL has a host key to confirm.");
        }
        await this.#parts.knownHosts.confirm(url.host, url.port ?? 22, fingerprint);
        await this.#parts.audit.append({ actor: caller.actor, action: "host-key.confirm", stackId: stack, subject: url.host, details: { port: url.port ?? 22, fingerprint } });
    }

    async #audit(caller: Caller, action: string, repository: Repository, details: Record<string, unknown> = {}): Promise<void> {
        await this.#parts.audit.append({ actor: caller.actor, action, stackId: repository.stackId, subject: repository.id, details });
    }
}

function notLinked(stack: string): DeployError {
    return new DeployError("REPOSITORY_NOT_LINKED", `The stack ${stack} follows no repository yet. Link one first.`);
}

function requireToken(authType: Repository["authType"], token: Secret | null): void {
    if (authType === "http_token" && token === null) {
        throw new DeployError("INPUT_INVALID", "credentials.token: authType http_token needs a token.");
    }
}

function signingToken(given: string | null | undefined, stored: Secret | null): Secret | null {
    if (given === undefined) {
        return stored;
    }
    return given === null ? null : new Secret(given);
}

function checkCron(pattern: string | null | undefined): void {
    if (pattern === undefined || pattern === null) {
        return;
    }
    try {
        new CronPattern(pattern);
    } catch (thrown) {
        throw new DeployError("INPUT_INVALID", `syncCron: this is not a cron pattern. ${thrown instanceof Error ? thrown.message : ""}`.trim(), { cause: thrown });
    }
}
