const HEADER_LENGTH = 8;
const STDERR = 2;
const MAX_LINE_LENGTH = 4096;

/**
 * Takes apart what the Engine sends of a container without a terminal. Frames: one byte for the stream, three unused, four for the length;
 * one may arrive in any number of pieces.
 * @see https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
export class FrameReader {
    readonly #onPart: (stream: "out" | "err", part: Buffer) => void;
    /** The beginning of a header that has not come whole yet. */
    #header: Buffer = Buffer.alloc(0);
    #stream: "out" | "err" = "out";
    /** Bytes of the frame under way that are still to come. */
    #left = 0;

    /** @param onPart told of what belongs together as it comes: a frame, or a piece of one. No part is empty, none is copied */
    constructor(onPart: (stream: "out" | "err", part: Buffer) => void) {
        this.#onPart = onPart;
    }

    push(chunk: Buffer): void {
        let rest = this.#header.length === 0 ? chunk : Buffer.concat([this.#header, chunk]);
        this.#header = Buffer.alloc(0);
        while (rest.length > 0) {
            if (this.#left > 0) {
                const part = rest.subarray(0, this.#left);
                this.#left -= part.length;
                rest = rest.subarray(part.length);
                this.#onPart(this.#stream, part);
            } else if (rest.length < HEADER_LENGTH) {
                this.#header = rest;
                return;
            } else {
                this.#stream = rest.readUInt8(0) === STDERR ? "err" : "out";
                this.#left = rest.readUInt32BE(4);
                rest = rest.subarray(HEADER_LENGTH);
            }
        }
    }
}

/** Lines of a container's log, both streams in the order they were written. */
export function logLines(log: Buffer, isTty: boolean): string[] {
    const text = isTty ? log.toString("utf8") : withoutFrames(log);
    const lines = text.split(/\r?\n/).map((line) => line.slice(0, MAX_LINE_LENGTH));
    return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

function withoutFrames(log: Buffer): string {
    const parts: Buffer[] = [];
    new FrameReader((_stream, part) => parts.push(part)).push(log);
    return Buffer.concat(parts).toString("utf8");
}
