import fs from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import type { StepName } from "../../../common/deployment.ts";
import { formatLogLine } from "../../../common/log-line.ts";
import type { Clock } from "../../domain/ports.ts";
import type { LogPaths } from "./deployment-log-paths.ts";
import { countLines, LogTail, writeWhole, type LeftOut } from "./deployment-log-tail.ts";

const NEWLINE = 0x0a;
const MAX_BATCH_LENGTH = 64 * 1024;
const BATCH_MS = 50;
/** Of one UTF-16 code unit. */
const MAX_UTF8_BYTES_PER_UNIT = 3;

export interface LogSinkOptions {
    paths: LogPaths;
    maxBytes: number;
    clock: Clock;
    /** Told after the bytes are in the file, with the offset at which they start and the number of lines before them; null for a log that goes on after an interruption. */
    onAppend: (offset: number, text: string, line: number | null) => void;
}

/**
 * Puts finished lines into a log file, in batches. Writes are synchronous: 64 KiB into the page cache take microseconds,
 * lines cannot pile up in memory while a tool prints faster than the event loop turns, and offsets follow from the order.
 * A log that grows beyond half of `maxBytes` goes on in its tail, of which the end is joined to the log when it is closed.
 */
export class LogSink {
    readonly #options: LogSinkOptions;
    readonly #headMaxBytes: number;
    readonly #batchLength: number;
    #fd = -1;
    #size = 0;
    #lines: number | null = null;
    #tail: LogTail | null = null;
    #tailDirectory = "";
    #batch: string[] = [];
    #batchLengthNow = 0;
    #timer: NodeJS.Timeout | undefined;
    #lastStep: StepName = "fetch";
    #lostLines = 0;
    /** What is written next, used again and again: a new one for each batch would keep the garbage collector busy. */
    #bytes = Buffer.alloc(0);

    private constructor(options: LogSinkOptions) {
        this.#options = options;
        this.#headMaxBytes = Math.floor(options.maxBytes / 2);
        this.#batchLength = Math.min(MAX_BATCH_LENGTH, Math.ceil(options.maxBytes / 16));
    }

    /** Makes the log or goes on with it, putting right what a crash has left. */
    static async open(options: LogSinkOptions): Promise<LogSink> {
        const { paths } = options;
        const sink = new LogSink(options);
        await mkdir(paths.directory, { recursive: true, mode: 0o700 });
        await writeFile(paths.openMark, "", { mode: 0o600 });
        await rm(paths.joined, { recursive: true, force: true });
        sink.#fd = fs.openSync(paths.log, "a+", 0o600);
        sink.#size = fs.fstatSync(sink.#fd).size;
        sink.#lines = sink.#size === 0 ? 0 : null;
        await sink.#takeUpTail();
        sink.#endTornLine();
        return sink;
    }

    /** @param text whole lines, each with its line end */
    append(text: string, step: StepName): void {
        this.#lastStep = step;
        this.#batch.push(text);
        this.#batchLengthNow += text.length;
        if (this.#batchLengthNow >= this.#batchLength) {
            this.flush();
        } else if (this.#timer === undefined) {
            this.#timer = setTimeout(() => this.flush(), BATCH_MS);
            this.#timer.unref();
        }
    }

