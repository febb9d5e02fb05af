import type { Knex } from "knex";
import type { Database, Statement } from "sqlite3";

type Value = string | number | null;

const ofConnection = new WeakMap<Database, Map<string, Statement>>();

/**
 * Runs a statement that never changes, compiled once for the connection of `transaction`. For the few that are run for every delivery: building
 * one in knex and compiling it in SQLite, with the upkeep of ten indexes, takes several times longer than running it.
 */
export async function runPrepared<Row>(transaction: Knex.Transaction, sql: string, values: readonly Value[]): Promise<Row[]> {
    // Of a transaction, this is the one it runs on.
    const connection = (await (transaction.client as Knex.Client).acquireConnection()) as Database;
    const statement = await prepare(connection, sql);
    return await new Promise<Row[]>((resolve, reject) => {
        statement.all<Row>([...values], (error: Error | null, rows: Row[]) => (error === null ? resolve(rows) : reject(error)));
    });
}

/** Before a connection is closed: SQLite keeps one open whose statements are not finalized. */
export function finalizePrepared(connection: Database): void {
    for (const statement of ofConnection.get(connection)?.values() ?? []) {
        statement.finalize();
    }
    ofConnection.delete(connection);
}

async function prepare(connection: Database, sql: string): Promise<Statement> {
    const known = ofConnection.get(connection) ?? new Map<string, Statement>();
    ofConnection.set(connection, known);
    const prepared = known.get(sql);
    if (prepared !== undefined) {
        return prepared;
    }
    return await new Promise((resolve, reject) => {
        const statement = connection.prepare(sql, (error: Error | null) => {
            if (error === null) {
                known.set(sql, statement);
                resolve(statement);
            } else {
                reject(error);
            }
        });
    });
}
