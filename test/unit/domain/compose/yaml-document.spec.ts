import { describe, expect, it } from "vitest";
import { parseYamlDocument } from "../../../../backend/domain/compose/yaml-document.ts";

describe("YAML of strangers", () => {
    it("has an error where a key comes twice, at any depth", () => {
        expect(parseYamlDocument("a:\n  - b: 1\n    c: 2\n    b: 3\nd: 4\n").errors).toMatchObject([{ code: "DUPLICATE_KEY", pos: [25, 26] }]);
        expect(parseYamlDocument("a: {x: 1}\nb: {x: 1}\n1: x\n\"1\": y\n").errors).toEqual([]);
    });

    it("is read in one pass, however many keys a map has", () => {
        // With the library's own check this takes longer than any test may.
        const keys = Array.from({ length: 30_000 }, (_, at) => `key${at}: x`).join("\n");
        expect(parseYamlDocument(`${keys}\nkey7: y`).errors).toHaveLength(1);
    });
});
