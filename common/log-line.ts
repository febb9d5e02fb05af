import { STEP_NAMES, type StepName } from "./deployment.ts";
import { LOG_LEVELS, type LogLevel } from "./schemas.ts";
import type { LogLine } from "./wire.ts";

/**
 * The lines of a deployment's log file, written by the server and read by the browser:
 * `2026-01-31T10:00:00.000Z build out info text of the line`
 */

const STREAMS = ["out", "err", "note"] as const;
const LINE = new RegExp(`^(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z) (${STEP_NAMES.join("|")}) (${STREAMS.join("|")}) (${LOG_LEVELS.join("|")}) (.*)$`, "s");

/** Without the line end. The text of one line never holds one: split before. */
export function formatLogLine(line: Omit<LogLine, "offset">): string {
    return `${line.time} ${line.step} ${line.stream} ${line.level} ${line.text}`;
}

/** Reads one line without its line end; null for what no writer of ours has written (a cut or foreign line). */
export function parseLogLine(raw: string, offset: number): LogLine | null {
    const match = LINE.exec(raw);
    if (match === null) {
        return null;
    }
    const [, time = "", step, stream, level, text = ""] = match;
    return { offset, time, step: step as StepName, stream: stream as LogLine["stream"], level: level as LogLevel, text };
}
