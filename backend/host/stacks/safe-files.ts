import { constants } from "node:fs";
import { chmod, chown, lstat, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { DeployError } from "../../domain/errors.ts";

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
export async function readInside(directory: string, name: string): Promise<string | null> {
    const target = await locate(directory, name);
    if (target === null) {
        return null;
    }
    const found = await stat(target);
    if (!found.isFile() || found.size > MAX_BYTES) {
        throw new DeployError("INPUT_INVALID", `${name} in the stack folder is not a file that can be shown.`);
    }
    return await readFile(target, "utf8");
}

/**
 * Replaces a file directly in `directory` by a temporary file and a rename, so that a reader sees the old text or the new one.
 * Owner and mode of a file that is there are kept. @throws SYMLINK_REFUSED, DISK_FULL (by its errno)
 */
export async function writeInside(directory: string, name: string, text: string, newMode: number): Promise<void> {
    const target = (await locate(directory, name)) ?? path.join(await realpath(directory), name);
    const before = await stat(target).catch(() => null);
    const temporary = path.join(path.dirname(target), `.${path.basename(target)}.${process.pid}.tmp`);
    const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW, newMode);
    try {
        await file.writeFile(text, "utf8");
        await file.sync();
        await file.close();
        await chmod(temporary, before === null ? newMode : before.mode & 0o777);
        if (before !== null) {
            // Only root may give files away; for everybody else the owner is the same already.
            await chown(temporary, before.uid, before.gid).catch(() => {});
        }
        await rename(temporary, target);
    } catch (error) {
        await file.close().catch(() => {});
        await rm(temporary, { force: true });
        throw error;
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
