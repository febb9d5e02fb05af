import { createHash } from "node:crypto";

/** Our own tag on a release's image: it survives a prune of dangling images and names what the image belongs to. Ids begin with the time, so the end of one is what is distinct. */
export function keepTag(stack: string, service: string, commitSha: string, deploymentId: string): string {
    const plain = service.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "service";
    // Two services whose names differ only in what an image name cannot hold must not share a tag.
    const distinct = plain === service ? plain : `${plain}-${createHash("sha256").update(service).digest("hex").slice(0, 8)}`;
    return `git-deploy/${imagePart(stack)}-${distinct}:${commitSha.slice(0, 12)}-${deploymentId.slice(-8)}`;
}

/** The name that Compose gives the image of a service without `image:`. */
export function composeImageName(project: string, service: string): string {
    return `${project}-${service}`;
}

/** True for a reference by content, which nothing can move. */
export function isPinned(imageRef: string): boolean {
    return imageRef.includes("@sha256:") || /^sha256:[0-9a-f]{64}$/.test(imageRef);
}

/** Stack names may hold what an image name may not: a separator at the end or several in a row. */
export function imagePart(stack: string): string {
    return /^[a-z0-9]+(?:(?:_{1,2}|-+)[a-z0-9]+)*$/.test(stack) ? stack : `s-${createHash("sha256").update(stack).digest("hex").slice(0, 12)}`;
}
