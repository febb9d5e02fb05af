import type { LogBlock } from "./log-block.ts";
import type { LogPart } from "./log-store.ts";

/** Numbers of lines in ascending order, kept block by block, so that a block that comes later finds its place. */
export class BlockLines {
    /** Of each block with lines: the lines, and how many there are before them. */
    readonly #runs: { lines: readonly number[]; before: number }[] = [];
    readonly length: number;

    constructor(runs: Iterable<readonly number[]>) {
        let before = 0;
        for (const lines of runs) {
            if (lines.length > 0) {
                this.#runs.push({ lines, before });
                before += lines.length;
            }
        }
        this.length = before;
    }

    at(index: number): number | undefined {
        const run = this.#runs[lastWhere(this.#runs, ({ before }) => before <= index)];
        return run?.lines[index - run.before];
    }

    /** How many are less than `line`: the index of the first one that is not. */
    countBefore(line: number): number {
        const run = this.#runs[lastWhere(this.#runs, ({ lines }) => (lines[0] ?? 0) < line)];
        return run === undefined ? 0 : run.before + lastWhere(run.lines, (each) => each < line) + 1;
    }

    /** Index of the line; -1 when it is not among them. */
    indexOf(line: number): number {
        const index = this.countBefore(line);
        return this.at(index) === line ? index : -1;
    }
}

/** What was found in each block. Blocks do not change, so each is looked through once. */
export class FoundLines {
    readonly #found = new WeakMap<LogBlock, readonly number[]>();
    readonly #find: (block: LogBlock) => readonly number[];

    constructor(find: (block: LogBlock) => readonly number[]) {
        this.#find = find;
    }

    has(block: LogBlock): boolean {
        return this.#found.has(block);
    }

    of(block: LogBlock): readonly number[] {
        const known = this.#found.get(block);
        if (known !== undefined) {
            return known;
        }
        const lines = this.#find(block);
        this.#found.set(block, lines);
        return lines;
    }

    /** Those of the parts that are loaded; with `onlyKnown` no block is looked through now. */
    in(parts: readonly LogPart[], onlyKnown = false): BlockLines {
        return new BlockLines(parts.flatMap(({ block }) => (block === null || (onlyKnown && !this.has(block)) ? [] : [this.of(block)])));
    }
}

/** Index of the last item for which `holds`, which holds for a beginning of the list; -1 when for none. */
function lastWhere<T>(list: readonly T[], holds: (item: T) => boolean): number {
    let low = -1;
    let high = list.length - 1;
    while (low < high) {
        const middle = (low + high + 1) >> 1;
        const item = list[middle];
        if (item !== undefined && holds(item)) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}
