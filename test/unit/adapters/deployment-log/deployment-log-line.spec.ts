import { describe, expect, it } from "vitest";
import { cleanText, cutText, guessLevel } from "../../../../backend/adapters/deployment-log/deployment-log-line.ts";

describe("a line of a deployment's log", () => {
    it("keeps tabs and colours, and nothing else that a terminal would act upon", () => {
        expect(cleanText("a\tb\x1b[31mc\x1b[0m\x07\x00\r\x9b2J\x7fd\u00e9")).toBe("a\tb\x1b[31mc\x1b[0m2Jd\u00e9");
        expect(cleanText("half \ud83d of a pair, 🚀 whole")).toBe("half \ufffd of a pair, 🚀 whole");
    });

    it("is cut with a mark when it is very long", () => {
        expect(cutText("x".repeat(16 * 1024))).toHaveLength(16 * 1024);
        expect(cutText("x".repeat(20_000))).toMatch(/^x{16384} … \(3616 more characters left out\)$/);
    });

    it.each([
        ["ERROR: failed to solve", "error"],
        ["\x1b[31mERROR\x1b[0m in ./src/app.js", "error"],
        ["npm ERR! code E404", "error"],
        ["fatal: not a git repository", "error"],
        ["panic: runtime", "error"],
        ["warning: LF will be replaced", "warn"],
        ["npm WARN deprecated", "warn"],
        ["compiled src/error.ts and --no-error in lib/error/x", "info"],
        ["0 errors, terror, preferred", "info"],
        ["Step 1/4 : FROM scratch", "info"],
    ])("%j is %s", (text, level) => {
        expect(guessLevel(text)).toBe(level);
    });
});
