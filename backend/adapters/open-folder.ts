import { constants, type Stats } from "node:fs";
import { lstat, mkdir, open, readdir, type FileHandle } from "node:fs/promises";
import type { FileOwner } from "../domain/ports.ts";

export type EntryKind = "missing" | "file" | "folder" | "symlink" | "other";

/** Where a walk down a path ended before its end. */
export interface WalkStop {
    /** The component in the way, relative to the start of the walk. */
    path: string;
    kind: Exclude<EntryKind, "folder">;
}

/**
 * A folder held open by its descriptor. What lies in it is named through the descriptor (`/proc/self/fd/N/name`, Linux), so that
 * nobody, such as a container that has the folder mounted, can put a symlink into the way between a check and its use.
 */
export class OpenFolder {
    readonly #handle: FileHandle;

    private constructor(handle: FileHandle) {
        this.#handle = handle;
    }

    /** Opens a folder that the operator named; symlinks on the way to it are the operator's own. */
    static async open(path: string): Promise<OpenFolder> {
        return new OpenFolder(await open(path, constants.O_RDONLY | constants.O_DIRECTORY));
    }

    async close(): Promise<void> {
        await this.#handle.close();
    }

    /** Path of an entry for calls that do not follow a symlink at their end (lstat, rename, unlink, symlink, mkdir, rmdir, O_NOFOLLOW). */
    at(name: string): string {
        return `/proc/self/fd/${this.#handle.fd}/${name}`;
    }

    /** Takes root; for everybody else nothing happens. */
    async giveTo({ uid, gid }: FileOwner): Promise<void> {
        await this.#handle.chown(uid, gid).catch(ignore("EPERM"));
    }

    async names(): Promise<string[]> {
        return await readdir(this.at("."));
    }

    async stats(name: string): Promise<Stats | null> {
        try {
            return await lstat(this.at(name));
        } catch (error) {
            if (errnoOf(error) === "ENOENT") {
                return null;
            }
            throw error;
        }
    }

    /** Opens a regular file for reading: null for everything else. */
    async openFile(name: string): Promise<FileHandle | null> {
        let handle: FileHandle;
        try {
            // O_NONBLOCK: opening a named pipe would wait for its writer.
            handle = await open(this.at(name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
        } catch (error) {
            if (["ENOENT", "ELOOP", "ENXIO", "ENOTDIR"].includes(errnoOf(error) ?? "")) {
                return null;
            }
            throw error;
        }
        if ((await handle.stat()).isFile()) {
            return handle;
        }
        await handle.close();
        return null;
    }

    /** Goes down to a subfolder without following any symlink. An empty list opens this folder anew. The caller closes what it gets. */
    async walk(components: readonly string[], options: { shouldCreate?: boolean; onCreate?: () => void; owner?: FileOwner | undefined } = {}): Promise<OpenFolder | WalkStop> {
        let folder = await OpenFolder.open(this.at("."));
        for (const [index, name] of components.entries()) {
            try {
                const isNew = options.shouldCreate === true && (await folder.stats(name)) === null;
                if (isNew) {
                    options.onCreate?.();
                    await mkdir(folder.at(name)).catch(ignore("EEXIST"));
                }
                const next = await open(folder.at(name), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW).catch(ignore("ENOENT", "ENOTDIR", "ELOOP"));
                if (next === undefined) {
                    const kind = kindOf(await folder.stats(name));
                    await folder.close();
                    return { path: components.slice(0, index + 1).join("/"), kind: kind === "folder" ? "missing" : kind };
                }
                const parent = folder;
                folder = new OpenFolder(next);
                await parent.close();
                if (isNew && options.owner !== undefined) {
                    await folder.giveTo(options.owner);
                }
            } catch (error) {
                await folder.close().catch(() => undefined);
                throw error;
            }
        }
        return folder;
    }
}

export function kindOf(stats: Stats | null): EntryKind {
    if (stats === null) {
        return "missing";
    }
    return stats.isSymbolicLink() ? "symlink" : stats.isDirectory() ? "folder" : stats.isFile() ? "file" : "other";
}

export function errnoOf(error: unknown): string | undefined {
    const code = (error as { code?: unknown } | null)?.code;
    return typeof code === "string" ? code : undefined;
}

/** For `catch`: swallows these errors, passes on all others. */
export function ignore(...codes: string[]): (error: unknown) => undefined {
    return (error) => {
        if (!codes.includes(errnoOf(error) ?? "")) {
            throw error;
        }
        return undefined;
    };
}

/** A relative path as its components, or null when it is absolute, leaves its folder or holds a NUL. */
export function componentsOf(path: string): string[] | null {
    const components = path.split("/");
    const isWrong = path.includes("\0") || components.some((name) => name === "" || name === "." || name === "..");
    return isWrong ? null : components;
}
