import type { Repository, WebhookEvent } from "../domain/entities.ts";
import type { WebhookHeaders, WebhookProvider } from "./provider.ts";
import { storedHeaders } from "./stored-headers.ts";

const MAX_ID_LENGTH = 200;
const MAX_SIGNATURE_LENGTH = 500;

/** A delivery as long as nothing is known of its sender: without payload and delivery id, which anybody could have made up. */
export function unverifiedEvent(input: { id: string; now: number; repository: Pick<Repository, "id" | "provider">; provider: WebhookProvider; headers: WebhookHeaders }): WebhookEvent {
    const { repository, provider, headers } = input;
    return {
        id: input.id,
        repositoryId: repository.id,
        provider: repository.provider,
        eventType: provider.eventType(headers)?.slice(0, MAX_ID_LENGTH) ?? null,
        deliveryId: null,
        payload: null,
        headers: storedHeaders(headers),
        signature: provider.signature(headers)?.slice(0, MAX_SIGNATURE_LENGTH) ?? null,
        verified: false,
        processed: false,
        verdict: null,
        deploymentId: null,
        receivedAt: input.now,
        processedAt: null,
        error: null,
    };
}

/** The same delivery after its signature has proved right. */
export function verifiedEvent(event: WebhookEvent, provider: WebhookProvider, headers: WebhookHeaders): WebhookEvent {
    const id = provider.deliveryId(headers);
    return { ...event, verified: true, deliveryId: id === null || id === "" || id.length > MAX_ID_LENGTH ? null : id };
}
