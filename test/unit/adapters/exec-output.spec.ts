import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_LINE_LENGTH, OutputTail } from "../../../backend/adapters/exec-output.ts";

function linesOf(chunks: Buffer[], maxLength = 1024): { lines: string[]; text: string } {
    const lines: string[] = [];
    const tail = new OutputTail(maxLength, (text) => lines.push(...text.split("\n")));
    for (const chunk of chunks) {
        tail.push(chunk);
    }
    tail.end();
    return { lines, text: tail.text };
}

describe("OutputTail", () => {
    it("gives the same lines wherever the bytes are cut, also inside a character", () => {
        fc.assert(
            fc.property(fc.array(fc.stringMatching(/^[aä€😀 ]{0,12}$/u), { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 12 }), (lines, cuts) => {
                const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
                const borders = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
                const chunks = borders.slice(1).map((end, index) => bytes.subarray(borders[index], end));
                expect(linesOf(chunks).lines).toEqual(lines);
            }),
        );
    });

    it("hands on the unfinished last line", () => {
        expect(linesOf([Buffer.from("one\ntw"), Buffer.from("o")]).lines).toEqual(["one", "two"]);
    });

    it("shows of a progress line what a terminal would show", () => {
        expect(linesOf([Buffer.from("10%\r50%"), Buffer.from("\r100%\nnext\n")]).lines).toEqual(["100%", "next"]);
        expect(linesOf([Buffer.from("windows\r"), Buffer.from("\nend\r\n")]).lines).toEqual(["windows", "end"]);
    });

    it("does not collect endless progress without a line end", () => {
        const chunk = Buffer.from("\r" + "#".repeat(1000));
        expect(linesOf(Array.from({ length: 500 }, () => chunk)).lines).toEqual(["#".repeat(1000)]);
    });

    it("hands on a line without end in whole characters", () => {
        const text = "a" + "😀".repeat(MAX_LINE_LENGTH);
        const { lines } = linesOf([Buffer.from(text)]);
        expect(lines.length).toBe(3);
        expect(lines.join("")).toBe(text);
        expect(lines.every((line) => line.length <= MAX_LINE_LENGTH && !/\p{Surrogate}/u.test(line))).toBe(true);
    });

    it("keeps the end of the stream", () => {
        const { text } = linesOf(Array.from({ length: 1000 }, (_, index) => Buffer.from(`line ${index}\n`)), 20);
        expect(text).toBe("7\nline 998\nline 999\n");
    });
});
