import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StepName } from "../../common/deployment.ts";
import { BlockLines } from "../../frontend/src/log/block-lines.ts";
import { findFailingLine } from "../../frontend/src/log/failing-line.ts";
import { readFragment, writeFragment } from "../../frontend/src/log/line-range.ts";
import { LogBlock } from "../../frontend/src/log/log-block.ts";
import { LogRows } from "../../frontend/src/log/log-rows.ts";
import { findLines } from "../../frontend/src/log/log-search.ts";
import { byteLength, LogStore } from "../../frontend/src/log/log-store.ts";
import { RowHeights } from "../../frontend/src/log/row-heights.ts";
import { line, LogFile } from "./fixtures/log-file.ts";

const EMPTY = { blocks: [], sections: [], lines: 0, size: 0 };
const textsOf = (store: LogStore): (string | undefined)[] => Array.from({ length: store.lineCount }, (_, index) => store.line(index)?.text);

function loaded(text: string): LogStore {
    const store = new LogStore(EMPTY);
    store.append(text, 0);
    return store;
}

describe("LogStore", () => {
    it("takes each pushed byte once, whatever the pieces and however they overlap, also inside of characters of several bytes", () => {
        const whole = [line("grün"), line("日本語"), line("last")].join("");
        const bytes = new TextEncoder().encode(whole);
        const text = (from: number, to: number): string => new TextDecoder().decode(bytes.subarray(from, to));
        const cut = byteLength(line("grün")) + 5;
        const store = new LogStore(EMPTY);
        expect(store.append(text(0, cut), 0)).toBe(true);
        expect(store.append(text(0, cut), 0)).toBe(true);
        expect(store.append(text(10, bytes.length), 10)).toBe(true);
        expect(textsOf(store)).toEqual(["grün", "日本語", "last"]);
        expect(store.offset).toBe(bytes.length);
        expect(store.append("later", bytes.length + 1)).toBe(false);
    });

    it("goes on behind what was left out of a log that grows too fast, and has that in its place when it is loaded", () => {
        const [first, leftOut, last] = [line("one"), line("two") + line("three"), line("four")];
        const store = loaded(first);
        const behind = byteLength(first + leftOut);
        expect(store.append(last, behind)).toBe(false);
        expect(store.append(line("four", { step: "health" }), behind, 3)).toBe(false);
        expect(store.append(last, behind + 2 * 1024 * 1024, 3)).toBe(false);
        expect(store.append(last, behind, 3)).toBe(true);
        expect(textsOf(store)).toEqual(["one", undefined, undefined, "four"]);
        expect([store.isWhole, store.hasGaps, store.offset]).toEqual([false, true, byteLength(first + leftOut + last)]);
        // What an answer brings that was asked for before is not new any more.
        expect(store.append(leftOut + last, byteLength(first))).toBe(true);
        expect(store.lineCount).toBe(4);
        expect(store.fill(1, leftOut)).toBe(true);
        expect(textsOf(store)).toEqual(["one", "two", "three", "four"]);
        expect(store.isWhole).toBe(true);
    });

    it("knows the number and place of every line before it is there, in whatever order the parts come", () => {
        fc.assert(
            fc.property(fc.array(fc.constantFrom<StepName>("fetch", "build", "release"), { minLength: 1, maxLength: 60 }), fc.integer({ min: 80, max: 900 }), fc.infiniteStream(fc.nat()), (steps, blockBytes, order) => {
                const file = new LogFile(steps.map((step, index) => line(`line ${index} ü`, { step })).join(""), blockBytes);
                const store = new LogStore(file.outline());
                expect(store.lineCount).toBe(steps.length);
                const bytes = new TextEncoder().encode(file.text);
                const left = store.parts.map((_part, index) => index);
                while (left.length > 0) {
                    const [index = 0] = left.splice((order.next().value ?? 0) % left.length, 1);
                    const { offset, endOffset } = store.parts[index] ?? { offset: 0, endOffset: 0 };
                    expect(store.fill(index, new TextDecoder().decode(bytes.subarray(offset, endOffset)))).toBe(true);
                }
                expect(textsOf(store)).toEqual(steps.map((_step, index) => `line ${index} ü`));
                expect(store.isWhole).toBe(true);
                // What is pushed later begins sections as the outline would have.
                file.text += line("more", { step: "health" }) + line("and more", { step: "health" });
                store.append(line("more", { step: "health" }) + line("and more", { step: "health" }), store.offset);
                expect(store.sections).toEqual(file.outline().sections);
            }),
            { numRuns: 40 },
        );
    });

    it("shows a torn line as it is, refuses a part that is not what was promised, and ends a log that has no last line end", () => {
        const store = loaded(`${line("one", { step: "release" })}torn by a crash\n${line("two", { step: "release" })}`);
        expect(store.line(1)).toMatchObject({ text: "torn by a crash", step: "release", stream: "note", level: "info" });
        expect(new LogStore(new LogFile(line("one")).outline()).fill(0, line("one") + line("two"))).toBe(false);
        store.append(line("cut").slice(0, -1), store.offset);
        expect(store.lineCount).toBe(3);
        store.finish();
        expect(store.line(3)?.text).toBe("cut");
    });
});

