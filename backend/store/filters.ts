import type { Knex } from "knex";

const DAY_MS = 24 * 60 * 60 * 1000;
const DATE_ONLY = /^\d{4}-\d{2}-\d{2}$/;

/** For `LIKE ? ESCAPE '\'`: anywhere in the column. */
export function containsPattern(text: string): string {
    return `%${text.replace(/[\\%_]/g, "\\$&")}%`;
}

/** The first moment that is too late; a day alone includes the whole of it (UTC). */
function untilEndOf(to: string): number {
    return Date.parse(to) + (DATE_ONLY.test(to) ? DAY_MS : 1);
}

/** Whether somebody looks for words: blanks alone are none. */
export function isSearch(q: string | undefined): q is string {
    return q !== undefined && q.trim() !== "";
}

/** Only rows with these words in one of the columns. */
export function narrowToWords(scope: Pick<Knex.QueryBuilder, "where">, columns: readonly string[], q: string | undefined): void {
    if (!isSearch(q)) {
        return;
    }
    const pattern = containsPattern(q.trim());
    void scope.where((any) => {
        for (const column of columns) {
            void any.orWhereRaw(`${column} LIKE ? ESCAPE '\\'`, [pattern]);
        }
    });
}

/** Only rows of the period, by the column that holds their moment. */
export function narrowToPeriod(scope: Pick<Knex.QueryBuilder, "where">, column: string, { from, to }: { from?: string | undefined; to?: string | undefined }): void {
    if (from !== undefined) {
        void scope.where(column, ">=", Date.parse(from));
    }
    if (to !== undefined) {
        void scope.where(column, "<", untilEndOf(to));
    }
}

export function offsetOf({ page, perPage }: { page: number; perPage: number }): number {
    return (page - 1) * perPage;
}
