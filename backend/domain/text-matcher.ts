export interface TextRange {
    start: number;
    /** The first position after it. */
    end: number;
}

const ROOT = 0;

/**
 * Finds many texts in one pass (Aho and Corasick, 1975), as a complete automaton: one table look-up for each character.
 * Characters that no text has share one column of the table, so its size follows from the texts alone.
 */
export class TextMatcher {
    /** Column of each UTF-16 code unit; 0 for those that no text has. */
    readonly #columns = new Uint16Array(65_536);
    readonly #columnCount: number;
    /** Next state, by state and column. */
    readonly #next: Int32Array;
    /** Length of the longest text that ends in a state. */
    readonly #matchLength: Int32Array;

    constructor(texts: readonly string[]) {
        const wanted = texts.filter((text) => text !== "");
        this.#columnCount = this.#assignColumns(wanted);
        const maxStates = wanted.reduce((sum, text) => sum + text.length, 1);
        const next = new Int32Array(maxStates * this.#columnCount).fill(-1);
        const matchLength = new Int32Array(maxStates);
        const stateCount = this.#addTexts(wanted, next, matchLength);
        this.#next = next.slice(0, stateCount * this.#columnCount);
        this.#matchLength = matchLength.slice(0, stateCount);
        this.#complete();
    }

    /** Where any of the texts stands; what overlaps or touches is one range. */
    find(text: string): TextRange[] {
        const ranges: TextRange[] = [];
        let state = ROOT;
        for (let index = 0; index < text.length; index++) {
            const column = this.#columns[text.charCodeAt(index)] ?? 0;
            state = this.#next[state * this.#columnCount + column] ?? ROOT;
            const length = this.#matchLength[state] ?? 0;
            if (length > 0) {
                addRange(ranges, index + 1 - length, index + 1);
            }
        }
        return ranges;
    }

    #assignColumns(texts: readonly string[]): number {
        let count = 1;
        for (const text of texts) {
            for (let index = 0; index < text.length; index++) {
                const unit = text.charCodeAt(index);
                if (this.#columns[unit] === 0) {
                    this.#columns[unit] = count++;
                }
            }
        }
        return count;
    }

    #addTexts(texts: readonly string[], next: Int32Array, matchLength: Int32Array): number {
        let stateCount = 1;
        for (const text of texts) {
            let state = ROOT;
            for (let index = 0; index < text.length; index++) {
                const cell = state * this.#columnCount + (this.#columns[text.charCodeAt(index)] ?? 0);
                if (next[cell] === -1) {
                    next[cell] = stateCount++;
                }
                state = next[cell] ?? ROOT;
            }
            matchLength[state] = Math.max(matchLength[state] ?? 0, text.length);
        }
        return stateCount;
    }

    /** Breadth first: fills every missing transition from the longest proper suffix that is itself a beginning. */
    #complete(): void {
        const next = this.#next;
        const columnCount = this.#columnCount;
        const suffix = new Int32Array(this.#matchLength.length);
        const queue: number[] = [ROOT];
        for (let head = 0; head < queue.length; head++) {
            const state = queue[head] ?? ROOT;
            const fallback = suffix[state] ?? ROOT;
            this.#matchLength[state] = Math.max(this.#matchLength[state] ?? 0, this.#matchLength[fallback] ?? 0);
            for (let column = 0; column < columnCount; column++) {
                const cell = state * columnCount + column;
                const inherited = state === ROOT ? ROOT : (next[fallback * columnCount + column] ?? ROOT);
                const target = next[cell] ?? -1;
                if (target === -1) {
                    next[cell] = inherited;
                } else {
                    suffix[target] = inherited;
                    queue.push(target);
                }
            }
        }
    }
}

function addRange(ranges: TextRange[], start: number, end: number): void {
    let from = start;
    let last = ranges.at(-1);
    while (last !== undefined && last.end >= from) {
        from = Math.min(from, last.start);
        ranges.pop();
        last = ranges.at(-1);
    }
    ranges.push({ start: from, end });
}
