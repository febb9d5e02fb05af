import type { Knex } from "knex";
import type { BuildConfig, EnvironmentVariable } from "../domain/entities.ts";
import type { BuildConfigStore, Random, Vault } from "../domain/ports.ts";
import { Secret, UnreadableSecret } from "../domain/secret.ts";
import type { Beans } from "./beans.ts";
import { RowMapper, type Columns, type Row } from "./row-mapper.ts";
import { openValue, sealValue } from "./sealed-value.ts";
import type { WebhookTargets } from "./webhook-targets.ts";

type StoredConfig = Omit<BuildConfig, "buildArgs" | "environmentVariables">;

const COLUMNS: Columns<StoredConfig> = {
    id: "plain",
    stackId: "plain",
    repositoryId: "plain",
    buildType: "plain",
    dockerfilePath: "plain",
    composePath: "plain",
    preBuildCommands: "json",
    postBuildCommands: "json",
    script: "plain",
    commandImage: "plain",
    timeout: "plain",
    autoDeployOnPush: "boolean",
    autoDeployBranches: "json",
    autoDeployTags: "json",
    includePaths: "json",
    excludePaths: "json",
    healthCheckPath: "plain",
    healthCheckTimeout: "plain",
    settleTime: "plain",
    rollbackOnFailure: "boolean",
    cancelSupersededBuilds: "boolean",
    keepReleases: "plain",
    maxRetries: "plain",
    createdAt: "plain",
    updatedAt: "plain",
};

interface VariableRow {
    id: string;
    build_config_id: string;
    position: number;
    name: string;
    /** Sealed when `secret` is 1. */
    value: string;
    secret: number;
}

type BuildArgRow = Omit<VariableRow, "secret">;

/** Of all that lies in the row itself. */
export function buildConfigMapper(vault: Vault): RowMapper<StoredConfig> {
    return new RowMapper("build_configs", COLUMNS, vault);
}

export class SqliteBuildConfigStore implements BuildConfigStore {
    readonly #knex: Knex;
    readonly #beans: Beans;
    readonly #vault: Vault;
    readonly #random: Random;
    readonly #mapper: RowMapper<StoredConfig>;
    readonly #targets: Pick<WebhookTargets, "forget">;

    constructor(parts: { knex: Knex; beans: Beans; vault: Vault; random: Random; targets: Pick<WebhookTargets, "forget"> }) {
        this.#knex = parts.knex;
        this.#beans = parts.beans;
        this.#vault = parts.vault;
        this.#random = parts.random;
        this.#mapper = buildConfigMapper(parts.vault);
        this.#targets = parts.targets;
    }

    async byStack(stackId: string): Promise<BuildConfig | null> {
        const bean = await this.#beans.findOne("build_configs", "stack_id = ?", [stackId]);
        if (bean === null) {
            return null;
        }
        const row = bean.toRow();
        return (await this.#reader([row]))(row);
    }

    async all(): Promise<BuildConfig[]> {
        // Without beans, which for a thousand rows cost several times what reading them does.
        const rows: Row[] = await this.#knex<Row, Row[]>("build_configs").select("*").orderBy("stack_id");
        const read = await this.#reader(rows);
        return rows.map((row) => read(row));
    }

    async insert(config: BuildConfig): Promise<void> {
        await this.#knex.transaction(async (transaction) => {
            await transaction("build_configs").insert(this.#mapper.toRow(config, config.id));
            await this.#replaceBuildArgs(transaction, config.id, config.buildArgs);
            await this.#replaceVariables(transaction, config.id, config.environmentVariables);
        });
        this.#targets.forget();
    }

    async update(id: string, changes: Partial<Omit<BuildConfig, "id" | "stackId" | "repositoryId" | "createdAt">>): Promise<void> {
        const { buildArgs, environmentVariables, ...rest } = changes;
        const row = this.#mapper.toRow(rest, id);
        await this.#knex.transaction(async (transaction) => {
            if (Object.keys(row).length > 0) {
                await transaction("build_configs").where({ id }).update(row);
            }
            if (buildArgs !== undefined) {
                await this.#replaceBuildArgs(transaction, id, buildArgs);
            }
            if (environmentVariables !== undefined) {
                await this.#replaceVariables(transaction, id, environmentVariables);
            }
        });
        this.#targets.forget();
    }

    async #reader(rows: readonly Row[]): Promise<(row: Row) => BuildConfig> {
        // One config by its index; all of them by two scans instead of two queries each.
        const ids = rows.length === 1 ? rows.map((row) => String(row["id"])) : null;
        const args = await this.#listsOf<BuildArgRow>("build_args", ids);
        const variables = await this.#listsOf<VariableRow>("env_vars", ids);
        return (row) => ({
            ...this.#mapper.fromRow(row),
            buildArgs: (args.get(String(row["id"])) ?? []).map(({ name, value }) => ({ name, value })),
            environmentVariables: (variables.get(String(row["id"])) ?? []).map((variable) => this.#toVariable(variable)),
        });
    }

    async #listsOf<R extends BuildArgRow>(table: "build_args" | "env_vars", configIds: string[] | null): Promise<Map<string, R[]>> {
        const query = this.#knex(table).select("*").orderBy(["build_config_id", "position"]);
        if (configIds !== null) {
            void query.whereIn("build_config_id", configIds);
        }
        const lists = new Map<string, R[]>();
        for (const row of (await query) as R[]) {
            lists.set(row.build_config_id, [...(lists.get(row.build_config_id) ?? []), row]);
        }
        return lists;
    }

    async #replaceBuildArgs(transaction: Knex.Transaction, configId: string, args: BuildConfig["buildArgs"]): Promise<void> {
        await transaction("build_args").where({ build_config_id: configId }).delete();
        const rows: BuildArgRow[] = args.map(({ name, value }, position) => ({ id: this.#random.uuid(), build_config_id: configId, position, name, value }));
        await transaction.batchInsert("build_args", rows, 100);
    }

    async #replaceVariables(transaction: Knex.Transaction, configId: string, variables: EnvironmentVariable[]): Promise<void> {
        await transaction("env_vars").where({ build_config_id: configId }).delete();
        const rows = variables.map((variable, position): VariableRow => {
            // What cannot be opened is bound to the row it was in.
            const id = variable.value instanceof UnreadableSecret ? variable.value.rowId : this.#random.uuid();
            const value = variable.isSecret ? sealValue(this.#vault, variable.value, { table: "env_vars", id, column: "value" }) : variable.value.reveal();
            return { id, build_config_id: configId, position, name: variable.name, value, secret: variable.isSecret ? 1 : 0 };
        });
        await transaction.batchInsert("env_vars", rows, 100);
    }

    #toVariable(row: VariableRow): EnvironmentVariable {
        const isSecret = row.secret === 1;
        return { name: row.name, isSecret, value: isSecret ? openValue(this.#vault, row.value, { table: "env_vars", id: row.id, column: "value" }) : new Secret(row.value) };
    }
}
