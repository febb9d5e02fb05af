import type { Knex } from "knex";
import type { Provider, WebhookEventListInput } from "../../common/schemas.ts";
import type { Page } from "../../common/wire.ts";
import type { Deployment, WebhookEvent } from "../domain/entities.ts";
import type { Recorded, Vault, WebhookEventStore } from "../domain/ports.ts";
import { DEPLOYMENTS, deploymentMapper, type DeploymentMapper } from "./deployment-mapper.ts";
import { enqueueIn } from "./enqueue.ts";
import type { GroupCommit } from "./group-commit.ts";
import { narrowToWords, offsetOf } from "./filters.ts";
import { RowMapper, type Columns, type Row } from "./row-mapper.ts";

const TABLE = "webhook_events";

const COLUMNS: Columns<WebhookEvent> = {
    id: "plain",
    repositoryId: "plain",
    provider: "plain",
    eventType: "plain",
    deliveryId: "plain",
    payload: "plain",
    headers: "json",
    signature: "plain",
    verified: "boolean",
    processed: "boolean",
    verdict: "plain",
    deploymentId: "plain",
    receivedAt: "plain",
    processedAt: "plain",
    error: "plain",
};

/** All columns but those that can be megabytes. */
const BRIEF = ["id", "repository_id", "provider", "event_type", "delivery_id", "signature", "verified", "processed", "verdict", "deployment_id", "received_at", "processed_at", "error"];
const SEARCHED = ["event_type", "delivery_id", "verdict", "error"];

/**
 * Their signature is over the body alone, which says when or between which commits something was pushed. The others send a signature that is
 * never the same twice (Standard Webhooks), none, or bodies of a few words that may mean a new deployment each time.
 */
const SIGNS_THE_BODY: ReadonlySet<Provider> = new Set<Provider>(["github", "gitea", "forgejo", "gogs", "bitbucket", "bitbucket_dc"]);

type LatestDelivery = Pick<WebhookEvent, "receivedAt" | "verified" | "verdict">;

export class SqliteWebhookEventStore implements WebhookEventStore {
    readonly #knex: Knex;
    readonly #writes: GroupCommit;
    readonly #mapper: RowMapper<WebhookEvent>;
    readonly #deployments: DeploymentMapper;

    constructor(knex: Knex, vault: Vault, writes: GroupCommit) {
        this.#knex = knex;
        this.#writes = writes;
        this.#mapper = new RowMapper(TABLE, COLUMNS, vault);
        this.#deployments = deploymentMapper(vault);
    }

