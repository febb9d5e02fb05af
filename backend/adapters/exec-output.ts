import { StringDecoder } from "node:string_decoder";

/** A line longer than this is handed on in pieces, so that a build without line ends cannot fill the memory. */
export const MAX_LINE_LENGTH = 64 * 1024;

/** One output stream of a child: hands on its lines as they come and keeps its end. */
export class OutputTail {
    readonly #decoder = new StringDecoder("utf8");
    readonly #maxLength: number;
    readonly #onLine: (text: string) => void;
    #kept = "";
    #line = "";

    /** @param maxLength characters of the end of the stream that `text` keeps */
    constructor(maxLength: number, onLine: (text: string) => void) {
        this.#maxLength = maxLength;
        this.#onLine = onLine;
    }

    push(chunk: Buffer): void {
        this.#take(this.#decoder.write(chunk));
    }

    /** Hands on the unfinished last line. */
    end(): void {
        this.#take(this.#decoder.end());
        if (this.#line !== "") {
            this.#emit(this.#line);
            this.#line = "";
        }
    }

    get text(): string {
        return this.#kept.slice(-this.#maxLength);
    }

    #take(text: string): void {
        if (text === "") {
            return;
        }
        this.#kept += text;
        // Cut only now and then: cutting for every chunk would copy the whole tail each time.
        if (this.#kept.length > 2 * this.#maxLength) {
            this.#kept = this.#kept.slice(-this.#maxLength);
        }
        const lines = (this.#line + text).split("\n");
        this.#line = withoutOverwritten(lines.pop() ?? "");
        for (const line of lines) {
            this.#emit(line);
        }
        while (this.#line.length > MAX_LINE_LENGTH) {
            const length = pieceLength(this.#line);
            this.#emit(this.#line.slice(0, length));
            this.#line = this.#line.slice(length);
        }
    }

    #emit(line: string): void {
        const withoutEnd = line.endsWith("\r") ? line.slice(0, -1) : line;
        this.#onLine(withoutEnd.slice(withoutEnd.lastIndexOf("\r") + 1));
    }
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
