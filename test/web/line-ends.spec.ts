import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromEditorText, toEditorText } from "../../frontend/src/components/line-ends.ts";

const text = fc.tuple(fc.constantFrom("", "\ufeff"), fc.array(fc.tuple(fc.constantFrom("a", "b: 1", ""), fc.constantFrom("\n", "\r\n", "\r")), { maxLength: 6 }), fc.constantFrom("", "end")).map(([mark, lines, end]) => mark + lines.flat().join("") + end);

describe("line ends", () => {
    it("of a text that nobody changed stay byte for byte", () => {
        fc.assert(fc.property(text, (original) => void expect(fromEditorText(toEditorText(original), original)).toBe(original)), { numRuns: 500 });
    });

    it("never change what was typed", () => {
        fc.assert(fc.property(text, text, (original, next) => void expect(toEditorText(fromEditorText(toEditorText(next), original))).toBe(toEditorText(next))), { numRuns: 500 });
    });

    it("are Windows' own in a file from there, also for new lines", () => {
        expect(fromEditorText("a\nnew\nb\n", "a\r\nb\r\n")).toBe("a\r\nnew\r\nb\r\n");
    });

    it("of untouched lines stay in a file of both kinds", () => {
        expect(fromEditorText("a\nB\nc\nd\n", "a\r\nb\nc\nd\n")).toBe("a\r\nB\nc\nd\n");
        expect(fromEditorText("a\nx\n", "a\r\nb")).toBe("a\r\nx\r\n");
    });
});
