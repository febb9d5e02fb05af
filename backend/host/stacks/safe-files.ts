import { constants } from "node:fs";
import { lstat, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { DeployError } from "../../domain/errors.ts";
import type { FileOwner } from "../../domain/ports.ts";
import { decodeText, type FileText } from "./file-text.ts";

/** Files of a stack folder, never through a symbolic link that leaves it. */

/** A compose file or `.env` above this is none. */
const MAX_BYTES = 4 * 1024 * 1024;

export function isMissing(error: unknown): boolean {
    const code = (error as NodeJS.ErrnoException).code;
    return code === "ENOENT" || code === "ENOTDIR";
}

export function isInside(parent: string, child: string): boolean {
    return child.startsWith(parent.endsWith(path.sep) ? parent : parent + path.sep);
}

/** Text of a file directly in `directory`, or null. @throws SYMLINK_REFUSED, INPUT_INVALID */
export async function readInside(directory: string, name: string): Promise<FileText | null> {
    const target = await locate(directory, name);
    if (target === null) {
        return null;
    }
    const found = await stat(target);
    if (!found.isFile() || found.size > MAX_BYTES) {
        throw new DeployError("INPUT_INVALID", `${name} in the stack folder is not a file that can be shown.`);
    }
    return decodeText(await readFile(target));
}

/** A new text of a file, safe on the disk beside it. Exactly one of the two is to be called. */
export interface StagedFile {
    /** From here on a reader sees the new text; until here, the old one. */
    commit(): Promise<void>;
    discard(): Promise<void>;
}

/**
 * Prepares to replace a file directly in `directory` by a rename. The mode of a file that is there is kept, and its owner unless another one is asked for.
 * @throws SYMLINK_REFUSED, DISK_FULL (by its errno); nothing has changed then
 */
export async function stageInside(directory: string, name: string, text: string, newMode: number, owner?: FileOwner): Promise<StagedFile> {
    const target = (await locate(directory, name)) ?? path.join(await realpath(directory), name);
    const before = await stat(target).catch(() => null);
    const temporary = path.join(path.dirname(target), `.${path.basename(target)}.${process.pid}.tmp`);
    const discard = async () => await rm(temporary, { force: true });
    // What a crash left may have another owner or mode.
    await discard();
    const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, newMode);
    try {
        await file.writeFile(text, "utf8");
        await file.chmod(before === null ? newMode : before.mode & 0o777);
        const owned = owner ?? before;
        if (owned !== null) {
            // Only root may give files away; for everybody else the owner is the same already.
            await file.chown(owned.uid, owned.gid).catch(() => {});
        }
        await file.sync();
        await file.close();
    } catch (error) {
        await file.close().catch(() => {});
        await discard();
        throw error;
    }
    return {
        commit: async () => {
            await rename(temporary, target);
            await syncFolder(path.dirname(target));
        },
        discard,
    };
}

/** All of the files or, when one cannot be prepared, none. @throws SYMLINK_REFUSED, DISK_FULL (by its errno) */
export async function writeAllInside(directory: string, files: readonly { name: string; text: string; newMode: number }[], owner?: FileOwner): Promise<void> {
    const staged: StagedFile[] = [];
    try {
        for (const { name, text, newMode } of files) {
            staged.push(await stageInside(directory, name, text, newMode, owner));
        }
    } catch (error) {
        await Promise.all(staged.map((file) => file.discard()));
        throw error;
    }
    for (const file of staged) {
        await file.commit();
    }
}

/** A rename is on the disk only when its folder is. Some network file systems cannot say so; then there is nothing to wait for. */
async function syncFolder(directory: string): Promise<void> {
    const folder = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY).catch(() => null);
    try {
        await folder?.sync().catch(() => {});
    } finally {
        await folder?.close();
    }
}

/** Real path of an existing file, or null. @throws SYMLINK_REFUSED */
async function locate(directory: string, name: string): Promise<string | null> {
    const root = await realpath(directory);
    try {
        const target = await realpath(path.join(root, name));
        if (!isInside(root, target)) {
            throw new DeployError("SYMLINK_REFUSED", `${name} is a symbolic link that leaves the stack folder. Put a real file there.`);
        }
        return target;
    } catch (error) {
        if (!isMissing(error)) {
            throw error;
        }
    }
    // A dangling link has no real path, but writing to it would make its target.
    const dangling = await lstat(path.join(root, name)).catch(() => null);
    if (dangling?.isSymbolicLink() === true) {
        throw new DeployError("SYMLINK_REFUSED", `${name} is a symbolic link to nothing. Put a real file there.`);
    }
    return null;
}
