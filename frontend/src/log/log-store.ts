import type { StepName } from "../../../common/deployment.ts";
import { parseLogLine } from "../../../common/log-line.ts";
import { MAX_LOG_READ_BYTES } from "../../../common/schemas.ts";
import type { LogLine, LogOutline } from "../../../common/views.ts";
import { LogBlock } from "./log-block.ts";

/** Characters up to which what is pushed is added to the last block. */
const BLOCK_LENGTH = 256 * 1024;
const encoder = new TextEncoder();

/** A part of the log: where it is in the file, and its lines once they are there. */
export interface LogPart {
    readonly offset: number;
    readonly endOffset: number;
    readonly firstLine: number;
    readonly endLine: number;
    readonly block: LogBlock | null;
}

export interface LogSection {
    readonly step: StepName;
    readonly line: number;
}

/** UTF-8 bytes: offsets on the wire count those. */
export function byteLength(text: string): number {
    return encoder.encode(text).length;
}

/** Drops that many bytes from the front; the cut is always at the end of a character that the server sent whole. */
export function dropBytes(text: string, bytes: number): string {
    return new TextDecoder().decode(encoder.encode(text).subarray(bytes));
}

/**
 * A log of which any part may be there yet or not. How many lines it has, and where its steps begin, is known from its outline,
 * so a line has its number and its place before it is loaded. What is pushed is put behind it: each byte once, in order, in whole lines.
 */
export class LogStore {
    readonly #parts: LogPart[];
    readonly #sections: LogSection[];
    #offset: number;
    #rest = "";
    #loadedBytes = 0;
    #hasGaps = false;

    constructor(outline: Pick<LogOutline, "blocks" | "sections" | "lines" | "size">) {
        const { blocks, lines, size } = outline;
        this.#parts = blocks.map(({ offset, line }, index) => ({ offset, endOffset: blocks[index + 1]?.offset ?? size, firstLine: line, endLine: blocks[index + 1]?.line ?? lines, block: null }));
        this.#sections = [...outline.sections];
        this.#offset = size;
    }

    /** Oldest first. */
    get parts(): readonly LogPart[] {
        return this.#parts;
    }

    get sections(): readonly LogSection[] {
        return this.#sections;
    }

    get lineCount(): number {
        return this.#parts.at(-1)?.endLine ?? 0;
    }

    /** The byte that is wanted next. */
    get offset(): number {
        return this.#offset;
    }

    get loadedBytes(): number {
        return this.#loadedBytes;
    }

    get totalBytes(): number {
        return this.#parts.at(-1)?.endOffset ?? 0;
    }

    get isWhole(): boolean {
        return this.#loadedBytes >= this.totalBytes;
    }

    /** It grew faster than it was sent. */
    get hasGaps(): boolean {
        return this.#hasGaps;
    }

    /** Index of the part that holds the line. */
    partOf(line: number): number {
        let low = 0;
        let high = this.#parts.length - 1;
        while (low < high) {
            const middle = (low + high + 1) >> 1;
            if ((this.#parts[middle]?.firstLine ?? 0) <= line) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /** Null while its part is not loaded. A torn line is told as a note. */
    line(line: number): LogLine | null {
        const block = this.#parts[this.partOf(line)]?.block ?? null;
        if (block === null || line < block.firstLine || line >= block.endLine) {
            return null;
        }
        return block.parsed(line) ?? { offset: 0, time: "", step: this.stepOf(line), stream: "note", level: "info", text: block.rawOf(line) };
    }

    stepOf(line: number): StepName {
        return this.#sections.findLast((section) => section.line <= line)?.step ?? "fetch";
    }

    /** Puts the text of a part in its place. False when it is not what the outline promised: then the file is another one. */
    fill(index: number, text: string): boolean {
        const part = this.#parts[index];
        if (part === undefined || part.block !== null) {
            return true;
        }
        const block = new LogBlock(text, part.firstLine);
        if (block.endLine !== part.endLine) {
            return false;
        }
        this.#parts[index] = { ...part, block };
        this.#loadedBytes += part.endOffset - part.offset;
        return true;
    }

    /**
     * Takes a piece that begins at byte `offset`, with `line` lines before it where that is known. What is known already is skipped.
     * What was left out before it becomes a part that is not loaded. Returns false, and takes nothing, when that cannot be: ask again from `this.offset`.
     */
    append(text: string, offset: number, line: number | null = null): boolean {
        if (offset > this.#offset && !this.#leaveOut(text, offset, line)) {
            return false;
        }
        const length = byteLength(text);
        if (offset + length > this.#offset) {
            const fresh = this.#rest + (offset === this.#offset ? text : dropBytes(text, this.#offset - offset));
            this.#offset = offset + length;
            const end = fresh.lastIndexOf("\n") + 1;
            this.#rest = fresh.slice(end);
            this.#add(fresh.slice(0, end));
        }
        return true;
    }

    /** What stands after the last line end is a line, too, once the log is complete. */
    finish(): void {
        if (this.#rest !== "") {
            const line = `${this.#rest}\n`;
            this.#rest = "";
            this.#add(line);
        }
    }

    /** Within one step, so that the sections are known without what is left out. */
    #leaveOut(text: string, offset: number, line: number | null): boolean {
        const firstLine = this.lineCount;
        const step = parseLogLine(text.slice(0, text.indexOf("\n")), 0)?.step;
        const isPlace = line !== null && line > firstLine && line - firstLine <= offset - this.#offset;
        if (!isPlace || this.#rest !== "" || offset - this.#offset > MAX_LOG_READ_BYTES || step === undefined || step !== this.#sections.at(-1)?.step) {
            return false;
        }
        this.#parts.push({ offset: this.#offset, endOffset: offset, firstLine, endLine: line, block: null });
        this.#offset = offset;
        this.#hasGaps = true;
        return true;
    }

    #add(text: string): void {
        if (text === "") {
            return;
        }
        const last = this.#parts.at(-1);
        const bytes = byteLength(text);
        const start = last?.endOffset ?? 0;
        const fresh = new LogBlock(text, last?.endLine ?? 0);
        this.#sections.push(...fresh.stepChanges(this.#sections.at(-1)?.step ?? null));
        if (last?.block && last.block.text.length + text.length <= BLOCK_LENGTH) {
            const block = new LogBlock(last.block.text + text, last.firstLine);
            this.#parts[this.#parts.length - 1] = { ...last, endOffset: start + bytes, endLine: block.endLine, block };
        } else {
            this.#parts.push({ offset: start, endOffset: start + bytes, firstLine: fresh.firstLine, endLine: fresh.endLine, block: fresh });
        }
        this.#loadedBytes += bytes;
    }
}
