import { plainText } from "./ansi.ts";
import type { LogBlock } from "./log-block.ts";

/** Tabs before the text of a line. */
const FIELDS = 4;

/** The lines of a block whose text holds `wanted` (in lower case), as a person sees it: without colours, and not in time, step or level. */
export function findLines(block: LogBlock, wanted: string): number[] {
    const text = (block.text.includes("\x1b") ? plainText(block.text) : block.text).toLowerCase();
    const lines: number[] = [];
    let line = block.firstLine;
    let lineStart = 0;
    for (let at = text.indexOf(wanted); at !== -1; ) {
        for (let next = text.indexOf("\n", lineStart); next !== -1 && next < at; next = text.indexOf("\n", lineStart)) {
            lineStart = next + 1;
            line += 1;
        }
        const textStart = startOfText(text, lineStart);
        if (at < textStart) {
            at = text.indexOf(wanted, textStart);
            continue;
        }
        lines.push(line);
        const end = text.indexOf("\n", at);
        at = end === -1 ? -1 : text.indexOf(wanted, end + 1);
    }
    return lines;
}

/** A torn line has fewer tabs: all of it is text. */
function startOfText(text: string, lineStart: number): number {
    const end = text.indexOf("\n", lineStart);
    let at = lineStart;
    for (let left = FIELDS; left > 0; left -= 1) {
        at = text.indexOf("\t", at) + 1;
        if (at === 0 || at > end) {
            return lineStart;
        }
    }
    return at;
}
