import type { StepName } from "../../../common/deployment.ts";
import { parseLogLine } from "../../../common/log-line.ts";
import type { LogLine } from "../../../common/views.ts";

/** What is known of a line without reading it: its level and its stream, in one byte. */
const LEVELS: readonly LogLine["level"][] = ["info", "warn", "error"];
const STREAMS: readonly LogLine["stream"][] = ["out", "err", "note"];
const STREAM_SHIFT = 2;
const LEVEL_MASK = 0b11;

/** Text of a log with where its lines begin. Immutable: one that grows is replaced. About 5 bytes a line beside the text. */
export class LogBlock {
    /** Number of its first line in the log, from 0. */
    readonly firstLine: number;
    readonly lineCount: number;
    readonly text: string;
    /** One more than there are lines. */
    readonly #starts: Uint32Array;
    readonly #flags: Uint8Array;

    /** `text` ends with a line end. */
    constructor(text: string, firstLine: number) {
        const starts: number[] = [0];
        for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) {
            starts.push(at + 1);
        }
        this.text = text;
        this.firstLine = firstLine;
        this.lineCount = starts.length - 1;
        this.#starts = Uint32Array.from(starts);
        this.#flags = flagsOf(text, this.#starts);
    }

    get endLine(): number {
        return this.firstLine + this.lineCount;
    }

    /** `line` is its number in the log. */
    levelOf(line: number): LogLine["level"] {
        return LEVELS[(this.#flags[line - this.firstLine] ?? 0) & LEVEL_MASK] ?? "info";
    }

    streamOf(line: number): LogLine["stream"] {
        return STREAMS[(this.#flags[line - this.firstLine] ?? 0) >> STREAM_SHIFT] ?? "note";
    }

    /** As it stands in the log, without its line end. */
    rawOf(line: number): string {
        const index = line - this.firstLine;
        return this.text.slice(this.#starts[index], (this.#starts[index + 1] ?? 1) - 1);
    }

    /** Null for a line that a crash has torn. */
    parsed(line: number): LogLine | null {
        return parseLogLine(this.rawOf(line), 0);
    }

    /** The lines at which another step begins, `before` being the step of the line before the block. */
    stepChanges(before: StepName | null): { step: StepName; line: number }[] {
        const changes: { step: StepName; line: number }[] = [];
        let step = before;
        for (let line = this.firstLine; line < this.endLine; line += 1) {
            const start = (this.#starts[line - this.firstLine] ?? 0) + "2026-01-31T10:00:00.000Z\t".length;
            if (step !== null && this.text.startsWith(`${step}\t`, start)) {
                continue;
            }
            const next = this.parsed(line)?.step ?? step ?? "fetch";
            if (next !== step) {
                step = next;
                changes.push({ step, line });
            }
        }
        return changes;
    }
}

function flagsOf(text: string, starts: Uint32Array): Uint8Array {
    const flags = new Uint8Array(starts.length - 1);
    for (let index = 0; index < flags.length; index += 1) {
        const end = (starts[index + 1] ?? 0) - 1;
        const stream = afterTabs(text, starts[index] ?? 0, 2);
        const level = afterTabs(text, stream, 1);
        flags[index] = level === 0 || level > end ? 2 << STREAM_SHIFT : levelAt(text, level) | (streamAt(text, stream) << STREAM_SHIFT);
    }
    return flags;
}

/** Behind the so many next tabs of the text; 0 when there are fewer. */
function afterTabs(text: string, from: number, count: number): number {
    let at = from;
    for (let left = count; left > 0; left -= 1) {
        at = text.indexOf("\t", at) + 1;
        if (at === 0) {
            return 0;
        }
    }
    return at;
}

function levelAt(text: string, at: number): number {
    const letter = text.charAt(at);
    return letter === "e" ? 2 : letter === "w" ? 1 : 0;
}

function streamAt(text: string, at: number): number {
    const letter = text.charAt(at);
    return letter === "n" ? 2 : letter === "e" ? 1 : 0;
}
