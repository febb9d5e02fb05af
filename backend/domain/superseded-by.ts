import type { Deployment } from "./entities.ts";

/** Why a run ended that gives way to `newer`, in words that its reader can find again in the history. */
export function supersededBy(newer: Pick<Deployment, "kind" | "commitSha" | "tag" | "branch">): string {
    const commit = newer.commitSha?.slice(0, 12);
    if (newer.kind === "rollback") {
        return `A rollback${commit === undefined ? "" : ` to commit ${commit}`} took its place.`;
    }
    return `A newer deployment${sourceOf(newer, commit)} took its place.`;
}

/** By hand, the commit is only known once it runs. */
function sourceOf({ tag, branch }: Pick<Deployment, "tag" | "branch">, commit: string | undefined): string {
    if (commit !== undefined) {
        return ` of commit ${commit}`;
    }
    if (tag !== null) {
        return ` of the tag ${tag}`;
    }
    return branch === null ? "" : ` of the newest commit of ${branch}`;
}
