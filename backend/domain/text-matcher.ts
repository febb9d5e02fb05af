export interface TextRange {
    start: number;
    /** The first position after it. */
    end: number;
}

const ROOT = 0;
const PAIRS = 65_536;
const MAX_SKIP = 255;

/**
 * Finds many texts in one pass (Aho and Corasick, 1975), as a complete automaton: one table look-up for each character.
 * Characters that no text has share one column of the table, so its size follows from the texts alone.
 * Where no text can begin the automaton is not asked: the last two characters of a window as long as the shortest text tell how far to move it (Wu and Manber, 1994).
 */
export class TextMatcher {
    /** That of the shortest text. */
    readonly #windowLength: number;
    /** How far the window may move on, by the pair of characters at its end; 0 where a text may begin with the window. */
    readonly #skips: Uint8Array;
    /** Column of each UTF-16 code unit; 0 for those that no text has. */
    readonly #columns = new Uint16Array(65_536);
    readonly #columnCount: number;
    /** Next state, by state and column. */
    readonly #next: Int32Array;
    /** Length of the longest text that ends in a state. */
    readonly #matchLength: Int32Array;

    constructor(texts: readonly string[]) {
        const wanted = texts.filter((text) => text !== "");
        this.#windowLength = wanted.reduce((shortest, text) => Math.min(shortest, text.length), MAX_SKIP);
        this.#skips = skipsOf(wanted, this.#windowLength);
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
        const skips = this.#skips;
        const toEnd = this.#windowLength - 1;
        for (let end = toEnd; end < text.length; ) {
            const skip = toEnd === 0 ? 0 : (skips[pairOf(text.charCodeAt(end - 1), text.charCodeAt(end))] ?? 0);
            end = skip > 0 ? end + skip : this.#follow(text, end - toEnd, ranges) + toEnd;
        }
        return ranges;
    }

    /** Lets the automaton go on from a position until no text is half read. @returns the position from which nothing is known yet */
    #follow(text: string, start: number, ranges: TextRange[]): number {
        let state = ROOT;
        for (let index = start; index < text.length; index++) {
            const column = this.#columns[text.charCodeAt(index)] ?? 0;
            state = this.#next[state * this.#columnCount + column] ?? ROOT;
            if (state === ROOT) {
                return index + 1;
            }
            const length = this.#matchLength[state] ?? 0;
            if (length > 0) {
                addRange(ranges, index + 1 - length, index + 1);
            }
        }
        return text.length;
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

/** Pairs that share a number only move the window less far. */
function pairOf(first: number, second: number): number {
    return ((first << 8) ^ second) & (PAIRS - 1);
}

function skipsOf(texts: readonly string[], windowLength: number): Uint8Array {
    const skips = new Uint8Array(PAIRS).fill(windowLength - 1);
    for (const text of texts) {
        for (let last = 1; last < windowLength; last++) {
            const pair = pairOf(text.charCodeAt(last - 1), text.charCodeAt(last));
            skips[pair] = Math.min(skips[pair] ?? 0, windowLength - 1 - last);
        }
    }
    return skips;
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
