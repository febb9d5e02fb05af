/** Lines around a change that are shown to find one's way. */
const CONTEXT_LINES = 3;

export interface DifferenceLine {
    kind: "same" | "added" | "removed" | "gap";
    text: string;
    /** Line numbers on either side; null where the side has no such line. */
    before: number | null;
    after: number | null;
}

/** Only what changed, with some lines around it; empty when nothing did. The library comes when it is wanted. */
export async function differenceOf(before: string, after: string): Promise<DifferenceLine[]> {
    const { structuredPatch } = await import("diff");
    const { hunks } = structuredPatch("", "", before, after, "", "", { context: CONTEXT_LINES });
    return hunks.flatMap((hunk, index) => {
        let [left, right] = [hunk.oldStart, hunk.newStart];
        const lines = hunk.lines.filter((line) => !line.startsWith("\\")).map((line): DifferenceLine => {
            const text = line.slice(1);
            switch (line[0]) {
                case "+":
                    return { kind: "added", text, before: null, after: right++ };
                case "-":
                    return { kind: "removed", text, before: left++, after: null };
                default:
                    return { kind: "same", text, before: left++, after: right++ };
            }
        });
        return index === 0 ? lines : [{ kind: "gap", text: "", before: null, after: null } satisfies DifferenceLine, ...lines];
    });
}
