import type { StepName } from "../../../common/deployment.ts";
import { formatLogLine } from "../../../common/log-line.ts";
import type { LogLevel } from "../../../common/schemas.ts";
import { cleanText, cutText, guessLevel, isAnyTooLong, MENTIONS_TROUBLE, NEEDS_CLEANING, type LogStream } from "./deployment-log-line.ts";

export interface LogLineOrigin {
    /** ISO 8601 */
    time: string;
    step: StepName;
    stream: LogStream;
    /** null: guessed for each line. */
    level: LogLevel | null;
}

/**
 * What the log's file has for lines that came together, with a line end behind each.
 * Of what builds print nearly all is plain; looking for what is not, masking and putting the front before each line is done for whole runs of plain lines at once,
 * at a tenth of the price. What comes out is the same as line by line.
 * @param text lines joined by line ends, without the last one
 * @param redact masks secrets in a line, or in lines of which each is plain
 */
export function formatLines(text: string, origin: LogLineOrigin, redact: (text: string) => string): string {
    if (origin.level !== null) {
        return text.split("\n").map((line) => formatLine(line, origin, redact)).join("");
    }
    let formatted = "";
    let start = 0;
    for (const special of specialLines(text)) {
        if (special.start > start) {
            formatted += formatPlain(text.slice(start, special.start - 1), origin, redact);
        }
        formatted += formatLine(text.slice(special.start, special.end), origin, redact);
        start = special.end + 1;
    }
    return start > text.length ? formatted : formatted + formatPlain(start === 0 ? text : text.slice(start), origin, redact);
}

/** Lines that may hold control characters, halves of characters or words of trouble: these are looked at one by one. */
function* specialLines(text: string): Generator<{ start: number; end: number }> {
    // One after the other: a single pattern for both takes four times as long as the two.
    const nextToClean = search(NEEDS_CLEANING, text);
    const nextTrouble = search(MENTIONS_TROUBLE, text);
    for (let from = 0; from < text.length; ) {
        const found = Math.min(nextToClean(from), nextTrouble(from));
        if (found === Infinity) {
            return;
        }
        const lineEnd = text.indexOf("\n", found);
        const end = lineEnd === -1 ? text.length : lineEnd;
        yield { start: found === 0 ? 0 : text.lastIndexOf("\n", found - 1) + 1, end };
        from = end + 1;
    }
}

/** Tells where the pattern is found from a position on, to be asked for positions that grow; Infinity when nowhere. */
function search(pattern: RegExp, text: string): (from: number) => number {
    const matcher = new RegExp(pattern, `g${pattern.flags}`);
    let found = -1;
    return (from) => {
        if (found < from) {
            matcher.lastIndex = from;
            found = matcher.exec(text)?.index ?? Infinity;
        }
        return found;
    };
}

/** In this order: a control character must not hide a secret, and half a secret would not be recognised. */
function formatLine(line: string, { level, ...origin }: LogLineOrigin, redact: (text: string) => string): string {
    const text = cutText(redact(cleanText(line)));
    return `${formatLogLine({ ...origin, level: level ?? guessLevel(text), text })}\n`;
}

function formatPlain(lines: string, origin: LogLineOrigin, redact: (text: string) => string): string {
    const masked = redact(lines);
    const cut = isAnyTooLong(masked) ? masked.split("\n").map(cutText).join("\n") : masked;
    const front = formatLogLine({ ...origin, level: "info", text: "" });
    return `${front}${cut.replace(/\n/g, `\n${front}`)}\n`;
}
