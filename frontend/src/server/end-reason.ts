/** What the sentence says that the server writes beside a code, apart from the language: a text of ours and what is put into it. */
export interface EndReason {
    readonly key: string;
    readonly values: Readonly<Record<string, string>>;
}

/** By code, the server's sentences about how a run ended; the named groups are what they tell beyond the code. */
const SENTENCES: Readonly<Record<string, readonly (readonly [sentence: RegExp, key: string])[]>> = {
    CANCELLED_BY_USER: [[/^Cancelled by (?<name>.+)\.$/s, "endReason.cancelledBy"]],
    SUPERSEDED: [
        [/^A newer deployment took its place\.$/, "errors.SUPERSEDED"],
        [/^A newer deployment of commit (?<commit>[0-9a-f]+) took its place\.$/, "endReason.newerCommit"],
        [/^A newer deployment of the tag (?<tag>.+) took its place\.$/s, "endReason.newerTag"],
        [/^A newer deployment of the newest commit of (?<branch>.+) took its place\.$/s, "endReason.newerBranch"],
        [/^A rollback took its place\.$/, "endReason.rollback"],
        [/^A rollback to commit (?<commit>[0-9a-f]+) took its place\.$/, "endReason.rollbackTo"],
        [/^This delivery came late: the released commit (?<released>[0-9a-f]+) is newer than (?<commit>[0-9a-f]+)\.$/, "endReason.late"],
    ],
    UNLINKED: [[/^The stack is no longer linked to this repository\.$/, "errors.UNLINKED"]],
    DEADLINE_EXCEEDED: [[/^The deployment did not finish within (?<seconds>\d+) s\. Raise its timeout, or find out what takes so long in the log\.$/, "endReason.tooLong"]],
    CONTAINER_EXITED: [
        [/^(?<container>\S+) ended with exit code (?<exitCode>\S+)\. The container's last lines are in the log\.$/, "endReason.exited"],
        [/^(?<container>\S+) keeps ending \(exit code (?<exitCode>\S+), restarted (?<count>\d+) times\)\. The container's last lines are in the log\.$/, "endReason.restarts"],
    ],
    CONTAINER_UNHEALTHY: [[/^(?<container>\S+) runs, but its health check fails: (?<output>.+)\. The container's last lines are in the log\.$/s, "endReason.unhealthy"]],
    COMMIT_GONE: [
        [/^The branch (?<branch>.+) no longer contains (?<commit>[0-9a-f]+): it was rewritten after the push\.$/s, "endReason.rewritten"],
        [/^The tag (?<tag>.+) was moved: it no longer names (?<commit>[0-9a-f]+)\.$/s, "endReason.tagMoved"],
    ],
};

/** Null for every other sentence, such as one of a later version: then the code alone is translated. */
export function readEndReason(code: string | null, message: string): EndReason | null {
    for (const [sentence, key] of (code === null ? undefined : SENTENCES[code]) ?? []) {
        const match = sentence.exec(message);
        if (match !== null) {
            return { key, values: { ...match.groups } };
        }
    }
    return null;
}
