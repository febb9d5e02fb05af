import type { Knex } from "knex";

/**
 * All that a search in a stack's history looks into, in one index, so that it reads neither rows nor five columns of each.
 * A full-text index was no choice: with parts of words, and two letters, it would be several times larger than the history and no faster for frequent words.
 */
export async function up(knex: Knex): Promise<void> {
    await knex.raw(`CREATE INDEX deployments_search ON deployments (stack_id, created_at,
        lower(coalesce(commit_message, '') || char(31) || coalesce(commit_author, '') || char(31) || coalesce(commit_sha, '') || char(31) || coalesce(branch, '') || char(31) || coalesce(tag, '')))`);
}

export async function down(knex: Knex): Promise<void> {
    await knex.raw("DROP INDEX deployments_search");
}
