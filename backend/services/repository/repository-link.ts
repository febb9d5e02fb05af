import { CronPattern } from "croner";
import type { RepositoryInput } from "../../../common/schemas.ts";
import type { Repository } from "../../domain/entities.ts";
import { DeployError } from "../../domain/errors.ts";
import { guessProvider, parseGitUrl } from "../../domain/git-url.ts";
import type { AuditLog, BuildConfigStore, Clock, Git, Random, RepositoryStore, SshKeys } from "../../domain/ports.ts";
import { Secret } from "../../domain/secret.ts";
import { newBuildConfig } from "../build-config-defaults.ts";
import type { Caller } from "../caller.ts";
import { confirmHostKey, type HostKeyParts } from "./confirm-host-key.ts";
import { checkAuthFitsUrl, guessAuthType, isSameRemote, NO_CREDENTIALS, resolveCredentials, savedUrl, withUrlUser } from "./repository-credentials.ts";
import type { Stacks } from "../stacks.ts";

export const SECRET_BYTES = 32;
const DEFAULT_SYNC_INTERVAL_S = 300;

export interface RepositoryLinkParts extends HostKeyParts {
    repositories: Pick<RepositoryStore, "insert" | "update">;
    buildConfigs: Pick<BuildConfigStore, "insert">;
    git: Pick<Git, "listRefs">;
    sshKeys: Pick<SshKeys, "generate" | "import">;
    stacks: Stacks;
    audit: Pick<AuditLog, "append">;
    clock: Pick<Clock, "now">;
    random: Random;
    config: { insecureHttpHosts: string[] };
}

export interface SavedRow {
    repository: Repository;
    /** The webhook secret when it is new: this is the only time that it is shown. */
    shownSecret: string | null;
}

/** Makes and changes the row that ties a stack to a remote, from what a person filled in. */
export class RepositoryLink {
    readonly #parts: RepositoryLinkParts;

    constructor(parts: RepositoryLinkParts) {
        this.#parts = parts;
    }

    async link(stack: string, input: RepositoryInput, caller: Caller): Promise<SavedRow> {
        if (input.url === undefined) {
            throw new DeployError("INPUT_INVALID", "url: give the URL of the repository.");
        }
        const url = parseGitUrl(input.url, this.#parts.config);
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
        await confirmHostKey(this.#parts, input.confirmHostKey, url, stack, caller);
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
        await this.#audit(caller, "repository.link", repository, { url: repository.url, branch, authType });
        return { repository, shownSecret: webhookSecret };
    }

    async change(stored: Repository, input: RepositoryInput, caller: Caller): Promise<SavedRow> {
        const url = parseGitUrl(input.url ?? stored.url, this.#parts.config);
        const storedUrl = savedUrl(stored, this.#parts.config);
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
        await confirmHostKey(this.#parts, input.confirmHostKey, url, stored.stackId, caller);
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
        await this.#audit(caller, "repository.change", stored, { fields: Object.keys(input), url: url.href, areCredentialsCleared: isMoved });
        return { repository: { ...stored, ...changes }, shownSecret: input.webhookSecret ?? null };
    }

    async #defaultBranch(remote: Parameters<Git["listRefs"]>[0]): Promise<string | null> {
        try {
            return (await this.#parts.git.listRefs(remote)).defaultBranch;
        } catch {
            // Saving works without the remote; the test of the connection tells what is wrong with it.
            return null;
        }
    }

    async #audit(caller: Caller, action: string, repository: Repository, details: Record<string, unknown> = {}): Promise<void> {
        await this.#parts.audit.append({ actor: caller.actor, action, stackId: repository.stackId, subject: repository.id, details });
    }
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

/** @throws INPUT_INVALID */
export function checkCron(pattern: string | null | undefined): void {
    if (pattern === undefined || pattern === null) {
        return;
    }
    try {
        new CronPattern(pattern);
    } catch (thrown) {
        throw new DeployError("INPUT_INVALID", `syncCron: this is not a cron pattern. ${thrown instanceof Error ? thrown.message : ""}`.trim(), { cause: thrown });
    }
}
