import type { Knex } from "knex";

/**
 * Log-ins of the standalone server, and the second factor. Nothing of it stands in Dockge's `user`: its server stops with an error at every log-in
 * that carries a code, so a second factor in its columns would lock the person out there. `user_id` is no foreign key: Dockge's tables are not ours.
 */

const STATEMENTS = [
    `CREATE TABLE login_sessions (
        id TEXT NOT NULL PRIMARY KEY,
        user_id INTEGER NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('browser', 'adopted', 'hub')),
        password_mark TEXT NOT NULL,
        address TEXT NOT NULL,
        user_agent TEXT,
        created_at INTEGER NOT NULL,
        last_seen_at INTEGER NOT NULL,
        ended_at INTEGER
    )`,
    "CREATE INDEX login_sessions_user ON login_sessions (user_id, ended_at)",
    // The id is the user's, as text: sealed values are bound to the id of their row.
    `CREATE TABLE account_security (
        id TEXT NOT NULL PRIMARY KEY,
        two_factor_secret TEXT,
        two_factor_since INTEGER,
        last_step INTEGER,
        pending_secret TEXT,
        pending_since INTEGER,
        pending_step INTEGER,
        signed_out_before INTEGER NOT NULL DEFAULT 0
    )`,
    `CREATE TABLE recovery_codes (
        id TEXT NOT NULL PRIMARY KEY,
        user_id INTEGER NOT NULL,
        hash TEXT NOT NULL,
        used_at INTEGER
    )`,
    "CREATE UNIQUE INDEX recovery_codes_hash ON recovery_codes (user_id, hash)",
    // The filters of the audit log.
    "CREATE INDEX audit_log_action ON audit_log (action, at)",
    "CREATE INDEX audit_log_actor ON audit_log (actor_name, at)",
];

export async function up(knex: Knex): Promise<void> {
    for (const statement of STATEMENTS) {
        await knex.raw(statement);
    }
}

export async function down(knex: Knex): Promise<void> {
    await knex.raw("DROP INDEX audit_log_actor");
    await knex.raw("DROP INDEX audit_log_action");
    for (const table of ["recovery_codes", "account_security", "login_sessions"]) {
        await knex.schema.dropTable(table);
    }
}