    async record(event: WebhookEvent, deployment: Deployment | null): Promise<Recorded> {
        return await this.#writes.run(async (transaction) => {
            const former = await this.#formerDelivery(transaction, event);
            if (former !== null && former.deploymentId !== null && event.verified) {
                return { outcome: "duplicate", event: former, deployment: await this.#deployment(transaction, former.deploymentId), superseded: null };
            }
            const deployedBefore = deployment === null ? null : await this.#deployedBefore(transaction, event);
            if (deployedBefore !== null) {
                const repeated = { ...(await this.#makeRoom(transaction, event, former)), verdict: "duplicate", deploymentId: deployedBefore };
                await transaction(TABLE).insert(this.#mapper.toRow(repeated, repeated.id)).onConflict("id").merge();
                return { outcome: "duplicate", event: repeated, deployment: await this.#deployment(transaction, deployedBefore), superseded: null };
            }
            const stored = await this.#makeRoom(transaction, event, former);
            const enqueued = deployment === null ? null : await enqueueIn(transaction, this.#deployments, deployment);
            const saved = { ...stored, deploymentId: enqueued?.deployment.id ?? stored.deploymentId };
            await transaction(TABLE).insert(this.#mapper.toRow(saved, saved.id)).onConflict("id").merge();
            return { outcome: enqueued === null ? "recorded" : "queued", event: saved, deployment: enqueued?.deployment ?? null, superseded: enqueued?.superseded ?? null };
        });
    }

    async byId(id: string): Promise<WebhookEvent | null> {
        return await this.#first(this.#rows().where({ id }));
    }

    async byDelivery(repositoryId: string, deliveryId: string): Promise<WebhookEvent | null> {
        return await this.#first(this.#rows().where({ repository_id: repositoryId, delivery_id: deliveryId }));
    }

    async byDeployment(deploymentId: string): Promise<WebhookEvent | null> {
        // The first one led to it; later ones are of the same commit and found it in the queue.
        return await this.#first(this.#rows().where({ deployment_id: deploymentId }).orderByRaw("received_at, rowid"));
    }

    async update(id: string, changes: Partial<Pick<WebhookEvent, "verdict" | "processed" | "processedAt" | "deploymentId" | "error">>): Promise<void> {
        const row = this.#mapper.toRow(changes, id);
        if (Object.keys(row).length > 0) {
            await this.#knex(TABLE).where({ id }).update(row);
        }
    }

    async page(repositoryId: string, filter: WebhookEventListInput): Promise<Page<WebhookEvent>> {
        const { page, perPage } = filter;
        const scope = this.#knex<Row, Row[]>(TABLE).where({ repository_id: repositoryId });
        narrow(scope, filter);
        const [count] = await scope.clone().count<{ count: number }[]>({ count: "*" });
        const isBrief = filter.detail === "brief";
        const rows = await scope
            .select<Row[]>(...(isBrief ? BRIEF : ["*"]))
            .orderByRaw("received_at DESC, rowid DESC")
            .limit(perPage)
            .offset(offsetOf(filter));
        return { items: rows.map((row) => this.#mapper.fromRow(isBrief ? { ...row, payload: null, headers: "{}" } : row)), total: count?.count ?? 0, page, perPage };
    }

    async latestOf(repositoryId: string): Promise<WebhookEvent | null> {
        return await this.#first(this.#rows().where({ repository_id: repositoryId }).orderByRaw("received_at DESC, rowid DESC"));
    }

    async latestByRepository(): Promise<Map<string, LatestDelivery>> {
        const rows = await this.#knex.raw<{ repository_id: string; received_at: number; verified: number; verdict: string | null }[]>(
            `SELECT e.repository_id, e.received_at, e.verified, e.verdict FROM git_repositories r JOIN webhook_events e
             ON e.rowid = (SELECT rowid FROM webhook_events WHERE repository_id = r.id ORDER BY received_at DESC, rowid DESC LIMIT 1)`,
        );
        return new Map(rows.map((row) => [row.repository_id, { receivedAt: row.received_at, verified: row.verified === 1, verdict: row.verdict }]));
    }

    async prune(keepPerRepository: number, olderThan: number): Promise<number> {
        return await this.#knex(TABLE)
            .whereRaw("(payload IS NOT NULL OR headers <> '{}')")
            .whereRaw(
                `(received_at < ? OR rowid IN (
                    SELECT ranked.id FROM (
                        SELECT rowid AS id, row_number() OVER (PARTITION BY repository_id ORDER BY received_at DESC, rowid DESC) AS place FROM webhook_events
                    ) ranked WHERE ranked.place > ?
                ))`,
                [olderThan, keepPerRepository],
            )
            .update({ payload: null, headers: "{}" });
    }

    async #formerDelivery(transaction: Knex.Transaction, event: WebhookEvent): Promise<WebhookEvent | null> {
        if (event.deliveryId === null) {
            return null;
        }
        const row = (await transaction(TABLE).where({ repository_id: event.repositoryId, delivery_id: event.deliveryId }).first()) as Row | undefined;
        return row === undefined ? null : this.#mapper.fromRow(row);
    }

    /**
     * The same bytes under another delivery id: somebody who has seen a delivery may send it again as it is, and some servers give a redelivery
     * a new id. What led to a deployment once does not lead to another one. @returns the id of that deployment
     */
    async #deployedBefore(transaction: Knex.Transaction, event: WebhookEvent): Promise<string | null> {
        if (!event.verified || event.signature === null || !SIGNS_THE_BODY.has(event.provider)) {
            return null;
        }
        const row = (await transaction(TABLE).where({ repository_id: event.repositoryId, signature: event.signature, verified: true }).whereNotNull("deployment_id").first()) as Row | undefined;
        return row === undefined ? null : this.#mapper.fromRow(row).deploymentId;
    }

    /**
     * A delivery id is unique per repository. A redelivery of one that led to nothing takes that row over, so that it can lead to something now.
     * Whoever cannot sign must not occupy an id: the genuine delivery of the same id would be lost.
     */
    async #makeRoom(transaction: Knex.Transaction, event: WebhookEvent, former: WebhookEvent | null): Promise<WebhookEvent> {
        if (former === null || former.id === event.id) {
            return event;
        }
        if (!event.verified) {
            return { ...event, deliveryId: null };
        }
        if (former.verified) {
            return { ...event, id: former.id };
        }
        await transaction(TABLE).where({ id: former.id }).update({ delivery_id: null });
        return event;
    }

    async #deployment(transaction: Knex.Transaction, id: string): Promise<Deployment | null> {
        const row = (await transaction(DEPLOYMENTS).where({ id }).first()) as Row | undefined;
        return row === undefined ? null : this.#deployments.fromRow(row);
    }

    #rows(): Knex.QueryBuilder<Row, Row[]> {
        return this.#knex<Row, Row[]>(TABLE).select("*");
    }

    async #first(query: Knex.QueryBuilder<Row, Row[]>): Promise<WebhookEvent | null> {
        const [row] = await query.limit(1);
        return row === undefined ? null : this.#mapper.fromRow(row);
    }
}

function narrow(scope: Knex.QueryBuilder<Row, Row[]>, { verdict, q }: WebhookEventListInput): void {
    if (verdict !== undefined) {
        void scope.where((any) => {
            for (const outcome of verdict) {
                // A delivery of a commit that waits already leads to the same run.
                const texts = outcome === "deploy" ? "(verdict LIKE 'deploy%' OR verdict = 'duplicate')" : outcome === "ignore" ? "verdict LIKE 'ignore%'" : "verdict LIKE 'reject%'";
                void any.orWhereRaw(texts);
            }
        });
    }
    narrowToWords(scope, SEARCHED, q);
}
