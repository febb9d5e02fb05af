import { createHash } from "node:crypto";
import path from "node:path/posix";
import { isRemoteContext } from "./compose/compose-relocate.ts";
import type { ComposeBuild } from "./ports.ts";

/** Finds the Git object id of a path in the commit's tree; null when it is not there. */
export type ObjectAt = (path: string) => Promise<string | null>;

/**
 * Fingerprint of everything that a service's image is made from: the Git trees of its contexts, its Dockerfile, and the whole build section
 * with its arguments. Two commits with the same key give the same image, so it need not be built again.
 * @param build the build section as `docker compose config` resolved it, with absolute paths
 * @param directory where the checkout lies, so that the paths can be made relative
 * @returns null when Git cannot know the inputs: a remote context, a path outside of the checkout, a secret, `no_cache` or `pull`
 */
export async function buildKey(build: ComposeBuild, extraArgs: readonly { name: string; value: string }[], directory: string, objectAt: ObjectAt): Promise<string | null> {
    if (build["no_cache"] === true || build["pull"] === true || build["secrets"] !== undefined || build["ssh"] !== undefined) {
        return null;
    }
    const contexts = [build.context, ...Object.values((build["additional_contexts"] ?? {}) as Record<string, string>)];
    if (contexts.some((context) => isRemoteContext(context) || /^(docker-image|oci-layout):/.test(context))) {
        return null;
    }
    const inputs: Record<string, string> = {};
    for (const context of contexts.filter((each) => !/^(service|target):/.test(each))) {
        const inside = relativeTo(directory, context);
        const tree = inside === null ? null : await objectAt(inside);
        if (inside === null || tree === null) {
            return null;
        }
        inputs[inside] = tree;
    }
    if (build["dockerfile_inline"] === undefined) {
        const dockerfile = relativeTo(directory, path.resolve(build.context, build.dockerfile ?? "Dockerfile"));
        const blob = dockerfile === null ? null : await objectAt(dockerfile);
        if (dockerfile === null || blob === null) {
            return null;
        }
        inputs[dockerfile] = blob;
        const ignoreFile = `${dockerfile}.dockerignore`;
        inputs[ignoreFile] = (await objectAt(ignoreFile)) ?? "";
    }
    const section = JSON.parse(JSON.stringify(build).replaceAll(directory, "")) as unknown;
    return createHash("sha256").update(canonical({ section, inputs, extraArgs })).digest("hex");
}

function relativeTo(directory: string, absolute: string): string | null {
    const inside = path.relative(directory, absolute);
    return inside === ".." || inside.startsWith("../") || path.isAbsolute(inside) ? null : inside;
}

/** JSON with sorted keys, so that the order in which a file names things does not matter. */
function canonical(value: unknown): string {
    if (Array.isArray(value)) {
        return `[${value.map(canonical).join(",")}]`;
    }
    if (typeof value === "object" && value !== null) {
        const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
        return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(",")}}`;
    }
    return JSON.stringify(value) ?? "null";
}
