/** Editors know one kind of line end and no byte order mark; files have what they have. */

const LINE = /([^\r\n]*)(\r\n|\r|\n|$)/g;
const BYTE_ORDER_MARK = "\ufeff";

interface Line {
    text: string;
    end: string;
}

/** The text as an editor holds it. */
export function toEditorText(text: string): string {
    return text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
}

/**
 * What an editor gave back, with the line ends of the original: lines that were not touched keep their own, new ones get the kind
 * that most lines have.
 */
export function fromEditorText(edited: string, original: string): string {
    const mark = original.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : "";
    const before = linesOf(original.slice(mark.length));
    const after = linesOf(edited);
    if (before.every(({ end }) => end === "\n" || end === "")) {
        return mark + edited;
    }
    const usual = usualEnd(before);
    const [head, tail] = sameEnds(before, after);
    const ended = after.map(({ text, end }, at) => {
        const fromEnd = after.length - at;
        const same = at < head ? before[at] : fromEnd <= tail ? before[before.length - fromEnd] : undefined;
        // The last line of the original may have had no end, where now it has one.
        return text + (end === "" ? "" : same === undefined || same.end === "" ? usual : same.end);
    });
    const restored = mark + ended.join("");
    // A lone carriage return before an empty line would become one line end together with the next.
    return toEditorText(restored) === edited ? restored : mark + edited;
}

function linesOf(text: string): Line[] {
    const lines = [...text.matchAll(LINE)].map(([, words = "", end = ""]) => ({ text: words, end }));
    // The pattern matches once more behind the last line end.
    return lines.length > 1 && lines.at(-1)?.text === "" && lines.at(-2)?.end === "" ? lines.slice(0, -1) : lines;
}

/** How many lines at the beginning and at the end are the same in both. */
function sameEnds(before: readonly Line[], after: readonly Line[]): [head: number, tail: number] {
    const most = Math.min(before.length, after.length);
    let head = 0;
    while (head < most && before[head]?.text === after[head]?.text) {
        head += 1;
    }
    let tail = 0;
    while (tail < most - head && before[before.length - 1 - tail]?.text === after[after.length - 1 - tail]?.text) {
        tail += 1;
    }
    return [head, tail];
}

function usualEnd(lines: readonly Line[]): string {
    const counts = new Map<string, number>();
    for (const { end } of lines) {
        if (end !== "") {
            counts.set(end, (counts.get(end) ?? 0) + 1);
        }
    }
    return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? "\n";
}
