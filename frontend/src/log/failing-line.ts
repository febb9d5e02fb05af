import type { StepName } from "../../../common/deployment.ts";
import type { LogStore } from "./log-store.ts";

/** Lines before the end of a failed step that are looked through; what a container printed last may stand between. */
const LOOK_BACK = 2_000;

/**
 * The line that most likely tells why a step failed: the last error that a tool printed in it, else our own last error, else its last line.
 * `isSure` is false while the end of the step is not loaded. Null for a log without that step.
 */
export function findFailingLine(log: LogStore, step: StepName): { line: number; isSure: boolean } | null {
    const index = log.sections.findLastIndex((section) => section.step === step);
    const section = log.sections[index];
    if (section === undefined) {
        return null;
    }
    const last = (log.sections[index + 1]?.line ?? log.lineCount) - 1;
    let own = -1;
    for (let line = last; line >= Math.max(section.line, last - LOOK_BACK); line -= 1) {
        const block = log.parts[log.partOf(line)]?.block ?? null;
        if (block === null) {
            return { line: own === -1 ? last : own, isSure: false };
        }
        if (block.levelOf(line) === "error") {
            if (block.streamOf(line) !== "note") {
                return { line, isSure: true };
            }
            own = own === -1 ? line : own;
        }
    }
    return { line: own === -1 ? last : own, isSure: true };
}
