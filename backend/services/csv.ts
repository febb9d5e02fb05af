/** What begins so is a formula to a spreadsheet: a cell, and behind what some countries' spreadsheets take for the end of one, quoted or not. */
const FORMULA = /(?<=^|[;\t\r\n])(?=[=+\-@\t\r\n＝＋－＠])/g;

/**
 * Rows as RFC 4180 has them. What a spreadsheet would run as a formula begins with an apostrophe: names in the log come from strangers.
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export function toCsv(rows: readonly (readonly string[])[]): string {
    return rows.map((row) => `${row.map(toCell).join(",")}\r\n`).join("");
}

function toCell(text: string): string {
    const harmless = text.replace(FORMULA, "'");
    return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll("\"", "\"\"")}"` : harmless;
}
