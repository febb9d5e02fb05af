import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatLines } from "../../../../backend/adapters/deployment-log/deployment-log-format.ts";
import { cleanText, cutText, guessLevel } from "../../../../backend/adapters/deployment-log/deployment-log-line.ts";
import { Redactor } from "../../../../backend/domain/redact.ts";
import { Secret } from "../../../../backend/domain/secret.ts";
import { formatLogLine } from "../../../../common/log-line.ts";

const SECRET = "hunter2-hunter2";
const origin = { time: "2026-01-01T00:00:00.000Z", step: "build", stream: "out" } as const;
const redactor = new Redactor([new Secret(SECRET)]);
const redact = (text: string): string => redactor.redact(text);

/** What each line becomes by itself. */
function lineByLine(text: string): string {
    return text
        .split("\n")
        .map((line) => cutText(redact(cleanText(line))))
        .map((line) => `${formatLogLine({ ...origin, level: guessLevel(line), text: line })}\n`)
        .join("");
}

describe("lines that came together", () => {
    it("become what each of them becomes by itself, whatever they hold", () => {
        const word = fc.constantFrom("plain", " ", "\t", "", "ä", "😀", "\ud83d", "\x1b[31m", "\x1b]0;title", "\x07", "\0", "\r", "\x9f", "error:", "a Warning", "interrupted", "$&", "$1", SECRET, "hunter2-", "x".repeat(9000));
        const line = fc.array(word, { maxLength: 5 }).map((words) => words.join(""));
        fc.assert(
            fc.property(fc.array(line, { minLength: 1, maxLength: 12 }), (lines) => {
                const text = lines.join("\n");
                expect(formatLines(text, { ...origin, level: null }, redact)).toBe(lineByLine(text));
            }),
            { numRuns: 500 },
        );
    });

    it("are masked together as long as they are plain", () => {
        const asked: string[] = [];
        const formatted = formatLines("one\ntwo\nan error\nthree\n\nfour", { ...origin, level: null }, (text) => {
            asked.push(text);
            return text;
        });
        expect(asked).toEqual(["one\ntwo", "an error", "three\n\nfour"]);
        expect(formatted.split("\n").map((line) => line.split("\t").slice(3).join(" "))).toEqual(["info one", "info two", "error an error", "info three", "info ", "info four", ""]);
    });

    it("have their front made once for each level, also when each has to be looked at by itself", () => {
        let fronts = 0;
        const counted = {
            ...origin,
            level: null,
            get time() {
                fronts += 1;
                return origin.time;
            },
        };
        expect(formatLines("err\nfine \0\n".repeat(1000), counted, redact).split("\n")).toHaveLength(2002);
        expect(fronts).toBeLessThan(20);
    });

    it("all have the level that is given", () => {
        expect(formatLines("an error\nb", { ...origin, level: "warn" }, redact)).toBe(`${origin.time}\tbuild\tout\twarn\tan error\n${origin.time}\tbuild\tout\twarn\tb\n`);
    });
});
