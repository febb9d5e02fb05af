import type { Release } from "../domain/entities.ts";
import type { Run } from "./run-context.ts";

/** Keeps the images of the last N healthy releases and removes those of older and failed ones. Never fails a deployment. */
export async function removeOldReleases(run: Run): Promise<void> {
    const { parts, config, deployment } = run;
    const stack = deployment.stackId;
    const healthy = await parts.releases.healthyOf(stack);
    const current = await parts.releases.currentOf(stack);
    const kept = healthy.slice(0, config.keepReleases);
    if (current !== null && !kept.some((release) => release.id === current.id)) {
        kept.push(current);
    }
    const keptTags = new Set(kept.flatMap((release) => release.services.map((service) => service.keepTag)));
    const surplus = healthy.filter((release) => !kept.some((each) => each.id === release.id));
    const failed = (await parts.releases.recentOf(stack, 20)).filter((release) => release.status === "failed");
    for (const release of [...surplus, ...failed]) {
        await removeRelease(run, release, keptTags);
    }
    if (surplus.length > 0) {
        run.log.note("cleanup", `Removed ${surplus.length} release${surplus.length === 1 ? "" : "s"} beyond the ${config.keepReleases} that are kept`);
    }
}

async function removeRelease(run: Run, release: Release, keptTags: ReadonlySet<string>): Promise<void> {
    const { docker, git, releases } = run.parts;
    for (const { keepTag } of release.services) {
        if (!keptTags.has(keepTag)) {
            await docker.untag(keepTag);
        }
    }
    if (release.status === "healthy") {
        await releases.update(release.id, { status: "removed" });
        await git.dropRelease(release.repositoryId, release.id);
    }
}
