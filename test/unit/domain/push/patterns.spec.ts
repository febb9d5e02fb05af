import { describe, expect, it } from "vitest";
import { compilePatterns, readPatterns } from "../../../../backend/domain/push/patterns.ts";

describe("name patterns", () => {
    it("match the whole name only", () => {
        const matches = compilePatterns(["main|dev", "release-\\d+"]);
        expect(["main", "dev", "release-12"].map(matches)).toEqual([true, true, true]);
        expect(["mainly", "xdev", "release-12a", "main\n", ""].map(matches)).toEqual([false, false, false, false, false]);
    });

    it("match case-sensitively unless told otherwise", () => {
        expect(compilePatterns(["main"])("Main")).toBe(false);
        expect(compilePatterns(["(?i)main"])("Main")).toBe(true);
    });

    it.each(["(", "a(?=b)", "(a)\\1", "[z-a]", "a{2000}"])("refuse %s and name it", (pattern) => {
        expect(() => compilePatterns(["main", pattern])).toThrow(expect.objectContaining({ code: "INPUT_INVALID", message: expect.stringContaining(`"${pattern}"`), details: { pattern } }));
    });

    it("that are wrong but stored already match nothing", () => {
        expect(readPatterns(["(", "main"])("main")).toBe(true);
        expect(readPatterns(["("])("(")).toBe(false);
    });

    it("take linear time for what stalls a backtracking engine", () => {
        // There it would never end.
        expect(compilePatterns(["(a+)+$"])(`${"a".repeat(20_000)}!`)).toBe(false);
    });
});
