const DAY_MS = 24 * 60 * 60 * 1000;
const DATE_ONLY = /^\d{4}-\d{2}-\d{2}$/;

/** For `LIKE ? ESCAPE '\'`: anywhere in the column. */
export function containsPattern(text: string): string {
    return `%${text.replace(/[\\%_]/g, "\\$&")}%`;
}

/** The first moment that is too late; a day alone includes the whole of it (UTC). */
export function untilEndOf(to: string): number {
    return Date.parse(to) + (DATE_ONLY.test(to) ? DAY_MS : 1);
}
