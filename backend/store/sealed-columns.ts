import type { Knex } from "knex";
import { DeployError } from "../domain/errors.ts";
import type { Vault } from "../domain/ports.ts";
import type { Row } from "./row-mapper.ts";
import { sealContext } from "./sealed-value.ts";

/** What the vault's texts begin with. */
export const SEALED_PREFIX = "enc:v1:";

/** Every column that may hold a sealed value. Only this list is rotated: a new sealed column belongs into it. */
export const SEALED_COLUMNS: readonly { table: string; columns: readonly string[]; condition?: string }[] = [
    { table: "git_repositories", columns: ["credentials", "webhook_secret", "previous_webhook_secret", "webhook_signing_token"] },
    { table: "ssh_keys", columns: ["private_key"] },
    { table: "env_vars", columns: ["value"], condition: "secret = 1" },
    { table: "releases", columns: ["env"] },
    // Dockge's own table: it may be missing, and has plain passwords until our own server has started once.
    { table: "agent", columns: ["password"], condition: `password LIKE '${SEALED_PREFIX}%'` },
    { table: "account_security", columns: ["two_factor_secret", "pending_secret"] },
];

/** How many values are sealed, and how many of them open with none of the vault's keys. */
export async function countSealed(knex: Knex, vault: Vault): Promise<{ sealed: number; unreadable: number }> {
    const count = { sealed: 0, unreadable: 0 };
    for await (const { table, id, column, sealed } of sealedValues(knex)) {
        count.sealed++;
        try {
            vault.open(sealed, sealContext({ table, id, column }));
        } catch (error) {
            if (!(error instanceof DeployError && error.code === "SECRET_UNREADABLE")) {
                throw error;
            }
            count.unreadable++;
        }
    }
    return count;
}

/**
 * Seals anew every value that was sealed with a former key, all in one transaction: it either happened or did not, and can be repeated.
 * @returns how many values were sealed anew @throws SECRET_UNREADABLE when a value opens with none of the vault's keys
 */
export async function resealAll(knex: Knex, vault: Vault): Promise<number> {
    return await knex.transaction(async (transaction) => {
        let count = 0;
        for await (const { table, id, column, sealed } of sealedValues(transaction)) {
            if (vault.isStale(sealed)) {
                const context = sealContext({ table, id, column });
                await transaction(table)
                    .where({ id })
                    .update({ [column]: vault.seal(vault.open(sealed, context), context) });
                count++;
            }
        }
        return count;
    });
}

async function* sealedValues(knex: Knex): AsyncGenerator<{ table: string; id: string; column: string; sealed: string }> {
    for (const { table, columns, condition } of SEALED_COLUMNS) {
        if (!(await knex.schema.hasTable(table))) {
            continue;
        }
        const rows = await knex<Row, Row[]>(table)
            .select("id", ...columns)
            .whereRaw(condition ?? "1 = 1");
        for (const row of rows) {
            for (const column of columns) {
                const sealed = row[column];
                if (typeof sealed === "string") {
                    yield { table, id: String(row["id"]), column, sealed };
                }
            }
        }
    }
}
