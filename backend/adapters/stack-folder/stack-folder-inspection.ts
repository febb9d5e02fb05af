import { readlink } from "node:fs/promises";
import { gitBlobId } from "../../domain/git-blob-id.ts";
import { kindOf, OpenFolder, type WalkStop } from "../open-folder.ts";
import { blobIdOf } from "./stack-folder-content.ts";
import { forEachParallel } from "./stack-folder-parallel.ts";
import { groupByFolder, inTheWay, nameOf, throughSymlink } from "./stack-folder-paths.ts";
import type { ReleasePlan, Target } from "./stack-folder-plan.ts";

/** Files that are looked at or written at the same time; the file system work runs on four threads. */
export const PARALLEL = 8;
export const TEMPORARY_PREFIX = ".git-deploy-tmp-";

/** What an entry holds now. */
interface Current {
    blobId: string;
    linkTarget: string | null;
}

/** What has to be done, found out before anything is changed. */
export interface Inspection {
    writes: Set<string>;
    modeChanges: Set<string>;
    /** Removals whose file is there. */
    removals: Set<string>;
    /** Files with somebody's edits, and untracked files that stand where a folder is needed. */
    backups: Map<string, Current>;
    /** Untracked files that stand where a folder is needed. */
    obstacles: Set<string>;
    /** Temporary files that a crash has left. */
    leftovers: string[];
}

/** Compares the stack folder with the plan. @throws PATH_OUTSIDE_STACK, STACK_CHANGED */
export async function inspectFolder(root: OpenFolder, plan: ReleasePlan): Promise<Inspection> {
    const found: Inspection = { writes: new Set(), modeChanges: new Set(), removals: new Set(), backups: new Map(), obstacles: new Set(), leftovers: [] };
    const targets = groupByFolder(plan.byPath.values(), ({ path }) => path);
    const removals = groupByFolder([...plan.removals.blocking, ...plan.removals.rest], (path) => path);
    await forEachParallel(plan.folders, PARALLEL, async (path) => {
        const folder = await root.walk(path === "" ? [] : path.split("/"));
        if (!(folder instanceof OpenFolder)) {
            stopInspection(found, plan, folder, targets.get(path) ?? []);
            return;
        }
        try {
            for (const name of await folder.names()) {
                const entry = path === "" ? name : `${path}/${name}`;
                if (name.startsWith(TEMPORARY_PREFIX) && !plan.byPath.has(entry)) {
                    found.leftovers.push(entry);
                }
            }
            for (const target of targets.get(path) ?? []) {
                await inspectTarget(found, plan, folder, target);
            }
            for (const removed of removals.get(path) ?? []) {
                await inspectRemoval(found, plan, folder, removed);
            }
        } finally {
            await folder.close();
        }
    });
    return found;
}

/** The folder itself is not there. */
function stopInspection(found: Inspection, plan: ReleasePlan, stop: WalkStop, targets: Target[]): void {
    const isOurs = plan.previous.has(stop.path) || plan.byPath.has(stop.path);
    if (stop.kind === "symlink" && !isOurs) {
        throw throughSymlink(stop.path);
    }
    if (stop.kind === "other" && targets.length > 0) {
        throw inTheWay(stop.path, "neither a file nor a folder");
    }
    for (const target of targets) {
        found.writes.add(target.path);
    }
    if (stop.kind === "file" && targets.length > 0 && !isOurs) {
        found.obstacles.add(stop.path);
    }
}

async function inspectTarget(found: Inspection, plan: ReleasePlan, folder: OpenFolder, target: Target): Promise<void> {
    const name = nameOf(target.path);
    const stats = await folder.stats(name);
    const kind = kindOf(stats);
    if (kind === "other") {
        throw inTheWay(target.path, "neither a file nor a folder");
    }
    if (kind === "folder") {
        // Docker makes an empty folder for a bind mount whose file is not there; one with other things in it is somebody's.
        if (!(await holdsOnlyTracked(folder, name, target.path, plan))) {
            throw inTheWay(target.path, "a folder with files of its own");
        }
        found.writes.add(target.path);
        return;
    }
    if (stats === null) {
        found.writes.add(target.path);
        return;
    }
    const current = await currentOf(folder, name, target.blobId);
    const isSame = current !== null && current.blobId === target.blobId && (current.linkTarget !== null) === target.isSymlink;
    if (!isSame) {
        found.writes.add(target.path);
        noteEdit(found, plan, target.path, current, target);
    } else if (!target.isSymlink && !target.keepsMode && !hasMode(stats.mode, target)) {
        found.modeChanges.add(target.path);
    }
}

async function inspectRemoval(found: Inspection, plan: ReleasePlan, folder: OpenFolder, path: string): Promise<void> {
    const kind = kindOf(await folder.stats(nameOf(path)));
    // A folder in place of a tracked file is not ours to remove.
    if (kind === "file" || kind === "symlink") {
        found.removals.add(path);
        noteEdit(found, plan, path, await currentOf(folder, nameOf(path), [...(plan.previous.get(path) ?? [])][0] ?? ""), null);
    }
}

/** Files with mode 0600 are written by us and hold secrets: a copy in the backups would outlive a rotation. */
function noteEdit(found: Inspection, plan: ReleasePlan, path: string, current: Current | null, target: Target | null): void {
    const isPrivate = target !== null && target.content !== null && (target.mode & 0o077) === 0;
    if (current !== null && !isPrivate && plan.previous.get(path)?.has(current.blobId) !== true) {
        found.backups.set(path, current);
    }
}

/** Git keeps no more of a mode than whether the owner may execute; a generated file's mode is meant exactly. */
function hasMode(mode: number, target: Target): boolean {
    return target.content === null ? (mode & 0o100) === (target.mode & 0o100) : (mode & 0o777) === target.mode;
}

export async function currentOf(folder: OpenFolder, name: string, like: string): Promise<Current | null> {
    const file = await folder.openFile(name);
    if (file !== null) {
        try {
            return { blobId: await blobIdOf(file, like), linkTarget: null };
        } finally {
            await file.close();
        }
    }
    if (kindOf(await folder.stats(name)) !== "symlink") {
        return null;
    }
    const linkTarget = await readlink(folder.at(name));
    return { blobId: gitBlobId(linkTarget, like), linkTarget };
}

/** Whether the folder will be gone once the previous release's files are removed. */
async function holdsOnlyTracked(parent: OpenFolder, name: string, path: string, plan: ReleasePlan): Promise<boolean> {
    const folder = await parent.walk([name]);
    if (!(folder instanceof OpenFolder)) {
        return true;
    }
    try {
        for (const child of await folder.names()) {
            const childPath = `${path}/${child}`;
            const isFolder = kindOf(await folder.stats(child)) === "folder";
            const isGoing = isFolder ? plan.prunable.includes(childPath) && (await holdsOnlyTracked(folder, child, childPath, plan)) : plan.previous.has(childPath) || child.startsWith(TEMPORARY_PREFIX);
            if (!isGoing) {
                return false;
            }
        }
        return true;
    } finally {
        await folder.close();
    }
}
