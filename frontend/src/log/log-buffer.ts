import { parseLogLine } from "../../../common/log-line.ts";
import type { LogLine } from "../../../common/wire.ts";

const encoder = new TextEncoder();

/** UTF-8 bytes: offsets on the wire count those. */
export function byteLength(text: string): number {
    return encoder.encode(text).length;
}

/** Drops that many bytes from the front; the cut is always at the end of a character that the server sent whole. */
export function dropBytes(text: string, bytes: number): string {
    return new TextDecoder().decode(encoder.encode(text).subarray(bytes));
}

/** Puts pieces of a log together: each byte once, in order, in whole lines, and no more lines than `maxLines`. */
export class LogBuffer {
    /** Oldest first. */
    readonly #lines: LogLine[] = [];
    /** The byte that is wanted next. */
    offset = 0;
    /** Lines that were let go to keep memory bounded. */
    droppedLines = 0;
    readonly #maxLines: number;
    #rest = "";
    #restOffset = 0;

    constructor(maxLines: number) {
        this.#maxLines = maxLines;
    }

    /** The lines as they are now; a new array each time, so that watchers see the change. */
    snapshot(): LogLine[] {
        return this.#lines.slice();
    }

    /**
     * Takes a piece that begins at byte `offset`. What is known already is skipped.
     * Returns false, and takes nothing, when there is a gap before it: ask again from `this.offset`.
     */
    append(text: string, offset: number): boolean {
        if (offset > this.offset) {
            return false;
        }
        const length = byteLength(text);
        if (offset + length <= this.offset) {
            return true;
        }
        const fresh = offset === this.offset ? text : dropBytes(text, this.offset - offset);
        this.offset = offset + length;
        this.#take(fresh);
        return true;
    }

    /** What stands after the last line end is a line, too, once the log is complete. */
    finish(): void {
        if (this.#rest !== "") {
            this.#keep([this.#line(this.#rest, this.#restOffset)]);
            this.#rest = "";
        }
    }

    #take(fresh: string): void {
        const parts = (this.#rest + fresh).split("\n");
        this.#rest = parts.pop() ?? "";
        let at = this.#restOffset;
        const lines = parts.map((part) => {
            const line = this.#line(part, at);
            at += byteLength(part) + 1;
            return line;
        });
        this.#restOffset = at;
        if (lines.length > 0) {
            this.#keep(lines);
        }
    }

    #line(raw: string, offset: number): LogLine {
        const before = this.#lines.at(-1);
        return parseLogLine(raw, offset) ?? { offset, time: before?.time ?? "", step: before?.step ?? "fetch", stream: "note", level: "info", text: raw };
    }

    #keep(lines: LogLine[]): void {
        for (const line of lines) {
            this.#lines.push(line);
        }
        const excess = this.#lines.length - this.#maxLines;
        if (excess > 0) {
            this.#lines.splice(0, excess);
            this.droppedLines += excess;
        }
    }
}
