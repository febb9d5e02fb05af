import { createHash } from "node:crypto";
import type { Knex } from "knex";
import type { Credentials, Repository } from "../domain/entities.ts";
import type { Random, RepositoryStore, Vault, WebhookTarget } from "../domain/ports.ts";
import { Secret, UnreadableSecret } from "../domain/secret.ts";
import type { Beans } from "./beans.ts";
import { buildConfigMapper } from "./build-config-store.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { RepositoryModel } from "./models/repository-model.ts";
import { RowMapper, packSecrets, unpackSecrets, type Columns, type Row } from "./row-mapper.ts";
import { openValue, sealValue } from "./sealed-value.ts";
import type { WebhookTargets } from "./webhook-targets.ts";

type StoredRepository = Omit<Repository, "credentials" | "publicKey">;

const COLUMNS: Columns<StoredRepository> = {
    id: "plain",
    stackId: "plain",
    url: "plain",
    branch: "plain",
    authType: "plain",
    provider: "plain",
    webhookSecret: "sealed",
    previousWebhookSecret: "sealed",
    previousSecretValidUntil: "plain",
    webhookSigningToken: "sealed",
    autoSync: "boolean",
    syncInterval: "plain",
    syncCron: "plain",
    fetchSubmodules: "boolean",
    fetchLfs: "boolean",
    lastSyncedAt: "plain",
    lastSyncedCommit: "plain",
    autoDeployPausedAt: "plain",
    createdAt: "plain",
    updatedAt: "plain",
};

const TABLE = "git_repositories";

interface SshKeyRow {
    id: string;
    repository_id: string;
    type: string | null;
    public_key: string | null;
    fingerprint: string | null;
    private_key: string | null;
    created_at: number;
}

type PackedCredential = "username" | "token" | "passphrase";

/** `credentials` is one sealed value with all but the private key, which lies sealed in `ssh_keys` beside its public half. */
export class SqliteRepositoryStore implements RepositoryStore {
    readonly #knex: Knex;
    readonly #writes: GroupCommit;
    readonly #beans: Beans;
    readonly #vault: Vault;
    readonly #random: Random;
    readonly #mapper: RowMapper<StoredRepository>;
    readonly #targets: WebhookTargets;

    constructor(parts: { knex: Knex; writes: GroupCommit; beans: Beans; vault: Vault; random: Random; targets: WebhookTargets }) {
        this.#knex = parts.knex;
        this.#writes = parts.writes;
        this.#beans = parts.beans;
        this.#vault = parts.vault;
        this.#random = parts.random;
        this.#mapper = new RowMapper(TABLE, COLUMNS, parts.vault);
        this.#targets = parts.targets;
    }

    async byId(id: string): Promise<Repository | null> {
        return await this.#read(await this.#beans.findOne(TABLE, "id = ?", [id]));
    }

    async byStack(stackId: string): Promise<Repository | null> {
        return await this.#read(await this.#beans.findOne(TABLE, "stack_id = ?", [stackId]));
    }

