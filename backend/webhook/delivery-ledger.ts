import type { WebhookEventView } from "../../common/wire.ts";
import type { Actor, Deployment, WebhookEvent } from "../domain/entities.ts";
import type { AuditLog, Logger, Publisher, Recorded, WebhookEventStore } from "../domain/ports.ts";

export interface DeliveryLedgerParts {
    events: WebhookEventStore;
    publisher: Publisher;
    audit: AuditLog;
    logger: Logger;
    toView: (event: WebhookEvent) => WebhookEventView;
}

/** Writes deliveries down and tells of them afterwards. What fails after the commit is logged and changes no answer. */
export class DeliveryLedger {
    readonly #parts: DeliveryLedgerParts;

    constructor(parts: DeliveryLedgerParts) {
        this.#parts = parts;
    }

    /** One transaction. Rejects when nothing was stored. */
    async record(event: WebhookEvent, deployment: Deployment | null): Promise<Recorded> {
        const recorded = await this.#parts.events.record(event, deployment);
        if (recorded.outcome !== "duplicate") {
            await this.#announce(recorded.event);
        }
        return recorded;
    }

    async update(event: WebhookEvent, changes: Parameters<WebhookEventStore["update"]>[1]): Promise<WebhookEvent> {
        await this.#parts.events.update(event.id, changes);
        const changed = { ...event, ...changes };
        await this.#announce(changed);
        return changed;
    }

    async audit(actor: Actor, action: "webhook.queued" | "webhook.rejected" | "webhook.processed", stackId: string, event: WebhookEvent): Promise<void> {
        const { provider, eventType, deliveryId, verdict, deploymentId } = event;
        await this.#quietly("the audit log could not be written", () =>
            this.#parts.audit.append({ actor, action, stackId, subject: event.id, details: { provider, eventType, deliveryId, verdict, deploymentId } }),
        );
    }

    async #announce(event: WebhookEvent): Promise<void> {
        await this.#quietly("a delivery could not be announced", () => {
            this.#parts.publisher.publish("webhookEventReceived", { event: this.#parts.toView(event) });
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
