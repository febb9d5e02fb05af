import type { Knex } from "knex";

/** A large payload in pieces: as one value it would be in memory several times while it is written. */
export async function up(knex: Knex): Promise<void> {
    await knex.raw(`CREATE TABLE webhook_payload_parts (
    event_id TEXT NOT NULL REFERENCES webhook_events (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (event_id, position)
)`);
}

export async function down(knex: Knex): Promise<void> {
    await knex.raw("DROP TABLE webhook_payload_parts");
}
