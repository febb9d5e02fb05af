import { variableName } from "../../../../common/schemas.ts";
import type { Variable } from "./variable.ts";

/** Stands for the value of a stored secret, which is never known here. */
export const STORED = "••••••";

const SECRET_NAME = /(?:PASS(?:WORD|WD|PHRASE)?|_PWD|SECRET|TOKEN|CREDENTIALS?|(?:^|_|API|ACCESS|PRIVATE)KEY)(?:_|$)/i;
const PUBLIC_NAME = /PUBLIC_?KEY/i;

/** Whether people give such a name to what nobody else shall see. */
export function isSecretName(name: string): boolean {
    return SECRET_NAME.test(name) && !PUBLIC_NAME.test(name);
}

export interface TextProblem {
    line: number;
    kind: "noName" | "twice" | "unclosed";
    name: string;
}

/** As lines of a `.env`. */
export function toText(variables: readonly Variable[]): string {
    return variables
        .filter(({ name }) => name !== "")
        .map(({ name, value }) => `${name}=${value === null ? STORED : quoted(value)}`)
        .join("\n");
}

/**
 * Reads `NAME=value` lines, with comments, `export`, and values in single quotes (as they stand) or double quotes (`\n`, `\"`, `\\`), over several lines if need be.
 * A variable keeps being secret by its name; a new one is secret when it is called like one.
 */
export function fromText(text: string, former: readonly Variable[]): { variables: Variable[]; problems: TextProblem[] } {
    const known = new Map(former.map((variable) => [variable.name, variable]));
    const variables: Variable[] = [];
    const problems: TextProblem[] = [];
    const lines = text.split(/\r?\n/);
    for (let index = 0; index < lines.length; index += 1) {
        const number = index + 1;
        const line = (lines[index] ?? "").trim();
        if (line === "" || line.startsWith("#")) {
            continue;
        }
        const match = /^(?:export\s+)?([^=\s]+)\s*=\s*(.*)$/s.exec(line);
        const name = match?.[1] ?? line;
        if (match === null || !variableName.safeParse(name).success) {
            problems.push({ line: number, kind: "noName", name: name.slice(0, 60) });
            continue;
        }
        let raw = match[2] ?? "";
        const quote = raw[0] === '"' || raw[0] === "'" ? raw[0] : null;
        if (quote !== null) {
            while (closingQuote(raw, quote) < 0 && index + 1 < lines.length) {
                index += 1;
                raw += `\n${lines[index] ?? ""}`;
            }
            if (closingQuote(raw, quote) < 0) {
                problems.push({ line: number, kind: "unclosed", name });
                continue;
            }
        }
        if (variables.some((variable) => variable.name === name)) {
            problems.push({ line: number, kind: "twice", name });
        }
        const value = quote === null ? raw.replace(/\s+#.*$/, "").trimEnd() : unquoted(raw.slice(1, closingQuote(raw, quote)), quote);
        const stored = known.get(name);
        const isKept = value === STORED && stored?.value === null;
        variables.push({ name, value: isKept ? null : value, secret: stored?.secret ?? isSecretName(name) });
    }
    return { variables, problems };
}

function closingQuote(raw: string, quote: string): number {
    for (let index = 1; index < raw.length; index += 1) {
        if (quote === '"' && raw[index] === "\\") {
            index += 1;
        } else if (raw[index] === quote) {
            return index;
        }
    }
    return -1;
}

function unquoted(value: string, quote: string): string {
    const escapes: Record<string, string> = { n: "\n", r: "\r", t: "\t" };
    return quote === "'" ? value : value.replace(/\\([nrt"\\$])/g, (_whole, letter: string) => escapes[letter] ?? letter);
}

/** Plain where every reader takes it as it stands. */
function quoted(value: string): string {
    if (/^[\w@%+=:,./-]*$/.test(value)) {
        return value;
    }
    return /['\n\r]/.test(value) ? `"${value.replace(/[\\"]/g, (letter) => `\\${letter}`).replace(/\n/g, "\\n").replace(/\r/g, "\\r")}"` : `'${value}'`;
}
