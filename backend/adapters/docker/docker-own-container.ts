import { readFile } from "node:fs/promises";
import os from "node:os";

const ID = "([0-9a-f]{64})";

/**
 * Ids that the container this process runs in may have, most certain first; none on a host.
 * The Engine mounts its own /etc/hostname and the like into every container. Only those mounts count: a host that runs
 * containers has mounts with the ids of all of them.
 */
export function ownContainerIds(proc: { mountinfo: string; cgroup: string; hostname: string }): string[] {
    const ids = [
        ...[...proc.mountinfo.matchAll(new RegExp(`^\\S+ \\S+ \\S+ \\S*/containers/${ID}/\\S+ /etc/(?:hostname|hosts|resolv\\.conf) `, "gm"))].map((match) => match[1]),
        ...[...proc.cgroup.matchAll(new RegExp(`(?:/docker/|docker-)${ID}`, "g"))].map((match) => match[1]),
        /^[0-9a-f]{12}$/.test(proc.hostname) ? proc.hostname : undefined,
    ];
    return [...new Set(ids.filter((id) => id !== undefined))];
}

export async function readOwnContainerIds(): Promise<string[]> {
    const read = async (file: string) => await readFile(file, "utf8").catch(() => "");
    return ownContainerIds({ mountinfo: await read("/proc/self/mountinfo"), cgroup: await read("/proc/self/cgroup"), hostname: os.hostname() });
}
