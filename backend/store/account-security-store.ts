import type { Knex } from "knex";
import type { AccountSecurity } from "../domain/entities.ts";
import type { AccountSecurityStore, Random, Vault } from "../domain/ports.ts";
import type { Secret } from "../domain/secret.ts";
import { sealContext } from "./sealed-value.ts";

const TABLE = "account_security";

interface SecurityRow {
    id: string;
    two_factor_secret: string | null;
    two_factor_since: number | null;
    last_step: number | null;
    pending_secret: string | null;
    pending_since: number | null;
    pending_step: number | null;
    signed_out_before: number;
}

interface RecoveryCodeRow {
    id: string;
    user_id: number;
    hash: string;
    used_at: number | null;
}

export class SqliteAccountSecurityStore implements AccountSecurityStore {
    readonly #knex: Knex;
    readonly #vault: Vault;
    readonly #random: Pick<Random, "uuid">;

    constructor(parts: { knex: Knex; vault: Vault; random: Pick<Random, "uuid"> }) {
        this.#knex = parts.knex;
        this.#vault = parts.vault;
        this.#random = parts.random;
    }

    async byUser(userId: number): Promise<AccountSecurity> {
        const row = await this.#row(userId);
        return {
            twoFactorSince: row?.two_factor_since ?? null,
            pendingSince: row?.pending_since ?? null,
            pendingStep: row?.pending_step ?? null,
            signedOutBefore: row?.signed_out_before ?? 0,
        };
    }

    async twoFactorSecret(userId: number): Promise<Secret | null> {
        return this.#open(userId, "two_factor_secret", await this.#row(userId));
    }

    async pendingSecret(userId: number): Promise<Secret | null> {
        return this.#open(userId, "pending_secret", await this.#row(userId));
    }

    async setPending(userId: number, secret: Secret, at: number): Promise<void> {
        await this.#put(this.#knex, userId, { pending_secret: this.#seal(userId, "pending_secret", secret), pending_since: at, pending_step: null });
    }

    async setPendingStep(userId: number, step: number): Promise<void> {
        await this.#put(this.#knex, userId, { pending_step: step });
    }

    async enableTwoFactor(userId: number, enabled: { secret: Secret; at: number; lastStep: number; recoveryCodeHashes: string[] }): Promise<void> {
        await this.#knex.transaction(async (transaction) => {
            await this.#put(transaction, userId, {
                two_factor_secret: this.#seal(userId, "two_factor_secret", enabled.secret),
                two_factor_since: enabled.at,
                last_step: enabled.lastStep,
                pending_secret: null,
                pending_since: null,
                pending_step: null,
            });
            await this.#replaceCodes(transaction, userId, enabled.recoveryCodeHashes);
        });
    }

    async disableTwoFactor(userId: number): Promise<void> {
        await this.#knex.transaction(async (transaction) => {
            await this.#put(transaction, userId, { two_factor_secret: null, two_factor_since: null, last_step: null, pending_secret: null, pending_since: null, pending_step: null });
            await this.#replaceCodes(transaction, userId, []);
        });
    }

    async useStep(userId: number, step: number): Promise<boolean> {
        const changed = await this.#knex<SecurityRow>(TABLE)
            .where({ id: String(userId) })
            .where((any) => void any.whereNull("last_step").orWhere("last_step", "<", step))
            .update({ last_step: step });
        return changed > 0;
    }

    async useRecoveryCode(userId: number, hash: string, at: number): Promise<boolean> {
        return (await this.#knex<RecoveryCodeRow>("recovery_codes").where({ user_id: userId, hash, used_at: null }).update({ used_at: at })) > 0;
    }

    async replaceRecoveryCodes(userId: number, hashes: string[]): Promise<void> {
        await this.#knex.transaction((transaction) => this.#replaceCodes(transaction, userId, hashes));
    }

    async recoveryCodesLeft(userId: number): Promise<number> {
        const [row] = await this.#knex<RecoveryCodeRow>("recovery_codes").where({ user_id: userId, used_at: null }).count<{ count: number }[]>({ count: "*" });
        return row?.count ?? 0;
    }

    async setSignedOutBefore(userId: number, at: number): Promise<void> {
        await this.#put(this.#knex, userId, { signed_out_before: at });
    }

    async #row(userId: number): Promise<SecurityRow | null> {
        return (await this.#knex<SecurityRow>(TABLE).where({ id: String(userId) }).first()) ?? null;
    }

    async #put(knex: Knex, userId: number, values: Partial<SecurityRow>): Promise<void> {
        await knex<SecurityRow>(TABLE)
            .insert({ id: String(userId), ...values })
            .onConflict("id")
            .merge(values);
    }

    async #replaceCodes(transaction: Knex.Transaction, userId: number, hashes: string[]): Promise<void> {
        await transaction<RecoveryCodeRow>("recovery_codes").where({ user_id: userId }).delete();
        if (hashes.length > 0) {
            await transaction<RecoveryCodeRow>("recovery_codes").insert(hashes.map((hash) => ({ id: this.#random.uuid(), user_id: userId, hash, used_at: null })));
        }
    }

    #seal(userId: number, column: "two_factor_secret" | "pending_secret", secret: Secret): string {
        return this.#vault.seal(secret, sealContext({ table: TABLE, id: String(userId), column }));
    }

    #open(userId: number, column: "two_factor_secret" | "pending_secret", row: SecurityRow | null): Secret | null {
        const sealed = row?.[column] ?? null;
        return sealed === null ? null : this.#vault.open(sealed, sealContext({ table: TABLE, id: String(userId), column }));
    }
}
