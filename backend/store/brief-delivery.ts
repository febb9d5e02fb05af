import type { WebhookEvent } from "../domain/entities.ts";
import type { Row, RowMapper } from "./row-mapper.ts";

/** All columns of a delivery but those that can be megabytes. */
export const BRIEF = ["id", "repository_id", "provider", "event_type", "delivery_id", "signature", "verified", "processed", "verdict", "deployment_id", "received_at", "processed_at", "error"];

/** A delivery without its payload and headers. */
export function briefDelivery(mapper: RowMapper<WebhookEvent>, row: Row): WebhookEvent {
    return mapper.fromRow({ ...row, payload: null, headers: "{}" });
}
