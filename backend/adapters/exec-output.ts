import { StringDecoder } from "node:string_decoder";

/** A line longer than this is handed on in pieces, so that a build without line ends cannot fill the memory. */
export const MAX_LINE_LENGTH = 64 * 1024;

/** One output stream of a child: hands on its lines as they come and keeps its end. */
export class OutputTail {
    readonly #decoder = new StringDecoder("utf8");
    readonly #maxLength: number;
    readonly #onLines: (text: string) => void;
    /** Whatever came before `#kept` and may still belong to the end. */
    #keptBefore = "";
    #kept = "";
    #line = "";

    /**
     * @param maxLength characters of the end of the stream that `text` keeps
     * @param onLines whole lines, as many as came together: joined by line ends, without the last one
     */
    constructor(maxLength: number, onLines: (text: string) => void) {
        this.#maxLength = maxLength;
        this.#onLines = onLines;
    }

    push(chunk: Buffer): void {
        this.#take(this.#decoder.write(chunk));
    }

    /** Hands on the unfinished last line. */
    end(): void {
        this.#take(this.#decoder.end());
        if (this.#line !== "") {
            this.#onLines(shownOf(this.#line));
            this.#line = "";
        }
    }

    get text(): string {
        return (this.#keptBefore + this.#kept).slice(-this.#maxLength);
    }

    /** A million lines a minute pass here: all that is done is done for many of them at once. */
    #take(text: string): void {
        if (text === "") {
            return;
        }
        this.#keep(text);
        const end = text.lastIndexOf("\n");
        if (end === -1) {
            this.#line = withoutOverwritten(this.#line + text);
        } else {
            const lines = this.#line + text.slice(0, end);
            this.#line = withoutOverwritten(text.slice(end + 1));
            this.#onLines(lines.includes("\r") ? lines.split("\n").map(shownOf).join("\n") : lines);
        }
        while (this.#line.length > MAX_LINE_LENGTH) {
            const length = pieceLength(this.#line);
            this.#onLines(shownOf(this.#line.slice(0, length)));
            this.#line = this.#line.slice(length);
        }
    }

    /** Nothing is cut or copied: what is surely too old is dropped. */
    #keep(text: string): void {
        if (this.#kept.length >= this.#maxLength) {
            this.#keptBefore = this.#kept;
            this.#kept = "";
        }
        this.#kept += text;
    }
}

/** What a terminal would show of a line. */
function shownOf(line: string): string {
    const withoutEnd = line.endsWith("\r") ? line.slice(0, -1) : line;
    return withoutEnd.slice(withoutEnd.lastIndexOf("\r") + 1);
}

/** What a terminal would still show of an unfinished line; a `\r` at its end may yet become `\r\n`. */
function withoutOverwritten(line: string): string {
    return line.slice(line.lastIndexOf("\r", line.length - 2) + 1);
}

/** Never cuts a character outside the basic plane in two. */
function pieceLength(line: string): number {
    const last = line.charCodeAt(MAX_LINE_LENGTH - 1);
    return last >= 0xd800 && last <= 0xdbff ? MAX_LINE_LENGTH - 1 : MAX_LINE_LENGTH;
}
