import type { Knex } from "knex";
import type { Provider } from "../../common/schemas.ts";
import type { Deployment, WebhookEvent } from "../domain/entities.ts";
import type { Clock, DeliveryEffects, Random, Recorded } from "../domain/ports.ts";
import { findSameRun } from "../domain/push/same-run.ts";
import { supersededBy } from "../domain/superseded-by.ts";
import { auditRow, type AuditRow } from "./audit-log.ts";
import { BRIEF, briefDelivery } from "./brief-delivery.ts";
import { DEPLOYMENTS, newDeploymentRow, type DeploymentMapper } from "./deployment-mapper.ts";
import { BatchCommit } from "./group-commit.ts";
import { isLargePayload, PAYLOAD_PARTS, writeLargePayload } from "./large-payloads.ts";
import { insertRows, rowsFor } from "./row-lists.ts";
import type { Row, RowMapper } from "./row-mapper.ts";

/**
 * Their signature is over the body alone, which says when or between which commits something was pushed. The others send a signature that is
 * never the same twice (Standard Webhooks), none, or bodies of a few words that may mean a new deployment each time.
 */
const SIGNS_THE_BODY: ReadonlySet<Provider> = new Set<Provider>(["github", "gitea", "forgejo", "gogs", "bitbucket", "bitbucket_dc"]);

export interface Delivery {
    event: WebhookEvent;
    deployment: Deployment | null;
    effects: DeliveryEffects;
}

/** What the tables say about a delivery and its stack before it is written. */
interface Known {
    /** The delivery that came under this id before, without its payload. */
    former: WebhookEvent | null;
    /** What the same signed bytes led to under another id. */
    deployedBefore: string | null;
    pending: Deployment | null;
    running: Deployment | null;
    lastSuccessful: Deployment | null;
}

/**
 * Writes deliveries that arrive together in one transaction with one statement for each table, whatever their number: a statement costs more
 * than its rows. Two deliveries of one repository are never in the same transaction, so what was read before the first write holds for all.
 */
export class DeliveryWriter {
    readonly #parts: { events: RowMapper<WebhookEvent>; deployments: DeploymentMapper; clock: Pick<Clock, "now">; random: Pick<Random, "uuid"> };
    readonly #batches: BatchCommit<Delivery, Recorded>;

