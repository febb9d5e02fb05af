import type { Knex } from "knex";
import type { Release } from "../domain/entities.ts";
import type { DeployedRelease, ReleaseStore, Vault } from "../domain/ports.ts";
import { RowMapper, type Columns, type Row } from "./row-mapper.ts";

const COLUMNS: Columns<Release> = {
    id: "plain",
    stackId: "plain",
    repositoryId: "plain",
    deploymentId: "plain",
    commitSha: "plain",
    treeId: "plain",
    composeYaml: "plain",
    composeFile: "plain",
    healthCheckPath: "plain",
    env: "sealed",
    isEnvTracked: "boolean",
    services: "json",
    status: "plain",
    createdAt: "plain",
    healthyAt: "plain",
};

/** Statuses of releases whose images may still be there. */
const KEPT: Release["status"][] = ["healthy", "candidate", "failed"];

/**
 * Newest first. By the order in which they were stored, not by their times: a clock that was set back must not make an old release the current one.
 * A stack has one release at a time, so the order is also the one in which they became healthy.
 */
const NEWEST_FIRST = "rowid DESC";

export class SqliteReleaseStore implements ReleaseStore {
    readonly #knex: Knex;
    readonly #mapper: RowMapper<Release>;

    constructor(knex: Knex, vault: Vault) {
        this.#knex = knex;
        this.#mapper = new RowMapper("releases", COLUMNS, vault);
    }

    async byId(id: string): Promise<Release | null> {
        return await this.#first(this.#rows().where({ id }));
    }

    async byDeployment(deploymentId: string): Promise<Release | null> {
        return await this.#first(this.#rows().where({ deployment_id: deploymentId }).orderByRaw(NEWEST_FIRST));
    }

    async insert(release: Release): Promise<void> {
        await this.#knex("releases").insert(this.#mapper.toRow(release, release.id));
    }

    async update(id: string, changes: Partial<Pick<Release, "status" | "healthyAt" | "services">>): Promise<void> {
        const row = this.#mapper.toRow(changes, id);
        if (Object.keys(row).length > 0) {
            await this.#knex("releases").where({ id }).update(row);
        }
    }

    async healthyOf(stackId: string): Promise<Release[]> {
        return await this.#all(this.#rows().where({ stack_id: stackId, status: "healthy" }).orderByRaw(NEWEST_FIRST));
    }

    async recentOf(stackId: string, limit: number): Promise<Release[]> {
        return await this.#all(this.#rows().where({ stack_id: stackId }).whereIn("status", KEPT).orderByRaw(NEWEST_FIRST).limit(limit));
    }

    async currentOf(stackId: string): Promise<Release | null> {
        return (
            (await this.#first(this.#rows().where({ stack_id: stackId, status: "healthy" }).orderByRaw(NEWEST_FIRST))) ??
            (await this.#first(this.#rows().where({ stack_id: stackId, status: "baseline" }).orderByRaw(NEWEST_FIRST)))
        );
    }

    async healthyIds(): Promise<Set<string>> {
        const rows = (await this.#knex("releases").select("id").where({ status: "healthy" })) as { id: string }[];
        return new Set(rows.map((row) => row.id));
    }

    async deployed(stackIds?: readonly string[]): Promise<Map<string, DeployedRelease>> {
        // With a bare column beside max(), SQLite takes the other columns from the row that holds it.
        const query = this.#knex("releases").select("stack_id", "commit_sha", "compose_file", "is_env_tracked").max("rowid").where({ status: "healthy" }).groupBy("stack_id");
        const rows = (await (stackIds === undefined ? query : query.whereIn("stack_id", stackIds))) as { stack_id: string; commit_sha: string; compose_file: string | null; is_env_tracked: number | null }[];
        return new Map(rows.map((row) => [row.stack_id, { commitSha: row.commit_sha, composeFile: row.compose_file, isEnvTracked: row.is_env_tracked === null ? null : row.is_env_tracked === 1 }]));
    }

    async findReusable(stackId: string, service: string, buildKey: string): Promise<{ imageId: string; keepTag: string } | null> {
        const rows = await this.#knex.raw<{ image_id: string; keep_tag: string }[]>(
            `SELECT json_extract(item.value, '$.imageId') AS image_id, json_extract(item.value, '$.keepTag') AS keep_tag
             FROM releases, json_each(releases.services) AS item
             WHERE releases.stack_id = :stackId AND releases.status IN ('healthy', 'candidate', 'failed')
               AND json_extract(item.value, '$.service') = :service AND json_extract(item.value, '$.buildKey') = :buildKey
             ORDER BY releases.status = 'healthy' DESC, releases.rowid DESC LIMIT 1`,
            { stackId, service, buildKey },
        );
        return rows[0] === undefined ? null : { imageId: rows[0].image_id, keepTag: rows[0].keep_tag };
    }

    #rows(): Knex.QueryBuilder<Row, Row[]> {
        return this.#knex<Row, Row[]>("releases").select("*");
    }

    async #all(query: Knex.QueryBuilder<Row, Row[]>): Promise<Release[]> {
        return (await query).map((row) => this.#mapper.fromRow(row));
    }

    async #first(query: Knex.QueryBuilder<Row, Row[]>): Promise<Release | null> {
        const [row] = await query.limit(1);
        return row === undefined ? null : this.#mapper.fromRow(row);
    }
}
