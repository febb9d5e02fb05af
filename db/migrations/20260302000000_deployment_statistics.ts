import type { Knex } from "knex";

/** Lets the statistics of a stack be counted from an index alone, however long its history is. */
export async function up(knex: Knex): Promise<void> {
    await knex.raw("CREATE INDEX deployments_statistics ON deployments (stack_id, completed_at, status, kind, triggered_by, created_at)");
}

export async function down(knex: Knex): Promise<void> {
    await knex.raw("DROP INDEX deployments_statistics");
}
