import type { Knex } from "knex";

/** Every table and index of ours as SQLite has it, in the order of creation: what `schema.sql` holds. Dockge's own tables are not ours to describe. */
export async function readSchema(knex: Knex): Promise<string> {
    const rows = await knex.raw<{ sql: string }[]>(
        `SELECT sql FROM sqlite_schema
         WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
           AND tbl_name NOT IN ('setting', 'user', 'agent', 'knex_migrations', 'knex_migrations_lock')
         ORDER BY rowid`,
    );
    const statements = rows.map((row) => row.sql.replace(/\n {8}/g, "\n    ").replace(/\n {4}\)/g, "\n)"));
    return `-- Generated from db/migrations by \`npm run db:schema\`. Do not edit.\n\n${statements.join(";\n\n")};\n`;
}
