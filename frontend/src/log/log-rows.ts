import type { StepName } from "../../../common/deployment.ts";
import type { BlockLines } from "./block-lines.ts";
import type { LogSection } from "./log-store.ts";

export interface SectionRow {
    readonly kind: "section";
    /** Index among all sections of the log: they are only ever added to, so it names one. */
    readonly section: number;
    readonly step: StepName;
    readonly lineCount: number;
    readonly isFolded: boolean;
}

export type LogRow = SectionRow | { readonly kind: "line"; readonly line: number };

interface Group extends SectionRow {
    /** Row of its heading. */
    readonly row: number;
    readonly firstLine: number;
    readonly endLine: number;
    /** Index of its first line among the lines that pass the filter. */
    readonly firstMatch: number;
}

/** What is shown of a log, row by row: a heading for each step and below it its lines, unless they are folded or filtered out. Nothing is held for each line. */
export class LogRows {
    readonly #groups: Group[] = [];
    readonly #matches: BlockLines | null;
    readonly count: number;
    /** Lines that pass the filter, folded or not. */
    readonly lineCount: number;

    /** `matches`: the lines that pass a filter, null for all of them. */
    constructor(log: { sections: readonly LogSection[]; lineCount: number }, shown: { step: StepName | null; folded: ReadonlySet<number>; matches: BlockLines | null }) {
        const { matches, folded } = shown;
        let row = 0;
        let lineCount = 0;
        this.#matches = matches;
        log.sections.forEach(({ step, line: firstLine }, section) => {
            const endLine = log.sections[section + 1]?.line ?? log.lineCount;
            const firstMatch = matches?.countBefore(firstLine) ?? 0;
            const count = matches === null ? endLine - firstLine : matches.countBefore(endLine) - firstMatch;
            if (count === 0 || (shown.step !== null && step !== shown.step)) {
                return;
            }
            const isFolded = folded.has(section);
            this.#groups.push({ kind: "section", section, step, lineCount: count, isFolded, row, firstLine, endLine, firstMatch });
            row += 1 + (isFolded ? 0 : count);
            lineCount += count;
        });
        this.count = row;
        this.lineCount = lineCount;
    }

    get sections(): readonly SectionRow[] {
        return this.#groups;
    }

    at(row: number): LogRow | null {
        const group = this.#groups.findLast((each) => each.row <= row);
        if (group === undefined || row >= this.count) {
            return null;
        }
        return row === group.row ? group : { kind: "line", line: this.#lineOf(group, row - group.row - 1) };
    }

    /** The row of a line; of one that is folded or filtered out the row next before it. -1 when there are none. */
    rowOf(line: number): number {
        const group = this.#groups.findLast((each) => each.firstLine <= line) ?? this.#groups[0];
        if (group === undefined) {
            return -1;
        }
        if (group.isFolded || line < group.firstLine) {
            return group.row;
        }
        const index = this.#matches === null ? line - group.firstLine : this.#matches.countBefore(line + 1) - 1 - group.firstMatch;
        return group.row + 1 + Math.min(index, group.lineCount - 1);
    }

    /** The line at a row, or the first one below a heading. */
    lineAt(row: number): number | null {
        const group = this.#groups.findLast((each) => each.row <= row);
        return group === undefined ? null : this.#lineOf(group, Math.min(Math.max(0, row - group.row - 1), group.lineCount - 1));
    }

    sectionOf(line: number): SectionRow | null {
        return this.#groups.findLast((each) => each.firstLine <= line) ?? null;
    }

    /** Every shown line, folded ones as well: what is copied. */
    *lines(): Generator<number> {
        for (const group of this.#groups) {
            for (let index = 0; index < group.lineCount; index += 1) {
                yield this.#lineOf(group, index);
            }
        }
    }

    #lineOf(group: Group, index: number): number {
        return this.#matches === null ? group.firstLine + index : (this.#matches.at(group.firstMatch + index) ?? group.firstLine);
    }
}
