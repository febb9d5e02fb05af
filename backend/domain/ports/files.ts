import type { TreeEntry } from "./git.ts";

export interface ReleaseFile {
    path: string;
    mode: TreeEntry["mode"];
    /** Git blob id of the content. */
    blobId: string;
}

export interface ApplyReport {
    written: string[];
    removed: string[];
    /** Files with somebody's edits that were saved before being overwritten: path in the stack and where the copy lies. */
    backedUp: { path: string; backup: string }[];
}

/** User and group, by their numbers. */
export interface FileOwner {
    uid: number;
    gid: number;
}

/** The stack's own folder. Every path is resolved inside it and never through a symlink. */
export interface StackFolder {
    path(stack: string): string;
    /** Whether a path of this machine (absolute or from `~`) leads to where the server keeps its database and keys, through whatever links. */
    isServersOwn(path: string): Promise<boolean>;
    exists(stack: string): Promise<boolean>;
    /** Makes the folder when it is not there. */
    ensure(stack: string): Promise<void>;
    /** Text of a file, or null. */
    read(stack: string, path: string): Promise<string | null>;
    /** Paths for `--env-file`: the shared `global.env` and the stack's `.env`, those that exist. */
    envFiles(stack: string): Promise<string[]>;
    /**
     * Makes the tracked files equal to `files`: changed ones by temp file and rename, those of `previous` that are not in `files` removed,
     * everything else untouched. A file that is neither the previous release's nor the new one's content is copied to the backups first.
     * Repeating it after a crash ends in the same state.
     * @throws PATH_OUTSIDE_STACK, DISK_FULL
     */
    apply(input: {
        stack: string;
        deploymentId: string;
        files: ReleaseFile[];
        previous: ReleaseFile[];
        /** Directory with the content of `files`, if there is one; a file whose content differs from its blob id is taken from `readBlob` instead. */
        sourceDirectory: string | null;
        readBlob: (blobId: string) => Promise<Buffer>;
        /** Written after the files, in place of a tracked file of the same path. */
        /** `keepsMode`: where the file has that content already, its permissions are left as they are. */
        generated: { path: string; content: string; mode: number; keepsMode?: boolean }[];
    }): Promise<ApplyReport>;
}

/** Clean directories under `work/`, one per run. */
export interface WorkDirectories {
    /** An empty directory with these empty folders in it. */
    create(deploymentId: string, ...folders: string[]): Promise<string>;
    remove(deploymentId: string): Promise<void>;
    /** Removes all but the named ones; what a crash has left. */
    sweep(keep: ReadonlySet<string>): Promise<void>;
    /** Reads a file below the directory: never through a symlink, never outside. @throws PATH_OUTSIDE_CHECKOUT, SYMLINK_REFUSED */
    read(directory: string, path: string): Promise<string | null>;
    write(directory: string, path: string, content: string, mode: number): Promise<void>;
    /** Removes a file below the directory when it is there. */
    deleteFile(directory: string, path: string): Promise<void>;
    /** Real path of something below the directory. @throws PATH_OUTSIDE_CHECKOUT */
    resolve(directory: string, path: string): Promise<string>;
}
