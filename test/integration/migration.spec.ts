import { readdirSync } from "node:fs";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import knexLibrary, { type Knex } from "knex";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DATABASE_FILE, openDatabase, type Database } from "../../db/database.ts";
import { deploymentPage } from "../../backend/store/deployment-page.ts";
import { readSchema } from "../../db/schema.ts";

const UPSTREAM = ["2023-10-20-0829-setting-table.ts", "2023-10-20-0829-user-table.ts", "2023-12-20-2117-agent-table.ts"];
/** Ours, in their order. */
const MIGRATIONS = readdirSync(new URL("../../db/migrations/", import.meta.url)).sort().map((file) => file.replace(/\.ts$/, ""));
const DOCKGE_TABLES = ["setting", "user", "agent", "knex_migrations", "knex_migrations_lock"];

/** Upstream's own migrator as far as it decides what to run: by names in `knex_migrations`. */
function upstreamMigrations(names: string[], ran: string[]): Knex.MigrationSource<string> {
    return {
        getMigrations: async () => names,
        getMigrationName: (name) => name,
        getMigration: async (name) => ({ up: async () => void ran.push(name), down: async () => undefined }),
    };
}

describe("migrations", () => {
    let directory: string;
    let database: Database | null;
    beforeEach(async () => {
        directory = await fs.mkdtemp(path.join(os.tmpdir(), "git-deploy-migration-"));
        database = null;
    });
    afterEach(async () => {
        await database?.close();
        await fs.rm(directory, { recursive: true, force: true });
    });

    async function open(): Promise<Database> {
        await database?.close();
        database = await openDatabase({ directory });
        return database;
    }

    /** A database as Dockge 1.5.0 leaves it: no `agent.name`, one user, its settings. */
    async function makeDockgeDatabase(): Promise<void> {
        const knex = knexLibrary({ client: "sqlite3", connection: { filename: path.join(directory, DATABASE_FILE) }, useNullAsDefault: true });
        await knex.schema.createTable("setting", (table) => {
            table.increments("id");
            table.string("key", 200).notNullable().unique();
            table.text("value");
            table.string("type", 20);
        });
        await knex.schema.createTable("user", (table) => {
            table.increments("id");
            table.string("username", 255).notNullable().unique();
            table.string("password", 255);
            table.boolean("active").notNullable().defaultTo(true);
            table.string("timezone", 150);
            table.string("twofa_secret", 64);
            table.boolean("twofa_status").notNullable().defaultTo(false);
            table.string("twofa_last_token", 6);
        });
        await knex.schema.createTable("agent", (table) => {
            table.increments("id");
            table.string("url", 255).notNullable().unique();
            table.string("username", 255).notNullable();
            table.string("password", 255).notNullable();
            table.boolean("active").notNullable().defaultTo(true);
        });
        await knex.migrate.latest({ migrationSource: upstreamMigrations(UPSTREAM, []) });
        await knex("user").insert({ username: "ann", password: "$2a$10$hash" });
        await knex("setting").insert({ key: "jwtSecret", value: "$2a$10$raw", type: null });
        await knex.destroy();
    }

    async function dockgePart(knex: Knex): Promise<unknown> {
        const sql = await knex.raw<unknown[]>(`SELECT name, sql FROM sqlite_schema WHERE tbl_name IN (${DOCKGE_TABLES.map(() => "?").join(", ")}) ORDER BY name`, DOCKGE_TABLES);
        const rows = await Promise.all(DOCKGE_TABLES.map(async (table) => await knex<object, object[]>(table).select("*")));
        return { sql, rows };
    }

    it("make everything in an empty folder, and nothing more the second time", async () => {
        expect(await (await open()).migrate()).toEqual(MIGRATIONS);
        const schema = await readSchema((await open()).knex);
        expect(await database?.migrate()).toEqual([]);
        expect(await readSchema((await open()).knex)).toBe(schema);
        expect(JSON.parse(await fs.readFile(path.join(directory, "db-config.json"), "utf8"))).toEqual({ type: "sqlite" });
        expect((await fs.stat(path.join(directory, DATABASE_FILE))).mode & 0o077).toBe(0);
        await database?.ping();
        expect(await database?.checkIntegrity()).toEqual([]);
    });

    it("leave a database that upstream goes on from", async () => {
        const { knex } = await open();
        await database?.migrate();
        const ran: string[] = [];
        await knex.migrate.latest({ migrationSource: upstreamMigrations([...UPSTREAM, "2099-01-01-0000-next.ts"], ran) });
        expect(ran).toEqual(["2099-01-01-0000-next.ts"]);
        expect(Object.keys(await knex("agent").columnInfo())).toContain("name");
        await (await open()).migrate();
    });

    it("touch nothing of an existing Dockge database", async () => {
        await makeDockgeDatabase();
        const { knex } = await open();
        const before = await dockgePart(knex);
        await database?.migrate();
        expect(await dockgePart(knex)).toEqual(before);
        expect(await knex("user").first("username")).toEqual({ username: "ann" });
        expect((await knex<{ name: string }>("knex_migrations").orderBy("id")).map((row) => row.name)).toEqual(UPSTREAM);
        expect(await knex.schema.hasTable("deployments")).toBe(true);
    });

    it("keep a db-config.json and the mode of a database that are there", async () => {
        await fs.writeFile(path.join(directory, "db-config.json"), "{\"type\":\"sqlite\",\"own\":1}");
        await makeDockgeDatabase();
        await fs.chmod(path.join(directory, DATABASE_FILE), 0o640);
        await open();
        expect(await fs.readFile(path.join(directory, "db-config.json"), "utf8")).toContain("own");
        expect((await fs.stat(path.join(directory, DATABASE_FILE))).mode & 0o777).toBe(0o640);
    });

    it("are run once when two processes start on the same folder", async () => {
        const databases = await Promise.all(Array.from({ length: 3 }, () => openDatabase({ directory })));
        const ran = await Promise.all(databases.map((each) => each.migrate()));
        expect(ran.flat()).toEqual(MIGRATIONS);
        await Promise.all(databases.map((each) => each.close()));
    });

    it("make the history of an earlier version searchable", async () => {
        const { knex } = await open();
        await database?.migrate();
        const { down } = await import("../../db/migrations/20260305000000_deployments_search.ts");
        await down(knex);
        await knex("git_deploy_migrations").where({ name: "20260305000000_deployments_search" }).delete();
        await knex.raw(`INSERT INTO deployments (id, stack_id, kind, commit_message, must_check_paths, is_rebuild, status, triggered_by, attempt, created_at)
            VALUES ('d1', 'blog', 'deploy', 'Größe: 大きさ FIXED', 0, 0, 'successful', 'webhook', 1, 1), ('d2', 'blog', 'deploy', NULL, 0, 0, 'successful', 'webhook', 1, 2)`);
        expect(await database?.migrate()).toEqual(["20260305000000_deployments_search"]);
        const found = async (q: string) => (await deploymentPage(knex, "blog", { page: 1, perPage: 20, q })).rows.map(({ id }) => id);
        expect([await found("fixed"), await found("大き"), await found("größe"), await found("GRÖSSE")]).toEqual([["d1"], ["d1"], ["d1"], []]);
    });

    it("can be taken back", async () => {
        const { knex } = await open();
        await database?.migrate();
        const { down } = await import("../../db/migrations/20260101000000_git_deploy_tables.ts");
        await down(knex);
        expect(await knex.schema.hasTable("deployments")).toBe(false);
        expect(await knex.schema.hasTable("user")).toBe(true);
    });

    it("set the pragmas that durability and order rest on", async () => {
        const { knex } = await open();
        const pragma = async (name: string) => Object.values((await knex.raw<Record<string, unknown>[]>(`PRAGMA ${name}`))[0] ?? {})[0];
        expect([await pragma("journal_mode"), await pragma("foreign_keys"), await pragma("synchronous"), await pragma("busy_timeout")]).toEqual(["wal", 1, 2, 15_000]);
    });

    it("tell any change by a mark, whoever made it, and nothing else", async () => {
        const one = await open();
        await one.migrate();
        const before = await one.changeMark();
        await one.knex("setting").select("*");
        expect(await one.changeMark()).toBe(before);
        await one.knex("setting").insert({ key: "x", value: "1" });
        const afterOwn = await one.changeMark();
        expect(afterOwn).not.toBe(before);
        const other = await openDatabase({ directory });
        await other.knex("setting").where({ key: "x" }).update({ value: "2" });
        await other.close();
        expect([before, afterOwn]).not.toContain(await one.changeMark());
    });

    it("refuse a file that is no database", async () => {
        await fs.writeFile(path.join(directory, DATABASE_FILE), "not a database".repeat(1000));
        await expect(openDatabase({ directory })).rejects.toThrow(/not a database/);
    });
});
