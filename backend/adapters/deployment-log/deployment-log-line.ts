import type { LogLevel } from "../../../common/schemas.ts";
import type { LogLine } from "../../../common/views.ts";

export type LogStream = LogLine["stream"];

/** Characters of one line; tools that print whole files on one line do not fill the log with them. */
const MAX_LINE_LENGTH = 16 * 1024;

/**
 * Escape sequences but colours, whole or torn: whoever prints a log in a terminal of their own must not have its title, its clipboard or
 * what stands on it changed by what a build has printed. @see https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
 */
// eslint-disable-next-line no-control-regex -- ESC begins what is removed
const SEQUENCES = /\x1b(?!\[[\d;:]*m)(?:\[[0-?]*[ -/]*[@-~]?|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~]?)/g;
/** C0 and C1 controls but tab and ESC, which by now begins nothing but colours. */
// eslint-disable-next-line no-control-regex -- control characters are what is removed
const CONTROLS = /[\x00-\x08\x0a-\x1a\x1c-\x1f\x7f-\x9f]/g;
const SURROGATE = /[\ud800-\udfff]/;
const LONE_SURROGATES = /\p{Surrogate}/gu;
// eslint-disable-next-line no-control-regex -- ESC begins what is removed
const ANSI = /\x1b\[[0-9;?]*[ -/]*[@-~]/g;

/** What every line has that `cleanText` may change; a line end is never in one. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
export const NEEDS_CLEANING = /[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]/;

/** Without what a terminal would act upon and what UTF-8 cannot hold. */
export function cleanText(text: string): string {
    const printable = (text.includes("\x1b") ? text.replace(SEQUENCES, "") : text).replace(CONTROLS, "");
    return SURROGATE.test(printable) ? printable.replace(LONE_SURROGATES, "\ufffd") : printable;
}

/** Cuts a very long line and says how much is missing. Masking comes before: half a secret would not be found. */
export function cutText(text: string): string {
    return text.length <= MAX_LINE_LENGTH ? text : `${text.slice(0, MAX_LINE_LENGTH)} … (${text.length - MAX_LINE_LENGTH} more characters left out)`.replace(LONE_SURROGATES, "\ufffd");
}

/** Whether any of several lines would be cut. */
export function isAnyTooLong(lines: string): boolean {
    for (let start = 0; lines.length - start > MAX_LINE_LENGTH; ) {
        const end = lines.lastIndexOf("\n", start + MAX_LINE_LENGTH);
        if (end < start) {
            return true;
        }
        start = end + 1;
    }
    return false;
}

export function withoutColours(text: string): string {
    return text.includes("\x1b") ? text.replace(ANSI, "") : text;
}

/** What every line has that `guessLevel` may call more than information. */
export const MENTIONS_TROUBLE = /err|fatal|fail|panic|exception|warn/i;
// Words of their own: not the `error` of `error.ts`, `--no-error` or `src/error/`.
const ERROR_WORD = /(?<![\w./-])(?:error|fatal|failed|failure|panic|exception|npm err!)(?![\w/-]|\.\w)/i;
const WARNING_WORD = /(?<![\w./-])(?:warn|warning)(?![\w/-]|\.\w)/i;

/** A guess from the words of a tool. Which stream it chose tells nothing: Git and Compose report progress on stderr. */
export function guessLevel(text: string): LogLevel {
    if (!MENTIONS_TROUBLE.test(text)) {
        return "info";
    }
    const plain = withoutColours(text);
    return ERROR_WORD.test(plain) ? "error" : WARNING_WORD.test(plain) ? "warn" : "info";
}
