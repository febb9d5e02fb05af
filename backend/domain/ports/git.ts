import type { Repository } from "../entities.ts";
import type { ProgressOptions } from "./programs.ts";

/** A remote and the way in. */
export type RemoteAccess = Pick<Repository, "id" | "url" | "authType" | "credentials" | "provider">;

export interface RemoteRefs {
    defaultBranch: string | null;
    /** Branch name to commit. */
    branches: Record<string, string>;
    /** Tag name to the commit it peels to. */
    tags: Record<string, string>;
}

export interface Commit {
    sha: string;
    message: string;
    author: string;
    /** The commit's own tree. */
    treeId: string;
}

export interface FetchedCommit extends Commit {
    /** True when the branch that was asked for points to it; false when that is not known. */
    isHead: boolean;
}

export interface TreeEntry {
    /** Relative, with `/`. */
    path: string;
    mode: "100644" | "100755" | "120000" | "160000";
    blobId: string;
    size: number;
}

/** What to fetch. With a SHA exactly that commit, which the ref must still contain. */
export interface FetchTarget {
    ref: { type: "branch" | "tag"; name: string } | null;
    commitSha: string | null;
}

/**
 * Git over a bare mirror per repository (`mirrors/<repositoryId>.git`).
 * Every method that talks to a remote throws GIT_UNREACHABLE, GIT_AUTH_FAILED, GIT_REPOSITORY_MISSING, GIT_HOST_KEY_UNKNOWN, GIT_HOST_KEY_CHANGED or GIT_FAILED.
 */
export interface Git {
    listRefs(remote: RemoteAccess, options?: ProgressOptions): Promise<RemoteRefs>;
    /**
     * Brings the commit (shallow where possible) into the mirror.
     * @throws GIT_REF_MISSING no such branch or tag; COMMIT_GONE the ref does not contain the commit any more
     */
    fetch(remote: RemoteAccess, target: FetchTarget, options?: ProgressOptions): Promise<FetchedCommit>;
    /** Paths that differ between two commits, fetching the older one when needed; null when it cannot be had any more. */
    changedPaths(remote: RemoteAccess, from: string, to: string, options?: ProgressOptions): Promise<string[] | null>;
    /** True when the mirror's history shows it; false also when it does not reach that far. */
    isAncestor(repositoryId: string, ancestor: string, descendant: string): Promise<boolean>;
    /** How the commits between two are named, newest first, at most `limit`; empty when unknown. */
    log(repositoryId: string, from: string, to: string, limit: number): Promise<Commit[]>;
    /**
     * Writes the commit into the empty directory, with submodules and LFS files when asked, without any `.git` in it.
     * @returns the tree of everything written, kept in the mirror
     * @throws SYMLINK_REFUSED, CHECKOUT_TOO_LARGE, GIT_LFS_MISSING
     */
    checkout(remote: RemoteAccess, commitSha: string, directory: string, content: { hasSubmodules: boolean; hasLfs: boolean }, options?: ProgressOptions): Promise<{ treeId: string }>;
    /** Writes a tree of the mirror into the empty directory: no network. */
    exportTree(repositoryId: string, treeId: string, directory: string): Promise<void>;
    /** Every file of a tree, recursively. */
    listTree(repositoryId: string, treeId: string): Promise<TreeEntry[]>;
    /** Object id of a file or folder in a tree; `""` is the tree itself; null when it is not there. */
    objectAt(repositoryId: string, treeId: string, path: string): Promise<string | null>;
    /** @throws NOT_FOUND */
    readBlob(repositoryId: string, blobId: string): Promise<Buffer>;
    /** Writes the named files of any directory (those that exist) into the mirror as a tree; used to keep what a stack was before its first release. */
    snapshot(repositoryId: string, directory: string, paths: string[]): Promise<{ treeId: string }>;
    /** Protects a release's tree and commit from garbage collection. */
    keepRelease(repositoryId: string, releaseId: string, commitSha: string, treeId: string): Promise<void>;
    dropRelease(repositoryId: string, releaseId: string): Promise<void>;
    /** Deletes the mirror. */
    remove(repositoryId: string): Promise<void>;
}
