import { createRequire } from "node:module";
import type { Knex } from "knex";
import type { Database } from "sqlite3";
import { finalizePrepared } from "./prepared-statements.ts";

const require = createRequire(import.meta.url);
const Sqlite3Client = require("knex/lib/dialects/sqlite3/index.js") as typeof Knex.Client;

interface SqliteTransaction {
    begin(connection: unknown): Promise<void>;
    query(connection: unknown, sql: string): Promise<void>;
}

/**
 * SQLite for knex, with transactions that take the write lock when they start. knex only knows the deferred BEGIN: a transaction that reads
 * and then writes fails at once with SQLITE_BUSY when another process wrote in between, whatever the busy timeout is.
 * @see https://www.sqlite.org/lang_transaction.html#immediate
 */
export class ImmediateSqliteClient extends Sqlite3Client {
    override transaction(...args: unknown[]): Knex.Transaction {
        const transaction = (super.transaction as (...given: unknown[]) => unknown)(...args) as SqliteTransaction;
        transaction.begin = function (this: SqliteTransaction, connection: unknown) {
            return this.query(connection, "BEGIN IMMEDIATE;");
        };
        return transaction as unknown as Knex.Transaction;
    }

    override async destroyRawConnection(connection: unknown): Promise<void> {
        finalizePrepared(connection as Database);
        await (super.destroyRawConnection(connection));
    }
}
