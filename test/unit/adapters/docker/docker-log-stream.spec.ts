import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameReader } from "../../../../backend/adapters/docker/docker-log-stream.ts";

function frame(stream: number, content: Buffer): Buffer {
    const header = Buffer.alloc(8);
    header.writeUInt8(stream, 0);
    header.writeUInt32BE(content.length, 4);
    return Buffer.concat([header, content]);
}

describe("FrameReader", () => {
    it("gives the text of all frames, however they are cut into pieces", () => {
        const cut = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 });
        fc.assert(
            fc.property(fc.array(fc.string({ unit: "grapheme", maxLength: 30 }), { maxLength: 10 }), cut, (texts, sizes) => {
                const bytes = Buffer.concat(texts.map((text) => frame(1, Buffer.from(text))));
                const reader = new FrameReader();
                let read = "";
                for (let from = 0, turn = 0; from < bytes.length; turn += 1) {
                    const size = sizes[turn % sizes.length] ?? 1;
                    read += reader.read(bytes.subarray(from, from + size));
                    from += size;
                }
                expect(read).toBe(texts.join(""));
            }),
        );
    });

    it("puts a character together again that two frames of one stream share, with the other stream between them", () => {
        const [first, second] = [Buffer.from("ü").subarray(0, 1), Buffer.from("ü").subarray(1)];
        expect(new FrameReader().read(Buffer.concat([frame(1, first), frame(2, Buffer.from("e")), frame(1, second)]))).toBe("eü");
    });
});
