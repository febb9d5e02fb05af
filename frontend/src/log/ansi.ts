/** A piece of text with one look. Rendered as a span with classes; never as HTML. */
export interface Span {
    text: string;
    classes: string[];
}

// eslint-disable-next-line no-control-regex -- escape sequences begin with a control character
const SGR = /\x1b\[([\d;]*)m/g;
// eslint-disable-next-line no-control-regex -- cursor movement, titles and the like, which a log line cannot show
const OTHER = /\x1b(?:\[[0-?]*[ -/]*[@-ln-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]/g;

const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

interface Look {
    colour: string | null;
    isBold: boolean;
    isDim: boolean;
    isItalic: boolean;
    isUnderlined: boolean;
}

const PLAIN: Look = { colour: null, isBold: false, isDim: false, isItalic: false, isUnderlined: false };

/** The 256-colour cube is brought to the eight that both themes have a readable shade of. */
function nearest(index: number): string | null {
    if (index < 16) {
        return COLOURS[index % 8] ?? null;
    }
    if (index > 231) {
        return index > 243 ? null : "black";
    }
    const [red, green, blue] = [Math.floor((index - 16) / 36), Math.floor(((index - 16) % 36) / 6), (index - 16) % 6];
    return COLOURS[(red > 2 ? 1 : 0) + (green > 2 ? 2 : 0) + (blue > 2 ? 4 : 0)] ?? null;
}

function extended(codes: number[], at: number): [colour: string | null, used: number] {
    if (codes[at + 1] === 5) {
        return [nearest(codes[at + 2] ?? 0), 2];
    }
    const bits = [2, 3, 4].map((offset, bit) => ((codes[at + offset] ?? 0) > 127 ? 1 << bit : 0));
    return [COLOURS[bits.reduce((sum, bit) => sum + bit, 0)] ?? null, 4];
}

function apply(look: Look, codes: number[]): Look {
    let next = look;
    for (let at = 0; at < codes.length; at += 1) {
        const code = codes[at] ?? 0;
        if (code === 0) {
            next = PLAIN;
        } else if (code === 1) {
            next = { ...next, isBold: true };
        } else if (code === 2) {
            next = { ...next, isDim: true };
        } else if (code === 3) {
            next = { ...next, isItalic: true };
        } else if (code === 4) {
            next = { ...next, isUnderlined: true };
        } else if (code === 22) {
            next = { ...next, isBold: false, isDim: false };
        } else if (code === 23) {
            next = { ...next, isItalic: false };
        } else if (code === 24) {
            next = { ...next, isUnderlined: false };
        } else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) {
            next = { ...next, colour: COLOURS[code % 10] ?? null };
        } else if (code === 38 || code === 48) {
            const [colour, used] = extended(codes, at);
            at += used;
            next = code === 38 ? { ...next, colour } : next;
        } else if (code === 39) {
            next = { ...next, colour: null };
        }
    }
    return next;
}

function classesOf(look: Look): string[] {
    return [
        ...(look.colour === null ? [] : [`ansi-${look.colour}`]),
        ...(look.isBold ? ["ansi-bold"] : []),
        ...(look.isDim ? ["ansi-dim"] : []),
        ...(look.isItalic ? ["ansi-italic"] : []),
        ...(look.isUnderlined ? ["ansi-underline"] : []),
    ];
}

/** Splits a line with ANSI colours into spans; every other control sequence is dropped. */
export function ansiSpans(line: string): Span[] {
    if (!line.includes("\x1b")) {
        return [{ text: line.replace(OTHER, ""), classes: [] }];
    }
    const spans: Span[] = [];
    let look = PLAIN;
    let from = 0;
    const push = (raw: string): void => {
        const text = raw.replace(OTHER, "");
        if (text !== "") {
            spans.push({ text, classes: classesOf(look) });
        }
    };
    for (const match of line.matchAll(SGR)) {
        push(line.slice(from, match.index));
        look = apply(look, (match[1] ?? "").split(";").map(Number));
        from = match.index + match[0].length;
    }
    push(line.slice(from));
    return spans;
}

/** The text that a person sees, for search and copy. */
export function plainText(line: string): string {
    return line.replace(SGR, "").replace(OTHER, "");
}

/** Cuts spans where the (case-insensitive) search text is, so that it can be marked. */
export function markSpans(spans: Span[], query: string): (Span & { isHit: boolean })[] {
    if (query === "") {
        return spans.map((span) => ({ ...span, isHit: false }));
    }
    const whole = spans.map(({ text }) => text).join("").toLowerCase();
    const wanted = query.toLowerCase();
    const hits: [number, number][] = [];
    for (let at = whole.indexOf(wanted); at !== -1; at = whole.indexOf(wanted, at + wanted.length)) {
        hits.push([at, at + wanted.length]);
    }
    const marked: (Span & { isHit: boolean })[] = [];
    let start = 0;
    for (const span of spans) {
        const end = start + span.text.length;
        const cuts = [start, ...hits.flat().filter((cut) => cut > start && cut < end), end];
        cuts.slice(0, -1).forEach((cut, index) => {
            const to = cuts[index + 1] ?? end;
            const isHit = hits.some(([hitStart, hitEnd]) => cut >= hitStart && to <= hitEnd);
            marked.push({ text: span.text.slice(cut - start, to - start), classes: span.classes, isHit });
        });
        start = end;
    }
    return marked;
}
