import type { Knex } from "knex";

/** Finds a delivery that is sent again under another id, however many there were. */
export async function up(knex: Knex): Promise<void> {
    await knex.raw("CREATE INDEX webhook_events_signature ON webhook_events (repository_id, signature)");
}

export async function down(knex: Knex): Promise<void> {
    await knex.raw("DROP INDEX webhook_events_signature");
}
