import type { Knex } from "knex";

/**
 * Dockge's own tables for a database that is new, with the migrations that upstream would have written down as done,
 * so that an upstream Dockge opens the same file later and goes on from there.
 * `agent.name` is the column that Dockge's nightly builds expect; its 1.5.0 ignores it.
 */

const TABLES = [
    `CREATE TABLE setting (
        id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
        key varchar(200) NOT NULL,
        value text,
        type varchar(20)
    )`,
    "CREATE UNIQUE INDEX setting_key_unique ON setting (key)",
    `CREATE TABLE user (
        id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
        username varchar(255) NOT NULL,
        password varchar(255),
        active boolean NOT NULL DEFAULT '1',
        timezone varchar(150),
        twofa_secret varchar(64),
        twofa_status boolean NOT NULL DEFAULT '0',
        twofa_last_token varchar(6)
    )`,
    "CREATE UNIQUE INDEX user_username_unique ON user (username)",
    `CREATE TABLE agent (
        id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
        url varchar(255) NOT NULL,
        username varchar(255) NOT NULL,
        password varchar(255) NOT NULL,
        name varchar(255),
        active boolean NOT NULL DEFAULT '1'
    )`,
    "CREATE UNIQUE INDEX agent_url_unique ON agent (url)",
    `CREATE TABLE knex_migrations (
        id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
        name varchar(255),
        batch integer,
        migration_time datetime
    )`,
    `CREATE TABLE knex_migrations_lock (
        "index" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
        is_locked integer
    )`,
];

const MIGRATIONS = ["2023-10-20-0829-setting-table.ts", "2023-10-20-0829-user-table.ts", "2023-12-20-2117-agent-table.ts"];

/** Does nothing when Dockge was here before: its tables are never altered by us. @returns whether the tables were made */
export async function createDockgeTables(transaction: Knex.Transaction, now: number): Promise<boolean> {
    if ((await transaction.schema.hasTable("knex_migrations")) || (await transaction.schema.hasTable("setting"))) {
        return false;
    }
    for (const statement of TABLES) {
        await transaction.raw(statement);
    }
    for (const name of MIGRATIONS) {
        await transaction("knex_migrations").insert({ name, batch: 1, migration_time: now });
    }
    await transaction("knex_migrations_lock").insert({ is_locked: 0 });
    return true;
}
