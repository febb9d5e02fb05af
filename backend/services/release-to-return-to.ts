import type { Deployment, Release } from "../domain/entities.ts";
import { DeployError } from "../domain/errors.ts";
import type { Docker, ReleaseStore } from "../domain/ports.ts";
import { requireReadable } from "../domain/secret.ts";

/** The release that this deployment left, when it is kept and every image of it is still here. @throws RELEASE_NOT_KEPT, IMAGE_MISSING, SECRET_UNREADABLE */
export async function releaseToReturnTo(parts: { releases: Pick<ReleaseStore, "byId">; docker: Pick<Docker, "imageId"> }, target: Deployment): Promise<Release> {
    const release = target.status === "successful" && target.releaseId !== null ? await parts.releases.byId(target.releaseId) : null;
    if (release?.status !== "healthy") {
        throw new DeployError("RELEASE_NOT_KEPT", "This deployment left no release that can be returned to, or it is too old and was cleaned up. Choose one of the kept ones, or deploy its commit again.");
    }
    requireReadable([release.env]);
    const images = await Promise.all(release.services.map(async ({ service, imageId }) => ({ service, found: await parts.docker.imageId(imageId) })));
    const missing = images.filter(({ found }) => found === null).map(({ service }) => service);
    if (missing.length > 0) {
        throw new DeployError("IMAGE_MISSING", `The images of ${missing.join(", ")} are no longer on this machine. Deploy the commit again instead.`, { details: { services: missing } });
    }
    return release;
}
