/**
 * Heights of rows most of which are as high as one line: only what goes beyond is kept, in a tree of partial sums (Fenwick),
 * so that a million rows cost 4 bytes each and any row's place is found in twenty steps. Pixels.
 */
export class RowHeights {
    readonly #base: number;
    #extra: Float32Array;
    #tree: Float64Array;
    #count = 0;
    #total = 0;

    constructor(baseHeight: number) {
        this.#base = baseHeight;
        this.#extra = new Float32Array(0);
        this.#tree = new Float64Array(1);
    }

    get total(): number {
        return this.#count * this.#base + this.#total;
    }

    /** All rows as high as one line again. */
    reset(count: number): void {
        this.#count = count;
        this.#total = 0;
        this.#allocate(count, false);
    }

    /** Rows are added at the end. */
    grow(count: number): void {
        if (count < this.#count) {
            this.reset(count);
            return;
        }
        if (count > this.#extra.length) {
            this.#allocate(Math.max(count, this.#extra.length * 2), true);
        }
        this.#count = count;
    }

    /** Returns by how much it has changed. */
    set(row: number, height: number): number {
        const before = this.#extra[row];
        const extra = Math.fround(height - this.#base);
        if (before === undefined || row >= this.#count || Math.abs(before - extra) < 0.5) {
            return 0;
        }
        this.#extra[row] = extra;
        this.#total += extra - before;
        this.#put(row, extra - before);
        return extra - before;
    }

    topOf(row: number): number {
        let sum = 0;
        for (let at = Math.min(row, this.#count); at > 0; at -= at & -at) {
            sum += this.#tree[at] ?? 0;
        }
        return row * this.#base + sum;
    }

    heightOf(row: number): number {
        return this.#base + (this.#extra[row] ?? 0);
    }

    /** The row that is at that place. */
    rowAt(top: number): number {
        let row = 0;
        let left = top;
        for (let step = highestBit(this.#count); step > 0; step >>= 1) {
            const next = row + step;
            const height = step * this.#base + (this.#tree[next] ?? 0);
            if (next <= this.#count && height <= left) {
                row = next;
                left -= height;
            }
        }
        return Math.max(0, Math.min(row, this.#count - 1));
    }

    #put(row: number, delta: number): void {
        for (let at = row + 1; at < this.#tree.length; at += at & -at) {
            this.#tree[at] = (this.#tree[at] ?? 0) + delta;
        }
    }

    #allocate(length: number, isKept: boolean): void {
        const extra = new Float32Array(length);
        if (isKept) {
            extra.set(this.#extra.subarray(0, this.#count));
        }
        this.#extra = extra;
        this.#tree = new Float64Array(length + 1);
        if (isKept && this.#total !== 0) {
            extra.forEach((each, row) => each !== 0 && this.#put(row, each));
        }
    }
}

function highestBit(count: number): number {
    return count < 1 ? 0 : 2 ** Math.floor(Math.log2(count));
}