    async webhookTarget(id: string): Promise<WebhookTarget | null> {
        return await this.#targets.get(id, async () => {
            const row = (await this.#knex(TABLE).where({ id }).first()) as Row | undefined;
            if (row === undefined) {
                return null;
            }
            const repository = this.#mapper.fromRow(row);
            const config = (await this.#knex("build_configs").where({ stack_id: repository.stackId }).first()) as Row | undefined;
            return { repository, config: config === undefined ? null : buildConfigMapper(this.#vault).fromRow(config) };
        });
    }

    async all(): Promise<Repository[]> {
        // Without beans, which for a thousand rows cost several times what reading and opening them does.
        const rows: Row[] = await this.#knex<Row, Row[]>(TABLE).select("*").orderBy("stack_id");
        const keys = new Map((await this.#knex<SshKeyRow>("ssh_keys").select("*")).map((key) => [key.repository_id, key]));
        return rows.map((row) => this.#toEntity(row, keys.get(String(row["id"]))));
    }

    async insert(repository: Repository): Promise<void> {
        await this.#knex.transaction(async (transaction) => {
            await transaction(TABLE).insert({
                ...this.#mapper.toRow(repository, repository.id),
                credentials: this.#sealCredentials(repository.id, repository.credentials),
                // Below the public URL, which is a setting and may change.
                webhook_url: `/api/webhooks/deploy/${repository.id}`,
            });
            await this.#saveKey(transaction, repository.id, repository.createdAt, { privateKey: repository.credentials.privateKey, publicKey: repository.publicKey });
        });
    }

    async update(id: string, changes: Partial<Omit<Repository, "id" | "stackId" | "createdAt">>): Promise<void> {
        const { credentials, publicKey, ...rest } = changes;
        const row = this.#mapper.toRow(rest, id);
        if (credentials !== undefined) {
            row["credentials"] = this.#sealCredentials(id, credentials);
        }
        await this.#writes.run(async (transaction) => {
            const stored = await transaction<{ id: string; url: string; updated_at: number }>(TABLE).where({ id }).first("url", "updated_at");
            if (stored === undefined) {
                return;
            }
            if (Object.keys(row).length > 0) {
                await transaction(TABLE).where({ id }).update(row);
            }
            if (credentials !== undefined || publicKey !== undefined) {
                await this.#saveKey(transaction, id, changes.updatedAt ?? stored.updated_at, { privateKey: credentials?.privateKey, publicKey });
            }
            if (changes.url !== undefined && changes.url !== stored.url) {
                await transaction("synced_refs").where({ repository_id: id }).delete();
            }
        });
        this.#targets.forget();
    }

    async remove(id: string): Promise<void> {
        await this.#knex.transaction(async (transaction) => {
            // Their files lie in the repository's mirror, which goes: nothing can return to them.
            await transaction("releases").where({ repository_id: id }).update({ status: "removed" });
            // Foreign keys take the key, the synced refs, the build config and the deliveries with it.
            await transaction(TABLE).where({ id }).delete();
        });
        this.#targets.forget();
    }

    async syncedRefs(id: string): Promise<Map<string, string>> {
        const rows = await this.#knex<{ repository_id: string; ref: string; commit_sha: string }>("synced_refs").where({ repository_id: id });
        return new Map(rows.map((row) => [row.ref, row.commit_sha]));
    }

    async setSyncedRefs(id: string, refs: ReadonlyMap<string, string>): Promise<void> {
        await this.#knex.transaction(async (transaction) => {
            await transaction("synced_refs").where({ repository_id: id }).delete();
            const rows = [...refs].map(([ref, sha]) => ({ repository_id: id, ref, commit_sha: sha }));
            // A repository that was removed meanwhile has no refs to remember.
            if (rows.length > 0 && (await transaction(TABLE).where({ id }).first("id")) !== undefined) {
                await transaction.batchInsert("synced_refs", rows, 200);
            }
        });
    }

    async #read(bean: RepositoryModel | null): Promise<Repository | null> {
        if (bean === null) {
            return null;
        }
        return this.#toEntity(bean.toRow(), await this.#knex<SshKeyRow>("ssh_keys").where({ repository_id: bean.id }).first());
    }

    #toEntity(row: Row, key: SshKeyRow | undefined): Repository {
        const packed = openValue(this.#vault, String(row["credentials"]), { table: TABLE, id: String(row["id"]), column: "credentials" });
        const isLost = packed instanceof UnreadableSecret;
        const { username, token, passphrase } = isLost ? {} : unpackSecrets<PackedCredential>(packed);
        return {
            ...this.#mapper.fromRow(row),
            credentials: {
                username: username ?? null,
                token: isLost && row["auth_type"] === "http_token" ? packed : toSecret(token),
                privateKey: key === undefined || key.private_key === null ? null : openValue(this.#vault, key.private_key, { table: "ssh_keys", id: key.id, column: "private_key" }),
                passphrase: toSecret(passphrase),
            },
            publicKey: key?.public_key ?? null,
        };
    }

    #sealCredentials(id: string, credentials: Credentials): string {
        const { username, token, passphrase } = credentials;
        const packed: Record<PackedCredential, string | Secret | null> = { username, token, passphrase };
        // The token of an unreadable one stands for all of it.
        const secret = token instanceof UnreadableSecret && username === null ? token : packSecrets(packed);
        return sealValue(this.#vault, secret, { table: TABLE, id, column: "credentials" });
    }

    /** A half that is undefined stays as it is. */
    async #saveKey(
        transaction: Knex.Transaction,
        repositoryId: string,
        now: number,
        halves: { privateKey: Secret | null | undefined; publicKey: string | null | undefined },
    ): Promise<void> {
        const stored = await transaction<SshKeyRow>("ssh_keys").where({ repository_id: repositoryId }).first();
        const id = stored?.id ?? this.#random.uuid();
        const { privateKey } = halves;
        const sealed =
            privateKey === undefined ? (stored?.private_key ?? null) : privateKey === null ? null : sealValue(this.#vault, privateKey, { table: "ssh_keys", id, column: "private_key" });
        const publicKey = halves.publicKey === undefined ? (stored?.public_key ?? null) : halves.publicKey;
        if (sealed === null && publicKey === null) {
            await transaction("ssh_keys").where({ repository_id: repositoryId }).delete();
            return;
        }
        const row: SshKeyRow = {
            id,
            repository_id: repositoryId,
            type: publicKey?.split(" ")[0] ?? null,
            public_key: publicKey,
            fingerprint: fingerprint(publicKey),
            private_key: sealed,
            created_at: stored?.created_at ?? now,
        };
        await transaction("ssh_keys").insert(row).onConflict("repository_id").merge();
    }
}

function toSecret(value: string | null | undefined): Secret | null {
    return value === null || value === undefined ? null : new Secret(value);
}

/** As `ssh-keygen -l` prints it: the SHA-256 of the key's bytes, Base64 without padding. */
function fingerprint(publicKey: string | null): string | null {
    const bytes = publicKey?.split(" ")[1];
    return bytes === undefined ? null : `SHA256:${createHash("sha256").update(Buffer.from(bytes, "base64")).digest("base64").replace(/=+$/, "")}`;
}
