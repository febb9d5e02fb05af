import type { Knex } from "knex";
import { DEPLOYMENT_STATUSES, isFinal, type DeploymentStatus, type StepStatus } from "../../common/deployment.ts";
import type { DeploymentListInput } from "../../common/schemas.ts";
import type { Page } from "../../common/views.ts";
import type { Deployment, DeploymentStep } from "../domain/entities.ts";
import type { DeploymentStore, Enqueued, Lease, PushedRef, Vault } from "../domain/ports.ts";
import { DEPLOYMENTS, deploymentMapper, type DeploymentMapper } from "./deployment-mapper.ts";
import { deploymentPage } from "./deployment-page.ts";
import { enqueueIn } from "./enqueue.ts";
import { RowMapper, type Columns, type Row } from "./row-mapper.ts";

interface PushedRow {
    id: string;
    commit_sha: string | null;
    branch: string | null;
    tag: string | null;
}

type Changes = Partial<Omit<Deployment, "id" | "status" | "stackId" | "createdAt">>;

const STEP_COLUMNS: Columns<DeploymentStep> = {
    id: "plain",
    deploymentId: "plain",
    name: "plain",
    status: "plain",
    startedAt: "plain",
    completedAt: "plain",
    error: "plain",
};

/** No try is put off longer. What lies further ahead was written by a clock that has been set back since, and is due. */
const LONGEST_WAIT_MS = 2 ** 11 * 1000;

const RUNNING: DeploymentStatus[] = ["building", "deploying"];

/** Nothing else of the row's stack runs. */
const STACK_IS_FREE = `NOT EXISTS (
    SELECT 1 FROM deployments other WHERE other.stack_id = d.stack_id AND other.id <> d.id AND other.status IN ('building', 'deploying')
)`;

/** The queue is the table: every method is one statement or one immediate transaction, so that two workers never agree on the same row. */
export class SqliteDeploymentStore implements DeploymentStore {
    readonly #knex: Knex;
    readonly #mapper: DeploymentMapper;
    readonly #stepMapper: RowMapper<DeploymentStep>;

    constructor(knex: Knex, vault: Vault) {
        this.#knex = knex;
        this.#mapper = deploymentMapper(vault);
        this.#stepMapper = new RowMapper("deployment_steps", STEP_COLUMNS, vault);
    }

    async byId(id: string): Promise<Deployment | null> {
        return await this.#first(this.#rows().where({ id }));
    }

    async enqueue(deployment: Deployment): Promise<Enqueued> {
        return await this.#knex.transaction(async (transaction) => await enqueueIn(transaction, this.#mapper, deployment));
    }

