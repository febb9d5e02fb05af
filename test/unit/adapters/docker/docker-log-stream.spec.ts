import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameReader } from "../../../../backend/adapters/docker/docker-log-frames.ts";
import { textIn } from "../../../../backend/adapters/docker/docker-log-stream.ts";

function frame(stream: number, content: Buffer): Buffer {
    const header = Buffer.alloc(8);
    header.writeUInt8(stream, 0);
    header.writeUInt32BE(content.length, 4);
    return Buffer.concat([header, content]);
}

function* pieces(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
    for (let from = 0, turn = 0; from < bytes.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1;
        yield bytes.subarray(from, from + size);
        from += size;
    }
}

describe("FrameReader", () => {
    it("gives each stream its own bytes in their order, however they are cut into pieces", () => {
        const cut = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 });
        const written = fc.array(fc.record({ stream: fc.constantFrom<"out" | "err">("out", "err"), content: fc.uint8Array({ maxLength: 30 }) }), { maxLength: 10 });
        fc.assert(
            fc.property(written, cut, (frames, sizes) => {
                const bytes = Buffer.concat(frames.map(({ stream, content }) => frame(stream === "out" ? 1 : 2, Buffer.from(content))));
                const read = { out: [] as number[], err: [] as number[] };
                const reader = new FrameReader((stream, part) => read[stream].push(...part));
                for (const piece of pieces(bytes, sizes)) {
                    reader.push(piece);
                }
                for (const stream of ["out", "err"] as const) {
                    expect(read[stream]).toEqual(frames.filter((one) => one.stream === stream).flatMap(({ content }) => [...content]));
                }
            }),
        );
    });
});

describe("textIn", () => {
    async function read(chunks: Buffer[], isTty: boolean): Promise<string[]> {
        async function* stream(): AsyncGenerator<Buffer> {
            yield* await Promise.resolve(chunks);
        }
        const texts: string[] = [];
        for await (const text of textIn(stream(), isTty)) {
            texts.push(text);
        }
        return texts;
    }
    const [first, second] = [Buffer.from("ü").subarray(0, 1), Buffer.from("ü").subarray(1)];

    it("puts a character together again that two frames of one stream share, with the other stream between them", async () => {
        expect(await read([Buffer.concat([frame(1, first), frame(2, Buffer.from("e"))]), frame(1, second)], false)).toEqual(["e", "ü"]);
    });

    it("knows no frames in a terminal", async () => {
        expect(await read([Buffer.concat([Buffer.from("a"), first]), second], true)).toEqual(["a", "ü"]);
    });
});