    constructor(parts: { knex: Knex; events: RowMapper<WebhookEvent>; deployments: DeploymentMapper; clock: Pick<Clock, "now">; random: Pick<Random, "uuid"> }) {
        this.#parts = parts;
        this.#batches = new BatchCommit(parts.knex, {
            write: async (transaction, deliveries) => await this.#write(transaction, deliveries),
            keyOf: ({ event }) => event.repositoryId,
        });
    }

    /** Resolves when it is on disk. */
    async write(delivery: Delivery): Promise<Recorded> {
        return await this.#batches.add(delivery);
    }

    async #write(transaction: Knex.Transaction, deliveries: readonly Delivery[]): Promise<Recorded[]> {
        const known = await this.#known(transaction, deliveries);
        const recorded: Recorded[] = [];
        for (const [at, delivery] of deliveries.entries()) {
            recorded.push(await this.#judge(transaction, delivery, known[at] as Known));
        }
        const queued = recorded.flatMap(({ outcome, deployment }) => (outcome === "queued" && deployment !== null ? [deployment] : []));
        const events = recorded.filter(({ event }, at) => event !== known[at]?.former).map(({ event }) => event);
        await together(
            // There is room for one that waits.
            endSuperseded(transaction, recorded).then(async () => await insertRows(transaction, DEPLOYMENTS, queued.map((deployment) => newDeploymentRow(this.#parts.deployments, deployment)))),
            this.#insertEvents(transaction, events),
            // What is sent again tells of a head that was.
            noteHeads(transaction, deliveries.filter((_, at) => recorded[at]?.outcome !== "duplicate"), this.#parts.clock.now()),
            insertRows(transaction, "audit_log", this.#auditRows(deliveries, recorded)),
        );
        return recorded;
    }

    async #known(transaction: Knex.Transaction, deliveries: readonly Delivery[]): Promise<Known[]> {
        const events = deliveries.map(({ event }) => event);
        const [formers, replayed, runs] = await together(
            this.#formerDeliveries(transaction, events),
            replayedDeployments(transaction, events),
            this.#runs(transaction, deliveries.flatMap(({ deployment }) => (deployment === null ? [] : [deployment.stackId]))),
        );
        return deliveries.map(({ event, deployment }) => {
            const ofStack = runs.filter(({ stackId }) => stackId === deployment?.stackId);
            return {
                former: formers.find(({ repositoryId, deliveryId }) => repositoryId === event.repositoryId && deliveryId !== null && deliveryId === event.deliveryId) ?? null,
                deployedBefore: replayed.get(event.repositoryId) ?? null,
                pending: ofStack.find(({ status }) => status === "pending") ?? null,
                running: ofStack.find(({ status }) => status === "building" || status === "deploying") ?? null,
                lastSuccessful: ofStack.find(({ status }) => status === "successful") ?? null,
            };
        });
    }

    /** What becomes of a delivery. Nothing of it is written here but what makes room for it. */
    async #judge(transaction: Knex.Transaction, { event, deployment }: Delivery, known: Known): Promise<Recorded> {
        const { former, deployedBefore, pending, running } = known;
        const nothingQueued = { superseded: null, running: null };
        if (former !== null && former.deploymentId !== null && event.verified) {
            return { outcome: "duplicate", event: former, deployment: await this.#deployment(transaction, former.deploymentId), ...nothingQueued };
        }
        const stored = await makeRoom(transaction, event, former);
        if (deployment === null) {
            return { outcome: "recorded", event: stored, deployment: null, ...nothingQueued };
        }
        const same = findSameRun(deployment, pending, running);
        if (same !== null) {
            return { outcome: "joined", event: { ...stored, verdict: "duplicate", deploymentId: same.id }, deployment: same, ...nothingQueued };
        }
        if (deployedBefore !== null) {
            return { outcome: "duplicate", event: { ...stored, verdict: "duplicate", deploymentId: deployedBefore }, deployment: await this.#deployment(transaction, deployedBefore), ...nothingQueued };
        }
        const queued = { ...deployment, previousDeploymentId: known.lastSuccessful?.id ?? null };
        const superseded: Deployment | null =
            pending === null ? null : { ...pending, status: "cancelled", errorCode: "SUPERSEDED", error: supersededBy(queued), completedAt: queued.createdAt };
        return { outcome: "queued", event: { ...stored, deploymentId: queued.id }, deployment: queued, superseded, running };
    }

    async #insertEvents(transaction: Knex.Transaction, events: readonly WebhookEvent[]): Promise<void> {
        if (events.length === 0) {
            return;
        }
        const rows = events.map((event) => this.#parts.events.toRow({ ...event, payload: isLargePayload(event.payload) ? null : event.payload }, event.id));
        // A redelivery may take over the row of the one before it.
        await insertRows(transaction, "webhook_events", rows, "replace");
        for (const { id, payload } of events) {
            if (isLargePayload(payload)) {
                await writeLargePayload(transaction, id, payload);
            }
        }
    }

    #auditRows(deliveries: readonly Delivery[], recorded: readonly Recorded[]): AuditRow[] {
        const { clock, random } = this.#parts;
        return deliveries.flatMap(({ effects: { audit } }, at) => {
            const { outcome, event } = recorded[at] as Recorded;
            return audit === undefined || outcome === "duplicate" || outcome === "joined" ? [] : [auditRow(audit(event), random.uuid(), clock.now())];
        });
    }

    /** Those that came under the same id. */
    async #formerDeliveries(transaction: Knex.Transaction, events: readonly WebhookEvent[]): Promise<WebhookEvent[]> {
        const rows = await rowsFor(
            transaction,
            `SELECT ${BRIEF.map((column) => `e.${column}`).join(", ")}
             FROM json_each(?1) given CROSS JOIN webhook_events e ON e.repository_id = given.value ->> 0 AND e.delivery_id = given.value ->> 1`,
            events.map(({ repositoryId, deliveryId }) => [repositoryId, deliveryId]),
        );
        return rows.map((row) => briefDelivery(this.#parts.events, row));
    }

    /** What waits, what runs and what was successful last, of each stack. Each of the three has an index that leads to the one row. */
    async #runs(transaction: Knex.Transaction, stacks: readonly string[]): Promise<Deployment[]> {
        const rows = await rowsFor(
            transaction,
            `SELECT d.* FROM json_each(?1) stack CROSS JOIN deployments d ON d.stack_id = stack.value AND d.status = 'pending'
             UNION ALL
             SELECT d.* FROM json_each(?1) stack CROSS JOIN deployments d ON d.stack_id = stack.value AND d.status IN ('building', 'deploying')
             UNION ALL
             SELECT d.* FROM json_each(?1) stack CROSS JOIN deployments d ON d.rowid = (
                 SELECT rowid FROM deployments WHERE stack_id = stack.value AND status = 'successful' ORDER BY created_at DESC, rowid DESC LIMIT 1
             )`,
            stacks,
        );
        return rows.map((row) => this.#parts.deployments.fromRow(row));
    }

    async #deployment(transaction: Knex.Transaction, id: string): Promise<Deployment | null> {
        const row = (await transaction(DEPLOYMENTS).where({ id }).first()) as Row | undefined;
        return row === undefined ? null : this.#parts.deployments.fromRow(row);
    }
}

/**
 * The same bytes under another delivery id: somebody who has seen a delivery may send it again as it is, and some servers give a redelivery
 * a new id. What led to a deployment once does not lead to another one. Whoever does that a thousand times has one row read for it, and no payload.
 * @returns the deployment that the bytes have led to, by repository
 */
async function replayedDeployments(transaction: Knex.Transaction, events: readonly WebhookEvent[]): Promise<Map<string, string>> {
    const rows = await rowsFor(
        transaction,
        `SELECT given.value ->> 0 AS repository_id, (
             SELECT deployment_id FROM webhook_events e
             WHERE e.repository_id = given.value ->> 0 AND e.signature = given.value ->> 1 AND e.verified = 1 AND e.deployment_id IS NOT NULL LIMIT 1
         ) AS deployment_id FROM json_each(?1) given`,
        events.flatMap(({ repositoryId, signature, provider, verified }) => (verified && signature !== null && SIGNS_THE_BODY.has(provider) ? [[repositoryId, signature]] : [])),
    );
    return new Map(rows.flatMap(({ repository_id: id, deployment_id: deployment }) => (typeof id === "string" && typeof deployment === "string" ? [[id, deployment] as const] : [])));
}

/**
 * A delivery id is unique per repository. A redelivery of one that led to nothing takes that row over, so that it can lead to something now.
 * Whoever cannot sign must not occupy an id: the genuine delivery of the same id would be lost.
 */
async function makeRoom(transaction: Knex.Transaction, event: WebhookEvent, former: WebhookEvent | null): Promise<WebhookEvent> {
    if (former === null || former.id === event.id) {
        return event;
    }
    if (!event.verified) {
        return { ...event, deliveryId: null };
    }
    if (former.verified) {
        await transaction(PAYLOAD_PARTS).where({ event_id: former.id }).delete();
        return { ...event, id: former.id };
    }
    await transaction("webhook_events").where({ id: former.id }).update({ delivery_id: null });
    return event;
}

async function endSuperseded(transaction: Knex.Transaction, recorded: readonly Recorded[]): Promise<void> {
    const ended = recorded.flatMap(({ superseded }) => (superseded === null ? [] : [[superseded.id, superseded.error, superseded.completedAt]]));
    await rowsFor(
        transaction,
        `UPDATE deployments SET status = 'cancelled', error_code = 'SUPERSEDED', error = given.value ->> 1, completed_at = given.value ->> 2
         FROM json_each(?1) given WHERE deployments.id = given.value ->> 0`,
        ended,
    );
}

/** Also of a push that is not deployed: the screens tell that the remote is ahead. */
async function noteHeads(transaction: Knex.Transaction, deliveries: readonly Delivery[], now: number): Promise<void> {
    const heads = deliveries.flatMap(({ event, effects: { head } }) => (head === undefined ? [] : [[event.repositoryId, head]]));
    await rowsFor(transaction, "UPDATE git_repositories SET last_synced_commit = given.value ->> 1, last_synced_at = ?2 FROM json_each(?1) given WHERE git_repositories.id = given.value ->> 0", heads, now);
}

/**
 * Statements that do not depend on each other are handed to SQLite at once: one by one, each would wait for the event loop, which is busy with the
 * next deliveries. All have ended when this does, so that none runs into the end of the transaction.
 */
async function together<T extends unknown[]>(...statements: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
    await Promise.allSettled(statements);
    return await Promise.all(statements);
}