    async claim(lease: Lease, now: number): Promise<Deployment | null> {
        const rows = await this.#knex.raw<Row[]>(
            `UPDATE deployments SET status = 'building', started_at = coalesce(started_at, :now), lease_owner = :owner, lease_until = :until
             WHERE rowid = (
                 SELECT d.rowid FROM deployments d
                 WHERE d.status IN ('pending', 'building')
                   AND (d.status = 'pending' OR d.lease_until IS NULL OR d.lease_until <= :now)
                   AND (d.not_before IS NULL OR d.not_before NOT BETWEEN :now + 1 AND :now + :longestWait)
                   AND ${STACK_IS_FREE}
                 ORDER BY d.created_at, d.rowid LIMIT 1
             )
             RETURNING *`,
            { now, owner: lease.owner, until: lease.until, longestWait: LONGEST_WAIT_MS },
        );
        return rows[0] === undefined ? null : this.#mapper.fromRow(rows[0]);
    }

    async renew(id: string, lease: Lease): Promise<boolean> {
        return (await this.#knex(DEPLOYMENTS).where({ id, lease_owner: lease.owner }).whereIn("status", RUNNING).update({ lease_until: lease.until })) === 1;
    }

    async release(id: string): Promise<void> {
        await this.#knex(DEPLOYMENTS).where({ id }).update({ lease_owner: null, lease_until: null });
    }

    async nextDueAt(): Promise<number | null> {
        const rows = await this.#knex.raw<{ due: number | null }[]>(
            `SELECT min(max(coalesce(d.not_before, d.created_at), CASE d.status WHEN 'building' THEN coalesce(d.lease_until, 0) ELSE 0 END)) AS due
             FROM deployments d WHERE d.status IN ('pending', 'building') AND ${STACK_IS_FREE}`,
        );
        return rows[0]?.due ?? null;
    }

    async update(id: string, changes: Changes): Promise<void> {
        const row = this.#mapper.toRow(changes, id);
        if (Object.keys(row).length > 0) {
            await this.#knex(DEPLOYMENTS).where({ id }).update(row);
        }
    }

    async transition(id: string, from: DeploymentStatus, to: DeploymentStatus, changes: Changes = {}): Promise<Deployment | null> {
        const row: Record<string, Knex.Value | Knex.Raw> = { ...this.#mapper.toRow(changes, id), status: to };
        if (isFinal(to)) {
            row["lease_owner"] = null;
            row["lease_until"] = null;
            row["duration"] = this.#knex.raw("max(0, ? - started_at) / 1000.0", [changes.completedAt ?? null]);
        }
        const [changed] = (await this.#knex(DEPLOYMENTS).where({ id, status: from }).update(row).returning("*")) as Row[];
        return changed === undefined ? null : this.#mapper.fromRow(changed);
    }

    async postpone(id: string, notBefore: number, attempt: number): Promise<void> {
        await this.#knex(DEPLOYMENTS).where({ id, status: "building" }).update({ not_before: notBefore, attempt, lease_owner: null, lease_until: null });
    }

    async withStatus(...statuses: DeploymentStatus[]): Promise<Deployment[]> {
        return (await this.#rows().whereIn("status", statuses).orderByRaw("created_at, rowid")).map((row) => this.#mapper.fromRow(row));
    }

    async pendingOf(stackId: string): Promise<Deployment | null> {
        return await this.#first(this.#rows().where({ stack_id: stackId, status: "pending" }));
    }

    async runningOf(stackId: string): Promise<Deployment | null> {
        return await this.#first(this.#rows().where({ stack_id: stackId }).whereIn("status", RUNNING));
    }

    async latestOf(stackId: string): Promise<Deployment | null> {
        return await this.#first(this.#rows().where({ stack_id: stackId }).orderByRaw("created_at DESC, rowid DESC"));
    }

    async latestByStack(): Promise<Map<string, Deployment>> {
        // Hops from stack to stack along the index; DISTINCT would read every row of the history.
        const rows = await this.#knex.raw<Row[]>(
            `WITH RECURSIVE stacks (stack_id) AS (
                 SELECT min(stack_id) FROM deployments
                 UNION ALL
                 SELECT (SELECT min(stack_id) FROM deployments WHERE stack_id > stacks.stack_id) FROM stacks WHERE stacks.stack_id IS NOT NULL
             )
             SELECT d.* FROM stacks JOIN deployments d
             ON d.rowid = (SELECT rowid FROM deployments WHERE stack_id = stacks.stack_id ORDER BY created_at DESC, rowid DESC LIMIT 1)`,
        );
        return new Map(rows.map((row) => [String(row["stack_id"]), this.#mapper.fromRow(row)]));
    }

    async lastSuccessfulOf(stackId: string): Promise<Deployment | null> {
        return await this.#first(this.#rows().where({ stack_id: stackId, status: "successful" }).orderByRaw("created_at DESC, rowid DESC"));
    }

    async page(stackId: string, filter: DeploymentListInput): Promise<Page<Deployment>> {
        const { rows, total } = await deploymentPage(this.#knex, stackId, filter);
        return { items: rows.map((row) => this.#mapper.fromRow(row)), total, page: filter.page, perPage: filter.perPage };
    }

    async pushedRefs(ids: readonly string[]): Promise<Map<string, PushedRef>> {
        const rows = await this.#knex(DEPLOYMENTS).select("id", "commit_sha", "branch", "tag").whereIn("id", ids);
        return new Map((rows as PushedRow[]).map((row) => [row.id, { commitSha: row.commit_sha, branch: row.branch, tag: row.tag }]));
    }

    async counts(): Promise<{ status: DeploymentStatus; count: number }[]> {
        const rows = await this.#knex(DEPLOYMENTS).select("status").groupBy("status").count<{ status: DeploymentStatus; count: number }[]>({ count: "*" });
        const counted = new Map(rows.map((row) => [row.status, row.count]));
        return DEPLOYMENT_STATUSES.map((status) => ({ status, count: counted.get(status) ?? 0 }));
    }

    async steps(deploymentId: string): Promise<DeploymentStep[]> {
        const rows = await this.#knex<Row, Row[]>("deployment_steps").select("*").where({ deployment_id: deploymentId }).orderByRaw("started_at, rowid");
        return rows.map((row) => this.#stepMapper.fromRow(row));
    }

    async startStep(step: DeploymentStep): Promise<void> {
        await this.#knex("deployment_steps").insert(this.#stepMapper.toRow(step, step.id));
    }

    async endStep(id: string, status: Exclude<StepStatus, "running">, at: number, error: string | null): Promise<void> {
        await this.#knex("deployment_steps").where({ id, status: "running" }).update({ status, completed_at: at, error });
    }

    async interruptSteps(deploymentId: string, at: number): Promise<void> {
        await this.#knex("deployment_steps")
            .where({ deployment_id: deploymentId, status: "running" })
            .update({ status: "cancelled", completed_at: at, error: "This step was cut short." });
    }

    #rows(): Knex.QueryBuilder<Row, Row[]> {
        return this.#knex<Row, Row[]>(DEPLOYMENTS).select("*");
    }

    async #first(query: Knex.QueryBuilder<Row, Row[]>): Promise<Deployment | null> {
        const [row] = await query.limit(1);
        return row === undefined ? null : this.#mapper.fromRow(row);
    }
}
