import { STEP_NAMES } from "./deployment.ts";
import { LOG_LEVELS } from "./schemas.ts";
import type { LogLine } from "./views.ts";

/**
 * The lines of a deployment's log file, written by the server and read by the browser, with tabs between their five parts:
 * time, step, stream, level, text. The text comes last, so it may hold tabs; it never holds a line end.
 */

const STREAMS: readonly LogLine["stream"][] = ["out", "err", "note"];

/** Without the line end. */
export function formatLogLine(line: Omit<LogLine, "offset">): string {
    return `${line.time}\t${line.step}\t${line.stream}\t${line.level}\t${line.text}`;
}

/** Reads one line without its line end; null for what no writer of ours has written whole, such as the torn one that a crash may leave. */
export function parseLogLine(raw: string, offset: number): LogLine | null {
    const [time = "", step, stream, level] = raw.split("\t", 4);
    if (!isOneOf(step, STEP_NAMES) || !isOneOf(stream, STREAMS) || !isOneOf(level, LOG_LEVELS)) {
        return null;
    }
    const textStart = time.length + step.length + stream.length + level.length + 4;
    return textStart > raw.length ? null : { offset, time, step, stream, level, text: raw.slice(textStart) };
}

function isOneOf<T extends string>(value: string | undefined, values: readonly T[]): value is T {
    return (values as readonly (string | undefined)[]).includes(value);
}
