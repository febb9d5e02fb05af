import type { Knex } from "knex";

/** Whether a release's `.env` came from the repository. Of releases before this, nobody knows. */
export async function up(knex: Knex): Promise<void> {
    await knex.raw("ALTER TABLE releases ADD COLUMN is_env_tracked INTEGER");
}

export async function down(knex: Knex): Promise<void> {
    await knex.raw("ALTER TABLE releases DROP COLUMN is_env_tracked");
}
