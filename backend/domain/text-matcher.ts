export interface TextRange {
    start: number;
    /** The first position after it. */
    end: number;
}

const ROOT = 0;
const PAIRS = 65_536;
const MAX_SKIP = 255;

/**
 * Finds many texts in one pass (Aho and Corasick, 1975). The automaton is kept as a tree of their beginnings, 18 bytes for each character of the texts, and not as a
 * table: of a private key in all of its forms, that would be hundreds of megabytes.
 * Where no text can begin it is not asked: the last two characters of a window as long as the shortest text tell how far to move it (Wu and Manber, 1994).
 */
export class TextMatcher {
    /** That of the shortest text. */
    readonly #windowLength: number;
    /** How far the window may move on, by the pair of characters at its end; 0 where a text may begin with the window. */
    readonly #skips: Uint8Array;
    /** Child of the root by its UTF-16 code unit, as the root has by far the most; 0 for none. */
    readonly #ofRoot = new Int32Array(65_536);
    /** By state: the code unit that leads to it, its first child, the next child of its parent; 0 for none. */
    #units: Uint16Array;
    #firstChild: Int32Array;
    #nextSibling: Int32Array;
    /** The longest proper suffix that is itself a beginning. */
    readonly #suffix: Int32Array;
    /** Length of the longest text that ends in a state. */
    #matchLength: Int32Array;

    constructor(texts: readonly string[]) {
        const wanted = texts.filter((text) => text !== "");
        this.#windowLength = wanted.reduce((shortest, text) => Math.min(shortest, text.length), MAX_SKIP);
        this.#skips = skipsOf(wanted, this.#windowLength);
        const maxStates = wanted.reduce((sum, text) => sum + text.length, 1);
        this.#units = new Uint16Array(maxStates);
        this.#firstChild = new Int32Array(maxStates);
        this.#nextSibling = new Int32Array(maxStates);
        this.#matchLength = new Int32Array(maxStates);
        const stateCount = this.#addTexts(wanted);
        this.#units = this.#units.slice(0, stateCount);
        this.#firstChild = this.#firstChild.slice(0, stateCount);
        this.#nextSibling = this.#nextSibling.slice(0, stateCount);
        this.#matchLength = this.#matchLength.slice(0, stateCount);
        this.#suffix = new Int32Array(stateCount);
        this.#findSuffixes();
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
            state = this.#next(state, text.charCodeAt(index));
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

    /** The longest beginning of a text that is read after one more code unit. */
    #next(state: number, unit: number): number {
        let from = state;
        let child = this.#child(from, unit);
        while (child === ROOT && from !== ROOT) {
            from = this.#suffix[from] ?? ROOT;
            child = this.#child(from, unit);
        }
        return child;
    }

    /** ROOT, which is nobody's child, for none. */
    #child(state: number, unit: number): number {
        if (state === ROOT) {
            return this.#ofRoot[unit] ?? ROOT;
        }
        let child = this.#firstChild[state] ?? ROOT;
        while (child !== ROOT && this.#units[child] !== unit) {
            child = this.#nextSibling[child] ?? ROOT;
        }
        return child;
    }

    /** @returns how many states there are */
    #addTexts(texts: readonly string[]): number {
        let stateCount = 1;
        for (const text of texts) {
            let state = ROOT;
            for (let index = 0; index < text.length; index++) {
                const unit = text.charCodeAt(index);
                let child = this.#child(state, unit);
                if (child === ROOT) {
                    child = stateCount++;
                    this.#units[child] = unit;
                    this.#nextSibling[child] = this.#firstChild[state] ?? ROOT;
                    this.#firstChild[state] = child;
                    if (state === ROOT) {
                        this.#ofRoot[unit] = child;
                    }
                }
                state = child;
            }
            this.#matchLength[state] = text.length;
        }
        return stateCount;
    }

    /** Breadth first: a suffix is shorter, so its own is known. What ends in a suffix ends in the state as well. */
    #findSuffixes(): void {
        const queue = new Int32Array(this.#suffix.length);
        let queued = 1;
        for (let head = 0; head < queued; head++) {
            const state = queue[head] ?? ROOT;
            for (let child = this.#firstChild[state] ?? ROOT; child !== ROOT; child = this.#nextSibling[child] ?? ROOT) {
                const suffix = state === ROOT ? ROOT : this.#next(this.#suffix[state] ?? ROOT, this.#units[child] ?? 0);
                this.#suffix[child] = suffix;
                this.#matchLength[child] = Math.max(this.#matchLength[child] ?? 0, this.#matchLength[suffix] ?? 0);
                queue[queued++] = child;
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
