import type { Deployment } from "../entities.ts";

/**
 * The run that already does what is asked for, or null: providers send one push as several deliveries (create and push),
 * some send it again under a new id. Only a run that nothing newer has overtaken counts, so the newest push always deploys.
 */
export function findSameRun(wanted: Pick<Deployment, "commitSha" | "branch" | "tag">, pending: Deployment | null, running: Deployment | null): Deployment | null {
    const newest = pending ?? running;
    const isSame = newest !== null && newest.kind === "deploy" && wanted.commitSha !== null && newest.commitSha === wanted.commitSha && newest.branch === wanted.branch && newest.tag === wanted.tag;
    return isSame ? newest : null;
}
