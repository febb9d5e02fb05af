import fs from "node:fs/promises";
import path from "node:path";
import knexLibrary, { type Knex } from "knex";
import { ImmediateSqliteClient } from "./dialect.ts";
import { createDockgeTables } from "./dockge-tables.ts";
import { migrationSource } from "./migration-source.ts";

export const DATABASE_FILE = "dockge.db";
const CONFIG_FILE = "db-config.json";

/** Our own ledger. A foreign row in `knex_migrations` makes Dockge skip its own upgrades from then on. */
const MIGRATIONS = { tableName: "git_deploy_migrations", migrationSource };

/**
 * `synchronous=FULL`, where Dockge itself is content with NORMAL: in WAL mode NORMAL may lose the last commits when the power fails, and a
 * delivery that was answered 202 is not sent again. One flush to disk per commit is a price that a few deployments an hour do not notice.
 * A backup may hold the file for seconds: it is waited for, since a delivery that was refused is lost with most providers.
 * @see https://www.sqlite.org/pragma.html#pragma_synchronous
 */
const PRAGMAS = "PRAGMA busy_timeout=15000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;";

/** Every error reaches the caller; knex would also print it, on standard output among a command's own answer. */
const SILENT = { warn: () => undefined, error: () => undefined, deprecate: () => undefined, debug: () => undefined };

interface RawConnection {
    exec(sql: string, done: (error: Error | null) => void): void;
}

/** `dockge.db`: Dockge's tables and ours in one file. */
export class Database {
    readonly knex: Knex;

    constructor(file: string) {
        this.knex = knexLibrary({
            client: ImmediateSqliteClient,
            connection: { filename: file },
            useNullAsDefault: true,
            log: SILENT,
            // One connection: with more, transactions of the same process lock each other out.
            pool: {
                min: 1,
                max: 1,
                acquireTimeoutMillis: 30_000,
                afterCreate: (connection: RawConnection, done: (error: Error | null, connection: RawConnection) => void) => {
                    connection.exec(PRAGMAS, (error) => done(error, connection));
                },
            },
        });
    }

    /**
     * Brings our tables up to date, and makes Dockge's own when the database is new. All of it is one transaction: a process that is killed
     * leaves neither half a table nor a ledger that stays locked, and a second process waits its turn. @returns names of what was run
     */
    async migrate(now = Date.now()): Promise<string[]> {
        return await this.knex.transaction(async (transaction) => {
            await createDockgeTables(transaction, now);
            const [, names] = (await transaction.migrate.latest(MIGRATIONS)) as [number, string[]];
            return names;
        });
    }

    /** @throws what SQLite says when the file cannot be read */
    async ping(): Promise<void> {
        await this.knex.raw("SELECT 1");
    }

    /**
     * Differs from each earlier one after any change: rows that this process's one connection has written, and commits of others.
     * @see https://www.sqlite.org/pragma.html#pragma_data_version
     */
    async changeMark(): Promise<string> {
        const [row] = await this.knex.raw<{ own: number; others: number }[]>("SELECT total_changes() AS own, data_version AS others FROM pragma_data_version");
        return `${row?.own} ${row?.others}`;
    }

    /** Reads the whole file. @returns what is wrong with it; empty when it is sound */
    async checkIntegrity(): Promise<string[]> {
        const rows = await this.knex.raw<{ integrity_check: string }[]>("PRAGMA integrity_check");
        return rows.map((row) => row.integrity_check).filter((line) => line !== "ok");
    }

    async close(): Promise<void> {
        await this.knex.destroy();
    }
}

/** Opens `<directory>/dockge.db`, making folder and file where they are missing. Call `migrate` before anything else. */
export async function openDatabase(options: { directory: string }): Promise<Database> {
    await fs.mkdir(options.directory, { recursive: true });
    const file = path.join(options.directory, DATABASE_FILE);
    await createPrivately(file, "");
    // Dockge looks here for what kind of database it has.
    await createPrivately(path.join(options.directory, CONFIG_FILE), `${JSON.stringify({ type: "sqlite" }, null, 4)}\n`);
    const database = new Database(file);
    try {
        await database.ping();
    } catch (error) {
        await database.close();
        throw error;
    }
    return database;
}

/** For the owner alone, as it holds password hashes. An existing file is left as it is. */
async function createPrivately(file: string, content: string): Promise<void> {
    try {
        await fs.writeFile(file, content, { flag: "wx", mode: 0o600 });
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
            throw error;
        }
    }
}
