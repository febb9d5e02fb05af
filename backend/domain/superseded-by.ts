import type { Deployment } from "./entities.ts";

/** Why a run ended that gives way to `newer`, in words that its reader can find again in the history. */
export function supersededBy({ kind, commitSha, tag, branch }: Pick<Deployment, "kind" | "commitSha" | "tag" | "branch">): string {
    const ref = tag ?? branch;
    const from = commitSha !== null ? ` of commit ${commitSha.slice(0, 12)}` : ref !== null ? ` of the newest commit of ${ref}` : "";
    return `A newer ${kind === "rollback" ? "rollback" : "deployment"}${from} took its place.`;
}
