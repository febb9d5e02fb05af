import type { Knex } from "knex";
import { DeployError } from "../domain/errors.ts";
import type { Agent, AgentStore, Vault } from "../domain/ports.ts";
import { Secret } from "../domain/secret.ts";
import { sealContext } from "./sealed-value.ts";
import { SEALED_PREFIX } from "./sealed-columns.ts";

interface AgentRow {
    id: number;
    url: string;
    username: string;
    password: string;
    name?: string | null;
}

/**
 * Names of agents in a database that a Dockge 1.5.0 has made: its table has no column for them. The table stays as it is, since a later Dockge
 * may want to add that column itself.
 */
const NAMES_SETTING = "gitDeployAgentNames";
const SETTING_TYPE = "git-deploy";

/** Dockge's table, through plain knex: what is there differs from version to version. */
export class SqliteAgentStore implements AgentStore {
    readonly #knex: Knex;
    readonly #vault: Vault;

    constructor(knex: Knex, vault: Vault) {
        this.#knex = knex;
        this.#vault = vault;
    }

    async list(): Promise<Agent[]> {
        if (!(await this.#knex.schema.hasTable("agent"))) {
            return [];
        }
        const rows = await this.#knex<AgentRow>("agent").select("*").orderBy("id");
        const names = rows.some((row) => !("name" in row)) ? await readNames(this.#knex) : {};
        return rows.map((row) => ({
            id: row.id,
            url: row.url,
            username: row.username,
            password: this.#open(row),
            name: row.name ?? names[row.url] ?? "",
        }));
    }

    async add({ url, username, password, name }: { url: string; username: string; password: Secret; name: string }): Promise<void> {
        await this.#knex.transaction(async (transaction) => {
            if (!(await transaction.schema.hasTable("agent"))) {
                throw new DeployError("STORE_UNAVAILABLE", "The database was made by a Dockge older than 1.4.0, which had no agents. Start Dockge 1.5.0 on this data folder once, then try again.");
            }
            if ((await transaction<AgentRow>("agent").where({ url }).first()) !== undefined) {
                throw new DeployError("AGENT_EXISTS", `${url} is an agent already.`);
            }
            // The place that a sealed text is bound to has the id in it, which the database gives.
            const [id = 0] = await transaction<AgentRow>("agent").insert({ url, username, password: "" });
            await transaction<AgentRow>("agent").where({ id }).update({ password: this.#seal(password, id) });
            await writeName(transaction, url, name);
        });
    }

    async remove(url: string): Promise<boolean> {
        return await this.#change(url, async (transaction) => {
            await writeName(transaction, url, "");
            await transaction<AgentRow>("agent").where({ url }).delete();
        });
    }

    async rename(url: string, name: string): Promise<boolean> {
        return await this.#change(url, async (transaction) => await writeName(transaction, url, name));
    }

    async sealPasswords(): Promise<number> {
        return await this.#rewrite((row) => (isSealed(row.password) ? null : this.#seal(new Secret(row.password), row.id)));
    }

    async unsealPasswords(): Promise<number> {
        return await this.#rewrite((row) => (isSealed(row.password) ? (this.#open(row)?.reveal() ?? null) : null));
    }

    async #change(url: string, change: (transaction: Knex.Transaction) => Promise<void>): Promise<boolean> {
        return await this.#knex.transaction(async (transaction) => {
            const isThere = (await transaction.schema.hasTable("agent")) && (await transaction<AgentRow>("agent").where({ url }).first()) !== undefined;
            if (isThere) {
                await change(transaction);
            }
            return isThere;
        });
    }

    /** `next` gives the password as it should be stored, or null to leave it. */
    async #rewrite(next: (row: AgentRow) => string | null): Promise<number> {
        return await this.#knex.transaction(async (transaction) => {
            if (!(await transaction.schema.hasTable("agent"))) {
                return 0;
            }
            let count = 0;
            for (const row of await transaction<AgentRow>("agent").select("*")) {
                const password = next(row);
                if (password !== null) {
                    await transaction<AgentRow>("agent").where({ id: row.id }).update({ password });
                    count++;
                }
            }
            return count;
        });
    }

    #seal(password: Secret, id: number): string {
        return this.#vault.seal(password, sealContext({ table: "agent", id: String(id), column: "password" }));
    }

    /** One key that is lost must not hide the other agents. */
    #open({ id, password }: AgentRow): Secret | null {
        if (!isSealed(password)) {
            return new Secret(password);
        }
        try {
            return this.#vault.open(password, sealContext({ table: "agent", id: String(id), column: "password" }));
        } catch {
            return null;
        }
    }
}

function isSealed(password: string): boolean {
    return password.startsWith(SEALED_PREFIX);
}

async function writeName(transaction: Knex.Transaction, url: string, name: string): Promise<void> {
    if (await transaction.schema.hasColumn("agent", "name")) {
        await transaction<AgentRow>("agent").where({ url }).update({ name });
        return;
    }
    const names = { ...(await readNames(transaction)), [url]: name };
    const value = JSON.stringify(Object.fromEntries(Object.entries(names).filter(([, given]) => given !== "")));
    const changed = await transaction("setting").where({ key: NAMES_SETTING }).update({ value });
    if (changed === 0) {
        await transaction("setting").insert({ key: NAMES_SETTING, value, type: SETTING_TYPE });
    }
}

async function readNames(knex: Knex): Promise<Record<string, string>> {
    const row = await knex<{ key: string; value: string | null }>("setting").where({ key: NAMES_SETTING }).first();
    return JSON.parse(row?.value ?? "{}") as Record<string, string>;
}
