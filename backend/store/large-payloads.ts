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

/** The same deliveries, with those payloads that lie beside them. */
export async function withLargePayloads(knex: Knex, events: WebhookEvent[]): Promise<WebhookEvent[]> {
    const without = events.filter(({ payload, verified }) => payload === null && verified).map(({ id }) => id);
    if (without.length === 0) {
        return events;
    }
    const parts = await knex<Part>(PAYLOAD_PARTS).whereIn("event_id", without).orderBy(["event_id", "position"]);
    return events.map((event) => {
        const own = parts.filter((part) => part.event_id === event.id);
        return own.length === 0 ? event : { ...event, payload: own.map(({ text }) => text).join("") };
    });
}

/** Never between the two halves of a character outside the basic plane: each half alone is not valid text. */
function endOfPiece(text: string, from: number): number {
    const end = Math.min(from + MAX_PIECE, text.length);
    const last = text.charCodeAt(end - 1);
    return end < text.length && last >= 0xd800 && last <= 0xdbff ? end - 1 : end;
}
