import type { Knex } from "knex";
import type { WebhookEvent } from "../domain/entities.ts";

/**
 * Payloads that are too large for their delivery's row lie in pieces beside it. Bound as one value, 25 MiB are in memory at least four times
 * while they are written: as text, in the driver, in the statement and in the record.
 */
export const PAYLOAD_PARTS = "webhook_payload_parts";

/** Characters. */
const MAX_PIECE = 256 * 1024;

interface Part {
    event_id: string;
    position: number;
    text: string;
}

export function isLargePayload(payload: string | null): payload is string {
    return payload !== null && payload.length > MAX_PIECE;
}

export async function writeLargePayload(transaction: Knex.Transaction, eventId: string, payload: string): Promise<void> {
    for (let at = 0, position = 0; at < payload.length; position += 1) {
        const end = endOfPiece(payload, at);
        await transaction<Part>(PAYLOAD_PARTS).insert({ event_id: eventId, position, text: payload.slice(at, end) });
        at = end;
    }
}

/** The same delivery, with the payload that lies beside it. One at a time: of a whole page they would be gigabytes. */
export async function withLargePayload(knex: Knex, event: WebhookEvent): Promise<WebhookEvent> {
    if (event.payload !== null || !event.verified) {
        return event;
    }
    const parts = await knex<Part>(PAYLOAD_PARTS).where("event_id", event.id).orderBy("position");
    return parts.length === 0 ? event : { ...event, payload: parts.map(({ text }) => text).join("") };
}

/** Never between the two halves of a character outside the basic plane: each half alone is not valid text. */
function endOfPiece(text: string, from: number): number {
    const end = Math.min(from + MAX_PIECE, text.length);
    const last = text.charCodeAt(end - 1);
    return end < text.length && last >= 0xd800 && last <= 0xdbff ? end - 1 : end;
}
