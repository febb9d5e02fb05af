import { describe, expect, it } from "vitest";
import { cleanText, cutText, guessLevel } from "../../../../backend/adapters/deployment-log/deployment-log-line.ts";

describe("a line of a deployment's log", () => {
    it("keeps tabs and colours, and nothing else that a terminal would act upon", () => {
        expect(cleanText("a\tb\x1b[31mc\x1b[0m\x07\x00\r\x9b2J\x7fd\u00e9")).toBe("a\tb\x1b[31mc\x1b[0m2Jd\u00e9");
        expect(cleanText("half \ud83d of a pair, 🚀 whole")).toBe("half \ufffd of a pair, 🚀 whole");
    });

    it.each([
        ["a title", "\x1b]0;pwned\x07done", "done"],
        ["the clipboard", "\x1b]52;c;cm0gLXJmIH4=\x1b\\done", "done"],
        ["a title without an end", "ok \x1b]0;pwned", "ok "],
        ["the screen", "\x1b[2J\x1b[Hdone\x1b[1A", "done"],
        ["a question that the terminal types an answer to", "\x1b[6n\x1b[>c\x1bZdone", "done"],
        ["a device control string", "\x1bP+q544e\x1b\\done", "done"],
        ["one inside of another", "\x1b\x1b]0;x\x07[2Jdone\x1b", "[2Jdone"],
        ["one that a control character hides", "\x1b\x00[2Jdone", "[2Jdone"],
        ["colours of all kinds are left", "\x1b[38;5;9mred\x1b[38:2::1:2:3mpink\x1b[m", "\x1b[38;5;9mred\x1b[38:2::1:2:3mpink\x1b[m"],
    ])("does not keep what would change %s", (_name, printed, kept) => {
        expect(cleanText(printed)).toBe(kept);
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
