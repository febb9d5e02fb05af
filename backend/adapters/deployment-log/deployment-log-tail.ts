import fs from "node:fs";
import { open } from "node:fs/promises";
import path from "node:path";

const NEWLINE = 0x0a;
const COPY_BYTES = 256 * 1024;

export interface LeftOut {
    bytes: number;
    /** null after a crash, when nobody counted. */
    lines: number | null;
}

/**
 * The end of a log that is too long: two files of which the older one is dropped whenever the newer one is full.
 * Files are named by their number, so that after a crash the numbers still tell how much was dropped.
 */
export class LogTail {
    readonly #directory: string;
    readonly #maxBytes: number;
    /** Oldest first. */
    #files: { number: number; bytes: number; lines: number | null }[] = [];
    #fd: number | null = null;
    #leftOut: LeftOut = { bytes: 0, lines: 0 };

    constructor(directory: string, maxBytes: number) {
        this.#directory = directory;
        this.#maxBytes = maxBytes;
        fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
        this.#files = fs
            .readdirSync(directory)
            .map((name) => ({ number: Number(name), bytes: fs.statSync(path.join(directory, name)).size, lines: null }))
            .sort((a, b) => a.number - b.number);
        const oldest = this.#files[0]?.number ?? 0;
        if (oldest > 0) {
            this.#leftOut = { bytes: oldest * maxBytes, lines: null };
        }
    }

    get leftOut(): LeftOut {
        return this.#leftOut;
    }

    /** Whole lines only. */
    append(bytes: Buffer): void {
        let current = this.#files.at(-1);
        if (this.#fd === null || current === undefined || (current.bytes > 0 && current.bytes + bytes.length > this.#maxBytes)) {
            current = this.#rotate(current === undefined ? 0 : current.number + 1);
        }
        writeWhole(this.#fd ?? -1, bytes, current.bytes);
        current.bytes += bytes.length;
        current.lines = (current.lines ?? 0) + countLines(bytes);
    }

    /** Hands on what is kept, in pieces that end at a line end. */
    async *content(): AsyncGenerator<Buffer> {
        this.close();
        for (const { number } of this.#files) {
            yield* wholeLines(this.#pathOf(number));
        }
    }

    close(): void {
        if (this.#fd !== null) {
            fs.closeSync(this.#fd);
            this.#fd = null;
        }
    }

    #rotate(number: number): { number: number; bytes: number; lines: number | null } {
        this.close();
        const dropped = this.#files.length > 1 ? this.#files.shift() : undefined;
        if (dropped !== undefined) {
            fs.rmSync(this.#pathOf(dropped.number), { force: true });
            this.#leftOut = { bytes: this.#leftOut.bytes + dropped.bytes, lines: this.#leftOut.lines === null || dropped.lines === null ? null : this.#leftOut.lines + dropped.lines };
        }
        this.#fd = fs.openSync(this.#pathOf(number), "a", 0o600);
        const file = { number, bytes: 0, lines: 0 };
        this.#files.push(file);
        return file;
    }

    #pathOf(number: number): string {
        return path.join(this.#directory, String(number).padStart(6, "0"));
    }
}

/** Appends all of it or nothing: what was written before the disk was full is taken back. */
export function writeWhole(fd: number, bytes: Buffer, sizeBefore: number): void {
    try {
        for (let done = 0; done < bytes.length; ) {
            done += fs.writeSync(fd, bytes, done);
        }
    } catch (error) {
        fs.ftruncateSync(fd, sizeBefore);
        throw error;
    }
}

export function countLines(bytes: Buffer): number {
    let count = 0;
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) {
        count++;
    }
    return count;
}

async function* wholeLines(file: string): AsyncGenerator<Buffer> {
    const handle = await open(file, "r");
    try {
        let rest = Buffer.alloc(0);
        for (;;) {
            const { bytesRead, buffer } = await handle.read(Buffer.alloc(COPY_BYTES), 0, COPY_BYTES);
            if (bytesRead === 0) {
                break;
            }
            const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
            const end = bytes.lastIndexOf(NEWLINE) + 1;
            rest = bytes.subarray(end);
            if (end > 0) {
                yield bytes.subarray(0, end);
            }
        }
        if (rest.length > 0) {
            // A crash in the middle of a line.
            yield Buffer.concat([rest, Buffer.from("\n")]);
        }
    } finally {
        await handle.close();
    }
}