    /** A log that cannot be written (a full disk) stops no deployment: the lines are counted, and the count is written as soon as there is room. */
    flush(): void {
        clearTimeout(this.#timer);
        this.#timer = undefined;
        if (this.#batch.length === 0) {
            return;
        }
        const text = this.#batch.join("");
        this.#batch = [];
        this.#batchLengthNow = 0;
        const lost = this.#lostLines;
        const notice = lost === 0 ? "" : this.#note(`Lines that could not be written here: ${lost}. Is the disk full?`);
        try {
            this.#write(notice + text);
            this.#lostLines = 0;
        } catch {
            this.#lostLines = lost + countLines(Buffer.from(text));
        }
    }

    /** Joins the end to the log, brings it to disk and marks it complete. */
    async close(): Promise<void> {
        this.flush();
        try {
            await this.#joinTail();
            await promisify(fs.fsync)(this.#fd);
        } finally {
            fs.closeSync(this.#fd);
            await rm(this.#options.paths.openMark, { force: true });
        }
    }

    #write(text: string): void {
        const bytes = this.#encode(text);
        if (this.#tail !== null) {
            this.#tail.append(bytes);
            return;
        }
        const room = this.#headMaxBytes - this.#size;
        if (bytes.length <= room) {
            this.#writeLog(bytes, text);
            return;
        }
        const cut = room > 0 ? bytes.lastIndexOf(NEWLINE, room - 1) + 1 : 0;
        this.#writeLog(Buffer.concat([bytes.subarray(0, cut), Buffer.from(this.#note("This log is long. Lines from here on are not shown while the run goes on; the last of them follow at its end."))]));
        this.#tailDirectory = `${this.#options.paths.tailPrefix}${this.#size}`;
        this.#tail = new LogTail(this.#tailDirectory, this.#tailMaxBytes());
        this.#tail.append(bytes.subarray(cut));
    }

    /** @returns bytes that hold until the next call */
    #encode(text: string): Buffer {
        const maxLength = text.length * MAX_UTF8_BYTES_PER_UNIT;
        if (this.#bytes.length < maxLength) {
            this.#bytes = Buffer.allocUnsafe(maxLength);
        }
        return this.#bytes.subarray(0, this.#bytes.write(text));
    }

    /** Into the log itself. `text` is the same, for those who have it already. */
    #writeLog(bytes: Buffer, text?: string): void {
        if (bytes.length === 0) {
            return;
        }
        writeWhole(this.#fd, bytes, this.#size);
        const offset = this.#size;
        const line = this.#lines;
        this.#size += bytes.length;
        this.#lines = line === null ? null : line + countLines(bytes);
        try {
            this.#options.onAppend(offset, text ?? bytes.toString("utf8"), line);
        } catch {
            // Who watches may have gone; the log goes on.
        }
    }

    /** A run that is tried again goes on in a log that may be full already: then only a little more of each attempt is kept. */
    #tailMaxBytes(): number {
        return Math.max(1024, Math.floor(this.#options.maxBytes / (this.#size > this.#options.maxBytes * 0.75 ? 32 : 4)));
    }

    async #joinTail(): Promise<void> {
        if (this.#tail === null) {
            return;
        }
        this.#writeLog(Buffer.from(this.#note(describe(this.#tail.leftOut))));
        for await (const bytes of this.#tail.content()) {
            this.#writeLog(bytes);
        }
        this.#tail = null;
        await promisify(fs.fsync)(this.#fd);
        // From here on a crash must not join it a second time.
        await rename(this.#tailDirectory, this.#options.paths.joined);
        await rm(this.#options.paths.joined, { recursive: true });
    }

    /** A crash may have come before the end was joined, or in the middle of it: the folder's name has the size up to which the log is sure. */
    async #takeUpTail(): Promise<void> {
        const { directory, tailPrefix } = this.#options.paths;
        const prefix = path.basename(tailPrefix);
        const name = (await readdir(directory)).find((entry) => entry.startsWith(prefix));
        if (name === undefined) {
            return;
        }
        const headSize = Number(name.slice(prefix.length));
        if (headSize < this.#size) {
            fs.ftruncateSync(this.#fd, headSize);
            this.#size = headSize;
        }
        this.#tailDirectory = path.join(directory, name);
        this.#tail = new LogTail(this.#tailDirectory, this.#tailMaxBytes());
        await this.#joinTail();
    }

    #endTornLine(): void {
        const last = Buffer.alloc(1);
        if (this.#size > 0 && fs.readSync(this.#fd, last, 0, 1, this.#size - 1) === 1 && last[0] !== NEWLINE) {
            this.#writeLog(Buffer.from("\n"));
        }
    }

    #note(text: string): string {
        return `${formatLogLine({ time: new Date(this.#options.clock.now()).toISOString(), step: this.#lastStep, stream: "note", level: "warn", text })}\n`;
    }
}

function describe({ bytes, lines }: LeftOut): string {
    if (bytes === 0) {
        return "The rest of the log:";
    }
    const size = bytes >= 1024 * 1024 ? `${(bytes / 1024 / 1024).toFixed(1)} MiB` : `${Math.ceil(bytes / 1024)} KiB`;
    return lines === null ? `About ${size} of the log are left out here.` : `${lines} lines (${size}) of the log are left out here.`;
}
