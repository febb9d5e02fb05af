import type { FileHandle } from "node:fs/promises";
import type { StepName } from "../../../common/deployment.ts";
import { parseLogLine } from "../../../common/log-line.ts";
import type { LogOutline } from "../../../common/views.ts";

const NEWLINE = 0x0a;
/** Read at once: some milliseconds of work between two turns of the event loop. */
const READ_BYTES = 1024 * 1024;
/** A block is what a browser asks for at once: shown within a frame, and few enough of them for the largest log. */
export const OUTLINE_BLOCK_BYTES = 256 * 1024;
/** Steps follow one another; a log in which they alternate line by line is still told in a message of bounded size. */
const MAX_SECTIONS = 1000;
/** Characters of an ISO time, which begins each line. */
const TIME_LENGTH = 24;

/** Goes through the whole lines of a log once, in about 2 ms per MiB. */
export async function readOutline(handle: FileHandle, isComplete: boolean): Promise<LogOutline> {
    const outline = new Outline();
    let rest = Buffer.alloc(0);
    for (let position = 0; ; ) {
        const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, position);
        if (bytesRead === 0) {
            return { ...outline.result(), isComplete };
        }
        position += bytesRead;
        const bytes = rest.length === 0 ? buffer.subarray(0, bytesRead) : Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
        const end = bytes.lastIndexOf(NEWLINE) + 1;
        outline.add(bytes.subarray(0, end));
        rest = bytes.subarray(end);
    }
}

class Outline {
    readonly #blocks: LogOutline["blocks"] = [];
    readonly #sections: LogOutline["sections"] = [];
    #lines = 0;
    #size = 0;
    /** The step of the line before, as it stands between its tabs. */
    #mark = Buffer.alloc(0);

    /** Whole lines. */
    add(bytes: Buffer): void {
        for (let at = 0; at < bytes.length; ) {
            const end = bytes.indexOf(NEWLINE, at) + 1;
            const blockStart = this.#blocks.at(-1)?.offset ?? -OUTLINE_BLOCK_BYTES;
            // A line that would make the block too large begins the next one.
            if (this.#size + (end - at) - blockStart > OUTLINE_BLOCK_BYTES) {
                this.#blocks.push({ offset: this.#size, line: this.#lines });
            }
            if (!this.#isSameStep(bytes, at)) {
                this.#startSection(parseLogLine(bytes.toString("utf8", at, end - 1), 0)?.step ?? null);
            }
            this.#lines += 1;
            this.#size += end - at;
            at = end;
        }
    }

    result(): Omit<LogOutline, "isComplete"> {
        return { blocks: this.#blocks, sections: this.#sections, lines: this.#lines, size: this.#size };
    }

    #isSameStep(bytes: Buffer, lineStart: number): boolean {
        if (this.#mark.length === 0) {
            return false;
        }
        for (let index = 0; index < this.#mark.length; index += 1) {
            if (bytes[lineStart + TIME_LENGTH + index] !== this.#mark[index]) {
                return false;
            }
        }
        return true;
    }

    /** A line that a crash has torn belongs to what was before it. */
    #startSection(step: StepName | null): void {
        const before = this.#sections.at(-1)?.step;
        const next = step ?? before ?? "fetch";
        if (step !== null) {
            this.#mark = Buffer.from(`\t${step}\t`);
        }
        if (next !== before && this.#sections.length < MAX_SECTIONS) {
            this.#sections.push({ step: next, line: this.#lines });
        }
    }
}
