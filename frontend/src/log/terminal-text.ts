// eslint-disable-next-line no-control-regex -- what moves the cursor or clears lines begins with a control character
const CONTROL = /\x1b\[(\d*)(?:;\d*)*([A-HJKfhlr])|\x1b\[\?\d+[hl]|\r\n|\r|\n/g;

/**
 * What a terminal of compose shows, as lines of text with colours. Knows the few movements that progress displays use:
 * up, down, to the line's start, clear line, clear below. Keeps the last `maxLines`.
 */
export class TerminalText {
    lines: string[] = [""];
    /** Lines that were there before the first of `lines`. */
    droppedLines = 0;
    #row = 0;
    #isLineStart = true;
    readonly #maxLines: number;

    constructor(maxLines: number) {
        this.#maxLines = maxLines;
    }

    write(text: string): void {
        let from = 0;
        for (const match of text.matchAll(CONTROL)) {
            this.#put(text.slice(from, match.index));
            this.#move(match[0], Number(match[1] || 1), match[2] ?? "");
            from = match.index + match[0].length;
        }
        this.#put(text.slice(from));
        const excess = this.lines.length - this.#maxLines;
        if (excess > 0) {
            this.lines.splice(0, excess);
            this.droppedLines += excess;
            this.#row = Math.max(0, this.#row - excess);
        }
    }

    #put(text: string): void {
        if (text === "") {
            return;
        }
        this.lines[this.#row] = this.#isLineStart ? text : (this.lines[this.#row] ?? "") + text;
        this.#isLineStart = false;
    }

    #move(sequence: string, count: number, command: string): void {
        if (sequence === "\n" || sequence === "\r\n") {
            this.#row += 1;
            this.#isLineStart = this.lines[this.#row] !== undefined;
            this.lines[this.#row] ??= "";
        } else if (sequence === "\r" || command === "G") {
            this.#isLineStart = true;
        } else if (command === "A" || command === "F") {
            this.#row = Math.max(0, this.#row - count);
            this.#isLineStart = true;
        } else if (command === "B" || command === "E") {
            this.#row = Math.min(this.lines.length - 1, this.#row + count);
            this.#isLineStart = true;
        } else if (command === "K" && this.#isLineStart) {
            this.lines[this.#row] = "";
        } else if (command === "J") {
            this.lines.length = this.#row + 1;
        }
    }
}
