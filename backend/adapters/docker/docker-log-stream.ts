import { StringDecoder } from "node:string_decoder";

const HEADER_LENGTH = 8;

/**
 * The text in a container's log stream, as it comes. Without a terminal the Engine sends frames: one byte for the stream, three unused,
 * four for the length; a frame may arrive in any number of pieces.
 * @see https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
export async function* textIn(stream: AsyncIterable<Buffer>, isTty: boolean): AsyncGenerator<string> {
    const frames = isTty ? null : new FrameReader();
    const decoder = new StringDecoder("utf8");
    for await (const chunk of stream) {
        const text = frames === null ? decoder.write(chunk) : frames.read(chunk);
        if (text !== "") {
            yield text;
        }
    }
}

/** Takes frames apart. Each stream has a decoder of its own: a character may be cut in two between its frames. */
export class FrameReader {
    readonly #decoders = new Map<number, StringDecoder>();
    #header = Buffer.alloc(0);
    /** Bytes of the frame under way that are still to come. */
    #left = 0;
    #decoder = new StringDecoder("utf8");

    read(chunk: Buffer): string {
        let text = "";
        let rest = chunk;
        while (rest.length > 0) {
            if (this.#left === 0) {
                rest = this.#readHeader(rest);
                continue;
            }
            const part = rest.subarray(0, this.#left);
            text += this.#decoder.write(part);
            this.#left -= part.length;
            rest = rest.subarray(part.length);
        }
        return text;
    }

    #readHeader(rest: Buffer): Buffer {
        const missing = HEADER_LENGTH - this.#header.length;
        this.#header = Buffer.concat([this.#header, rest.subarray(0, missing)]);
        if (this.#header.length === HEADER_LENGTH) {
            const stream = this.#header.readUInt8(0);
            this.#left = this.#header.readUInt32BE(4);
            this.#decoder = this.#decoders.get(stream) ?? new StringDecoder("utf8");
            this.#decoders.set(stream, this.#decoder);
            this.#header = Buffer.alloc(0);
        }
        return rest.subarray(missing);
    }
}
