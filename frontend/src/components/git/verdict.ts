export interface Verdict {
    kind: "deploy" | "ignore" | "reject" | "none";
    code: string | null;
    /** What stands after the code, or the whole text when it has none. */
    reason: string;
}

/** Takes apart what the server writes: `deploy`, or `ignore: CODE. Reason.` */
export function readVerdict(text: string | null): Verdict {
    // Its commit was in the queue already: it leads to the same run.
    if (text === "duplicate") {
        return { kind: "deploy", code: null, reason: "" };
    }
    const match = /^(deploy|ignore|reject)(?::\s*(?:([A-Z][A-Z_]+)\b[.:]?\s*)?(.*))?$/s.exec(text ?? "");
    if (match === null) {
        return { kind: "none", code: null, reason: text ?? "" };
    }
    return { kind: match[1] as Verdict["kind"], code: match[2] ?? null, reason: match[3] ?? "" };
}
