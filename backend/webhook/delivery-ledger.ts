import type { WebhookEventView } from "../../common/views.ts";
import type { Actor, AuditEntry, Deployment, WebhookEvent } from "../domain/entities.ts";
import type { AuditLog, DeliveryEffects, Logger, Publisher, Recorded, WebhookEventStore } from "../domain/ports.ts";

/** Characters of a payload that every browser is sent unasked. A longer one is fetched by whoever opens the delivery. */
const MAX_TOLD_LENGTH = 256 * 1024;

type NewAuditEntry = Omit<AuditEntry, "id" | "at">;

export interface DeliveryLedgerParts {
    events: WebhookEventStore;
    publisher: Publisher;
    audit: AuditLog;
    logger: Logger;
    toView: (event: WebhookEvent, deployment: Deployment | null) => WebhookEventView;
}

/** Writes deliveries down and tells of them afterwards. What fails after the commit is logged and changes no answer. */
export class DeliveryLedger {
    readonly #parts: DeliveryLedgerParts;

    constructor(parts: DeliveryLedgerParts) {
        this.#parts = parts;
    }

    /** One transaction. Rejects when nothing was stored. */
    async record(event: WebhookEvent, deployment: Deployment | null, effects: DeliveryEffects = {}): Promise<Recorded> {
        const recorded = await this.#parts.events.record(event, deployment, effects);
        if (recorded.outcome !== "duplicate") {
            await this.#announce(recorded.event, recorded.deployment);
        }
        return recorded;
    }

    /** @param deployment the one that it leads to now */
    async update(event: WebhookEvent, changes: Parameters<WebhookEventStore["update"]>[1], deployment: Deployment | null): Promise<WebhookEvent> {
        await this.#parts.events.update(event.id, changes);
        const changed = { ...event, ...changes };
        await this.#announce(changed, deployment);
        return changed;
    }

    async audit(entry: NewAuditEntry): Promise<void> {
        await this.#quietly("the audit log could not be written", () => this.#parts.audit.append(entry));
    }

    async #announce(event: WebhookEvent, deployment: Deployment | null): Promise<void> {
        await this.#quietly("a delivery could not be announced", () => {
            const isLarge = event.payload !== null && event.payload.length > MAX_TOLD_LENGTH;
            this.#parts.publisher.publish("webhookEventReceived", { event: this.#parts.toView(isLarge ? { ...event, payload: null } : event, deployment) });
        });
    }

    async #quietly(failureMessage: string, run: () => void | Promise<void>): Promise<void> {
        try {
            await run();
        } catch (error) {
            this.#parts.logger.warn({ err: error }, failureMessage);
        }
    }
}

/** What the audit log says of a delivery, as it was stored. */
export function deliveryAudit(actor: Actor, action: "webhook.queued" | "webhook.rejected" | "webhook.processed", stackId: string): (stored: WebhookEvent) => NewAuditEntry {
    return ({ id, provider, eventType, deliveryId, verdict, deploymentId }) => ({ actor, action, stackId, subject: id, details: { provider, eventType, deliveryId, verdict, deploymentId } });
}
