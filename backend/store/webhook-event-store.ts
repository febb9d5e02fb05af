import type { Knex } from "knex";
import type { WebhookEventListInput } from "../../common/schemas.ts";
import type { Page } from "../../common/views.ts";
import type { Deployment, WebhookEvent } from "../domain/entities.ts";
import type { Clock, DeliveryEffects, Random, Recorded, Vault, WebhookEventStore } from "../domain/ports.ts";
import { BRIEF, briefDelivery } from "./brief-delivery.ts";
import { DeliveryWriter } from "./delivery-writer.ts";
import { deploymentMapper } from "./deployment-mapper.ts";
import { narrowToWords, offsetOf } from "./filters.ts";
import { PAYLOAD_PARTS, withLargePayload } from "./large-payloads.ts";
import { RowMapper, type Columns, type Row } from "./row-mapper.ts";
import type { WebhookTargets } from "./webhook-targets.ts";

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

const SEARCHED = ["event_type", "delivery_id", "verdict", "error"];

type LatestDelivery = Pick<WebhookEvent, "receivedAt" | "verified" | "verdict">;

export class SqliteWebhookEventStore implements WebhookEventStore {
    readonly #knex: Knex;
    readonly #mapper: RowMapper<WebhookEvent>;
    readonly #writer: DeliveryWriter;
    readonly #targets: Pick<WebhookTargets, "noteHead">;

    constructor(parts: { knex: Knex; vault: Vault; targets: Pick<WebhookTargets, "noteHead">; clock: Clock; random: Random }) {
        const { knex, vault, targets, clock, random } = parts;
        this.#knex = knex;
        this.#mapper = new RowMapper(TABLE, COLUMNS, vault);
        this.#writer = new DeliveryWriter({ knex, events: this.#mapper, deployments: deploymentMapper(vault), clock, random });
        this.#targets = targets;
    }

    async record(event: WebhookEvent, deployment: Deployment | null, effects: DeliveryEffects = {}): Promise<Recorded> {
        const recorded = await this.#writer.write({ event, deployment, effects });
        if (effects.head !== undefined && recorded.outcome !== "duplicate") {
            this.#targets.noteHead(event.repositoryId, effects.head);
        }
        return recorded;
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
        const items = rows.map((row) => (isBrief ? briefDelivery(this.#mapper, row) : this.#mapper.fromRow(row)));
        return { items, total: count?.count ?? 0, page, perPage };
    }

    async latestOf(repositoryId: string): Promise<WebhookEvent | null> {
        const [row] = await this.#knex<Row, Row[]>(TABLE).select<Row[]>(...BRIEF).where({ repository_id: repositoryId }).orderByRaw("received_at DESC, rowid DESC").limit(1);
        return row === undefined ? null : briefDelivery(this.#mapper, row);
    }

    async latestByRepository(): Promise<Map<string, LatestDelivery>> {
        const rows = await this.#knex.raw<{ repository_id: string; received_at: number; verified: number; verdict: string | null }[]>(
            `SELECT e.repository_id, e.received_at, e.verified, e.verdict FROM git_repositories r JOIN webhook_events e
             ON e.rowid = (SELECT rowid FROM webhook_events WHERE repository_id = r.id ORDER BY received_at DESC, rowid DESC LIMIT 1)`,
        );
        return new Map(rows.map((row) => [row.repository_id, { receivedAt: row.received_at, verified: row.verified === 1, verdict: row.verdict }]));
    }

    async prune(keepPerRepository: number, olderThan: number): Promise<number> {
        const spent = `(received_at < ? OR rowid IN (
            SELECT ranked.id FROM (
                SELECT rowid AS id, row_number() OVER (PARTITION BY repository_id ORDER BY received_at DESC, rowid DESC) AS place FROM webhook_events
            ) ranked WHERE ranked.place > ?
        ))`;
        return await this.#knex.transaction(async (transaction): Promise<number> => {
            await transaction(PAYLOAD_PARTS).whereRaw(`event_id IN (SELECT id FROM webhook_events WHERE ${spent})`, [olderThan, keepPerRepository]).delete();
            return await transaction(TABLE).whereRaw("(payload IS NOT NULL OR headers <> '{}')").whereRaw(spent, [olderThan, keepPerRepository]).update({ payload: null, headers: "{}" });
        });
    }

    #rows(): Knex.QueryBuilder<Row, Row[]> {
        return this.#knex<Row, Row[]>(TABLE).select("*");
    }

    async #first(query: Knex.QueryBuilder<Row, Row[]>): Promise<WebhookEvent | null> {
        const [row] = await query.limit(1);
        return row === undefined ? null : await withLargePayload(this.#knex, this.#mapper.fromRow(row));
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
