import fc from "fast-check";
import { expect, it } from "vitest";
import { formatLines } from "../../../backend/adapters/deployment-log/deployment-log-format.ts";
import { MAX_LINE_LENGTH, OutputTail } from "../../../backend/adapters/exec-output.ts";
import { Redactor } from "../../../backend/domain/redact.ts";
import { Secret } from "../../../backend/domain/secret.ts";
import { parseLogLine } from "../../../common/log-line.ts";

/** Rules R9 and R14: what a build prints is anybody's bytes, and comes in any pieces. */

const SECRET = "hunter2-hunter2";
const token = fc.constantFrom("\x1b[31m", "\x1b]0;title\x07", "\x1b[2J", "\x1b", "\0", "\r", "\r\n", "\n", "\t", "\x9b31m", "\u2028", "ä", "😀", SECRET, Buffer.from(SECRET).toString("base64"), "x".repeat(5000));
const bytes = fc.array(fc.oneof(token.map((text) => Buffer.from(text)), fc.uint8Array({ maxLength: 12 }).map((part) => Buffer.from(part))), { maxLength: 40 }).map((parts) => Buffer.concat(parts));

/** As the log writes them: masked, cleaned, cut, formatted. */
function linesOf(pieces: Buffer[]): string[] {
    const redactor = new Redactor([new Secret(SECRET)]);
    let log = "";
    const tail = new OutputTail(1000, (text) => (log += formatLines(text, { time: "2026-01-01T00:00:00.000Z", step: "build", stream: "out", level: null }, (line) => redactor.redact(line))));
    pieces.forEach((piece) => tail.push(piece));
    tail.end();
    return log.split("\n").slice(0, -1);
}

it("any bytes become whole lines without control characters and without the secret, the same however they were cut", () => {
    fc.assert(
        fc.property(bytes, fc.array(fc.nat(2000), { maxLength: 8 }), (output, cuts) => {
            const at = [...new Set([0, ...cuts.map((cut) => cut % (output.length + 1)), output.length])].sort((a, b) => a - b);
            const lines = linesOf(at.slice(1).map((end, index) => output.subarray(at[index], end)));
            expect(lines).toEqual(linesOf([output]));
            for (const raw of lines) {
                const line = parseLogLine(raw, 0);
                // eslint-disable-next-line no-control-regex -- control characters are what must not be there
                expect(line?.text).not.toMatch(/[\x00-\x08\x0a-\x1a\x1c-\x1f\x7f-\x9f]|\p{Surrogate}/u);
                expect(line?.text).not.toContain(SECRET);
                expect(line?.text).not.toContain(Buffer.from(SECRET).toString("base64"));
                expect(raw.length).toBeLessThan(MAX_LINE_LENGTH);
                expect(raw).not.toContain("\n");
            }
        }),
        { numRuns: 80 },
    );
});

it("a line without end is handed on in pieces", () => {
    const lengths: number[] = [];
    const tail = new OutputTail(1000, (text) => lengths.push(text.length));
    for (let mib = 0; mib < 4; mib += 1) {
        tail.push(Buffer.alloc(1024 * 1024, 0x61));
    }
    expect(Math.max(...lengths)).toBeLessThanOrEqual(MAX_LINE_LENGTH);
    expect(tail.text).toHaveLength(1000);
});
