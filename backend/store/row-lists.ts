import type { Knex } from "knex";
import { runPrepared } from "../../db/prepared-statements.ts";
import type { Row } from "./row-mapper.ts";

/** One statement, the same for any number of values, which reaches it as `json_each(?1)`; `others` follow as `?2` and so on. For no values it is not asked. */
export async function rowsFor(transaction: Knex.Transaction, sql: string, given: readonly unknown[], ...others: (string | number)[]): Promise<Row[]> {
    return given.length === 0 ? [] : await runPrepared<Row>(transaction, sql, [listText(given), ...others]);
}

/**
 * Inserts rows that all have the columns of the first. Thousands of values bound one by one cost more than reading them out of a text.
 * @param onSameId "replace" overwrites the row that has the same `id`
 */
export async function insertRows(transaction: Knex.Transaction, table: string, rows: readonly Row[], onSameId?: "replace"): Promise<void> {
    const columns = Object.keys(rows[0] ?? {});
    const values = columns.map((_, at) => `value ->> ${at}`);
    const update = `ON CONFLICT (id) DO UPDATE SET ${columns.map((column) => `${column} = excluded.${column}`).join(", ")}`;
    await rowsFor(
        transaction,
        // SQLite asks for WHERE, or ON would belong to a join.
        `INSERT INTO ${table} (${columns.join(", ")}) SELECT ${values.join(", ")} FROM json_each(?1) WHERE true ${onSameId === "replace" ? update : ""}`,
        rows.map((row) => columns.map((column) => row[column] ?? null)),
    );
}

/** SQLite cuts text out of JSON at a NUL and makes broken UTF-8 of half a surrogate pair; strangers can send both, and both become U+FFFD here. */
function listText(given: readonly unknown[]): string {
    const text = JSON.stringify(given);
    return /\\u(?:0000|d[89a-f])/.test(text) ? JSON.stringify(given, (_, value: unknown) => (typeof value === "string" ? value.toWellFormed().replaceAll("\0", "\uFFFD") : value)) : text;
}