describe("searching", () => {
    it("finds what a person sees, without regard to case, and not what stands in time, step or level", () => {
        const block = new LogBlock([line("Nothing"), line("A \x1b[31mbui\x1b[0mld failed"), line("build BUILD build"), "torn build line\n", line("2026")].join(""), 100);
        expect(findLines(block, "build")).toEqual([101, 102, 103]);
        expect(findLines(block, "2026")).toEqual([104]);
        expect(findLines(block, "info")).toEqual([]);
        expect(findLines(new LogBlock(line("İstanbul") + line("grün"), 0), "grün")).toEqual([1]);
    });

    it("counts through blocks of which some are missing", () => {
        const lines = new BlockLines([[1, 4], [], [9, 12, 20]]);
        expect([0, 1, 2, 4, 5].map((index) => lines.at(index))).toEqual([1, 4, 9, 20, undefined]);
        expect([0, 1, 2, 9, 13, 99].map((each) => lines.countBefore(each))).toEqual([0, 0, 1, 2, 4, 5]);
        expect([4, 5].map((each) => lines.indexOf(each))).toEqual([1, -1]);
    });
});

describe("LogRows", () => {
    const log = { sections: [{ step: "fetch", line: 0 }, { step: "build", line: 3 }, { step: "release", line: 1_000_003 }], lineCount: 1_000_005 } as const;
    const all = { step: null, folded: new Set<number>(), matches: null };

    it("has a heading for each step and below it its lines", () => {
        const rows = new LogRows(log, all);
        expect(rows.count).toBe(1_000_008);
        expect(rows.at(0)).toMatchObject({ kind: "section", step: "fetch", lineCount: 3 });
        expect(rows.at(5)).toEqual({ kind: "line", line: 3 });
        expect([0, 2, 3, 1_000_002, 1_000_004].map((each) => rows.at(rows.rowOf(each)))).toEqual([0, 2, 3, 1_000_002, 1_000_004].map((each) => ({ kind: "line", line: each })));
        expect(rows.at(1_000_008)).toBeNull();
    });

    it("folds, keeps to one step and to the lines that pass, and then finds the row next before a line that is gone", () => {
        const foldedRows = new LogRows(log, { ...all, folded: new Set([1]) });
        expect(foldedRows.count).toBe(8);
        expect(foldedRows.rowOf(500_000)).toBe(4);
        expect(new LogRows(log, { ...all, step: "release" }).count).toBe(3);
        const rows = new LogRows(log, { ...all, matches: new BlockLines([[1, 500], [1_000_004]]) });
        expect(Array.from({ length: rows.count }, (_, row) => rows.at(row)).map((row) => (row?.kind === "line" ? row.line : row?.step))).toEqual(["fetch", 1, "build", 500, "release", 1_000_004]);
        expect(rows.rowOf(400)).toBe(2);
        expect(rows.rowOf(900)).toBe(3);
        expect([...rows.lines()]).toEqual([1, 500, 1_000_004]);
    });
});

describe("RowHeights", () => {
    it("agrees with adding up, for any heights in any order", () => {
        fc.assert(
            fc.property(fc.integer({ min: 1, max: 200 }), fc.array(fc.tuple(fc.nat({ max: 250 }), fc.integer({ min: 20, max: 400 })), { maxLength: 60 }), fc.nat({ max: 100 }), (count, changes, more) => {
                const heights = new RowHeights(20);
                heights.reset(count);
                const plain = Array.from({ length: count + more }, () => 20);
                changes.forEach(([row, height], index) => {
                    if (index === 10) {
                        heights.grow(count + more);
                    }
                    if (row < (index < 10 ? count : count + more)) {
                        plain[row] = height;
                    }
                    heights.set(row, height);
                });
                heights.grow(count + more);
                const tops = plain.map((_height, row) => plain.slice(0, row).reduce((sum, each) => sum + each, 0));
                expect(tops.map((_top, row) => heights.topOf(row))).toEqual(tops);
                expect(tops.map((top) => heights.rowAt(top + 1))).toEqual(tops.map((_top, row) => row));
                expect(heights.total).toBe(plain.reduce((sum, each) => sum + each, 0));
            }),
        );
    });
});

describe("the failing line", () => {
    it("is the last error that a tool printed in the failed step, else our own, else the last line", () => {
        const tool = line("npm ERR! code ERESOLVE", { stream: "err", level: "error" });
        const ours = line("The build failed.", { stream: "note", level: "error" });
        const after = line("rolled back", { step: "rollback", stream: "note", level: "error" });
        expect(findFailingLine(loaded(line("x") + tool + line("y") + ours + after), "build")).toEqual({ line: 1, isSure: true });
        expect(findFailingLine(loaded(line("x") + ours + after), "build")).toEqual({ line: 1, isSure: true });
        expect(findFailingLine(loaded(line("x") + line("y") + after), "build")).toEqual({ line: 1, isSure: true });
        expect(findFailingLine(loaded(line("x")), "health")).toBeNull();
        expect(findFailingLine(new LogStore(new LogFile(line("x") + tool).outline()), "build")).toEqual({ line: 1, isSure: false });
    });
});

describe("lines in an address", () => {
    it("are counted from 1, in either order, and anything else is none", () => {
        expect(readFragment("#L12")).toEqual({ first: 11, last: 11 });
        expect(readFragment("#L20-L12")).toEqual({ first: 11, last: 19 });
        expect(["", "#L0", "#12", "#L1-", "#L1x"].map(readFragment)).toEqual([null, null, null, null, null]);
        expect(readFragment(writeFragment({ first: 4, last: 9 }))).toEqual({ first: 4, last: 9 });
    });
});
