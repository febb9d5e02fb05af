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
    const formatted = new FormattedLines(origin, redact);
    if (origin.level !== null) {
        text.split("\n").forEach((line) => formatted.addLine(line));
        return formatted.text();
    }
    let start = 0;
    for (const special of specialLines(text)) {
        if (special.start > start) {
            formatted.addPlain(text.slice(start, special.start - 1));
        }
        formatted.addLine(text.slice(special.start, special.end));
        start = special.end + 1;
    }
    if (start <= text.length) {
        formatted.addPlain(start === 0 ? text : text.slice(start));
    }
    return formatted.text();
}

/** The front before a line is made once for each level, and all is joined once at the end: a build of which every line is special would otherwise keep the server waiting. */
class FormattedLines {
    readonly #origin: LogLineOrigin;
    readonly #redact: (text: string) => string;
    readonly #fronts = new Map<LogLevel, string>();
    readonly #pieces: string[] = [];

    constructor(origin: LogLineOrigin, redact: (text: string) => string) {
        this.#origin = origin;
        this.#redact = redact;
    }

    /** In this order: a control character must not hide a secret, and half a secret would not be recognised. */
    addLine(line: string): void {
        const text = cutText(this.#redact(cleanText(line)));
        this.#pieces.push(this.#front(this.#origin.level ?? guessLevel(text)), text, "\n");
    }

    addPlain(lines: string): void {
        const masked = this.#redact(lines);
        const cut = isAnyTooLong(masked) ? masked.split("\n").map(cutText).join("\n") : masked;
        const front = this.#front("info");
        this.#pieces.push(front, cut.replace(/\n/g, `\n${front}`), "\n");
    }

    text(): string {
        return this.#pieces.join("");
    }

    #front(level: LogLevel): string {
        const front = this.#fronts.get(level) ?? formatLogLine({ ...this.#origin, level, text: "" });
        this.#fronts.set(level, front);
        return front;
    }
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
