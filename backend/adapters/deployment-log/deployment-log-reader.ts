import { access, open, type FileHandle } from "node:fs/promises";
import { parseLogLine } from "../../../common/log-line.ts";
import type { LogInput } from "../../../common/schemas.ts";
import type { LogLine, LogOutline, LogPage } from "../../../common/views.ts";
import { withoutColours } from "./deployment-log-line.ts";
import { readOutline } from "./deployment-log-outline.ts";
import type { LogPaths } from "./deployment-log-paths.ts";

const NEWLINE = 0x0a;
const BLOCK_BYTES = 256 * 1024;
const DEFAULT_LIMIT = 1000;

export interface LogText {
    text: string;
    nextOffset: number;
    size: number;
    isComplete: boolean;
}

export type LineFilter = Pick<LogInput, "step" | "level" | "q">;

/**
 * Whole lines from an offset on: at most `maxBytes`, but at least one line when there is one.
 * An offset beyond the end (the log of before a power failure was longer) starts over at the end.
 */
export async function readText(paths: LogPaths, offset: number, maxBytes: number): Promise<LogText> {
    return await withLog(paths, { text: "", nextOffset: 0, size: 0, isComplete: false }, async (log) => {
        const start = Math.min(offset, log.size);
        const bytes = await readWholeLines(log.handle, start, maxBytes);
        return { text: bytes.toString("utf8"), nextOffset: start + bytes.length, size: log.size, isComplete: log.isComplete };
    });
}

/** Where its blocks and steps begin. */
export async function outlineLog(paths: LogPaths): Promise<LogOutline> {
    return await withLog<LogOutline>(paths, { blocks: [], sections: [], lines: 0, size: 0, isComplete: false }, async (log) => await readOutline(log.handle, log.isComplete));
}

/** Lines that pass the filter, `limit` at most; `nextOffset` is behind the last line that was looked at. */
export async function queryLines(paths: LogPaths, input: LogInput): Promise<LogPage> {
    const limit = input.limit ?? DEFAULT_LIMIT;
    return await withLog<LogPage>(paths, { lines: [], nextOffset: 0, size: 0, isComplete: false }, async (log) => {
        const accepts = lineFilter(input);
        const lines: LogLine[] = [];
        let nextOffset = Math.min(input.offset, log.size);
        for await (const block of blocks(log.handle, nextOffset)) {
            for (const { line, end } of linesOf(block)) {
                nextOffset = end;
                if (line !== null && accepts(line) && lines.push(line) >= limit) {
                    return { lines, nextOffset, size: log.size, isComplete: log.isComplete };
                }
            }
        }
        return { lines, nextOffset, size: log.size, isComplete: log.isComplete };
    });
}

/** Every line that passes the filter. */
export async function* allLines(paths: LogPaths, filter: LineFilter): AsyncGenerator<LogLine> {
    const handle = await openOrNull(paths.log);
    if (handle === null) {
        return;
    }
    try {
        const accepts = lineFilter(filter);
        for await (const block of blocks(handle, 0)) {
            for (const { line } of linesOf(block)) {
                if (line !== null && accepts(line)) {
                    yield line;
                }
            }
        }
    } finally {
        await handle.close();
    }
}

function lineFilter({ step, level, q }: LineFilter): (line: LogLine) => boolean {
    const wanted = q === undefined || q === "" ? null : q.toLowerCase();
    return (line) =>
        (step === undefined || line.step === step) && (level === undefined || line.level === level) && (wanted === null || withoutColours(line.text).toLowerCase().includes(wanted));
}

interface Block {
    start: number;
    bytes: Buffer;
}

async function* blocks(handle: FileHandle, offset: number): AsyncGenerator<Block> {
    for (let start = offset; ; ) {
        const bytes = await readWholeLines(handle, start, BLOCK_BYTES);
        if (bytes.length === 0) {
            return;
        }
        yield { start, bytes };
        start += bytes.length;
    }
}

function* linesOf({ start, bytes }: Block): Generator<{ line: LogLine | null; end: number }> {
    for (let at = 0; at < bytes.length; ) {
        const end = bytes.indexOf(NEWLINE, at) + 1;
        yield { line: parseLogLine(bytes.toString("utf8", at, end - 1), start + at), end: start + end };
        at = end;
    }
}

/** Empty when no line ends behind the offset: the last one may be in the middle of being written. */
async function readWholeLines(handle: FileHandle, offset: number, maxBytes: number): Promise<Buffer> {
    for (let wanted = Math.max(1, maxBytes); ; wanted *= 2) {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(wanted), 0, wanted, offset);
        const bytes = buffer.subarray(0, bytesRead);
        const end = bytes.lastIndexOf(NEWLINE) + 1;
        if (end > 0 || bytesRead < wanted) {
            return bytes.subarray(0, end);
        }
    }
}

interface OpenLog {
    handle: FileHandle;
    size: number;
    isComplete: boolean;
}

async function withLog<T>(paths: LogPaths, missing: T, read: (log: OpenLog) => Promise<T>): Promise<T> {
    // Before the size is looked at: a log that is complete by now does not grow any more.
    const isComplete = !(await exists(paths.openMark));
    const handle = await openOrNull(paths.log);
    if (handle === null) {
        return missing;
    }
    try {
        return await read({ handle, size: (await handle.stat()).size, isComplete });
    } finally {
        await handle.close();
    }
}

async function openOrNull(file: string): Promise<FileHandle | null> {
    try {
        return await open(file, "r");
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") {
            return null;
        }
        throw error;
    }
}

async function exists(file: string): Promise<boolean> {
    try {
        await access(file);
        return true;
    } catch {
        return false;
    }
}
