import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ProgressTerminals } from "../../../../backend/host/standalone/terminals.ts";

function record() {
    const written: string[] = [];
    const exits: [string, number][] = [];
    const audience = { write: (stack: string, chunk: string) => written.push(`${stack}: ${chunk}`), exit: (stack: string, code: number) => exits.push([stack, code]) };
    return { written, exits, terminals: new ProgressTerminals(audience, 1000) };
}

describe("ProgressTerminals", () => {
    beforeEach(() => vi.useFakeTimers());
    afterEach(() => vi.useRealTimers());

    it("replays to somebody who joins late what the others have seen", () => {
        const { terminals, written } = record();
        terminals.open("web");
        terminals.write("web", "one\n");
        terminals.write("web", "two\r\n");
        expect(terminals.buffer("web")).toBe("one\r\ntwo\r\n");
        expect(written).toEqual(["web: one\r\n", "web: two\r\n"]);
    });

    it("keeps the last hundred chunks", () => {
        const { terminals } = record();
        terminals.open("web");
        for (let line = 0; line < 250; line += 1) {
            terminals.write("web", `${line}\n`);
        }
        const lines = terminals.buffer("web").trim().split("\r\n");
        expect(lines).toHaveLength(100);
        expect(lines.at(-1)).toBe("249");
    });

    it("is freed some time after the exit, not before", () => {
        const { terminals, exits } = record();
        terminals.open("web");
        terminals.write("web", "done\n");
        terminals.exit("web", 1);
        expect(exits).toEqual([["web", 1]]);
        vi.advanceTimersByTime(999);
        expect(terminals.buffer("web")).toBe("done\r\n");
        vi.advanceTimersByTime(1);
        expect(terminals.size).toBe(0);
    });

    it("starts anew with the next operation, which the former one's end does not cut off", () => {
        const { terminals } = record();
        terminals.open("web");
        terminals.write("web", "old\n");
        terminals.exit("web", 0);
        vi.advanceTimersByTime(500);
        terminals.open("web");
        terminals.write("web", "new\n");
        vi.advanceTimersByTime(5000);
        expect(terminals.buffer("web")).toBe("new\r\n");
    });

    it("forgets output that belongs to no operation when it has been silent for a while", () => {
        const { terminals } = record();
        terminals.writeLoose("web", "build 1\n");
        vi.advanceTimersByTime(800);
        terminals.writeLoose("web", "build 2\n");
        vi.advanceTimersByTime(800);
        expect(terminals.buffer("web")).toBe("build 1\r\nbuild 2\r\n");
        vi.advanceTimersByTime(200);
        expect(terminals.size).toBe(0);
    });
});
