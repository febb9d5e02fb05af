import { open, copyFile, chmod, stat } from "node:fs/promises";
import path from "node:path";
import { DeployError } from "../../domain/errors.ts";
import type { GitUrl } from "../../domain/git-url.ts";
import type { TreeEntry } from "../../domain/ports.ts";
import { lfsFetch } from "./git-arguments.ts";
import type { RemoteSession } from "./git-call.ts";

/** Pointers are short text files; the specification says at most 1024 bytes. @see https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md */
const MAX_POINTER_BYTES = 1024;
const MIN_POINTER_BYTES = 100;

export interface LfsPointer {
    entry: TreeEntry;
    /** SHA-256 of the content. */
    oid: string;
    size: number;
}

export function parsePointer(text: string): { oid: string; size: number } | null {
    if (!text.startsWith("version https://git-lfs.github.com/spec/")) {
        return null;
    }
    const oid = /^oid sha256:([0-9a-f]{64})$/m.exec(text)?.[1];
    const size = /^size (\d{1,15})$/m.exec(text)?.[1];
    return oid === undefined || size === undefined ? null : { oid, size: Number(size) };
}

/** Files below `directory` whose content is an LFS pointer. */
export async function findPointers(directory: string, entries: readonly TreeEntry[]): Promise<LfsPointer[]> {
    const pointers: LfsPointer[] = [];
    for (const entry of entries) {
        if (!entry.mode.startsWith("100") || entry.size < MIN_POINTER_BYTES || entry.size > MAX_POINTER_BYTES) {
            continue;
        }
        const pointer = parsePointer(await readStart(path.join(directory, entry.path)));
        if (pointer !== null) {
            pointers.push({ entry, ...pointer });
        }
    }
    return pointers;
}

/** Downloads the commit's LFS objects and puts them in place of their pointers. @throws GIT_LFS_MISSING, and as every remote call */
export async function replacePointers(session: RemoteSession, mirror: string, sha: string, directory: string, pointers: readonly LfsPointer[], lfsUrl: GitUrl | null): Promise<void> {
    const missing = await filterMissing(mirror, pointers);
    if (missing.length > 0) {
        const result = await session.run(mirror, lfsFetch(session.url.href, lfsUrl?.href ?? null, sha), { isProgressShown: true });
        if (/'lfs' is not a git command|git-lfs: command not found/.test(result.stderr)) {
            throw new DeployError("GIT_LFS_MISSING", `${session.url.path} keeps ${pointers.length} files in Git LFS, and git-lfs is not installed here. Install the package git-lfs, or turn LFS off for this repository.`);
        }
        if (result.exitCode !== 0) {
            throw await session.failure(`${result.stderr}\n${result.stdout}`);
        }
    }
    for (const { entry, oid, size } of pointers) {
        const source = objectPath(mirror, oid);
        const target = path.join(directory, entry.path);
        const found = await stat(source).catch(() => null);
        if (found?.size !== size) {
            throw new DeployError("GIT_FAILED", `The LFS server does not have the content of ${entry.path}. Push it with \`git lfs push --all\`.`);
        }
        await copyFile(source, target);
        await chmod(target, entry.mode === "100755" ? 0o755 : 0o644);
    }
}

/** True when at least one pointer's content is not in the mirror yet. */
async function filterMissing(mirror: string, pointers: readonly LfsPointer[]): Promise<LfsPointer[]> {
    const found = await Promise.all(pointers.map(async ({ oid, size }) => (await stat(objectPath(mirror, oid)).catch(() => null))?.size === size));
    return pointers.filter((_pointer, index) => found[index] !== true);
}

function objectPath(mirror: string, oid: string): string {
    return path.join(mirror, "lfs", "objects", oid.slice(0, 2), oid.slice(2, 4), oid);
}

async function readStart(file: string): Promise<string> {
    const handle = await open(file, "r");
    try {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_POINTER_BYTES), 0, MAX_POINTER_BYTES, 0);
        return buffer.subarray(0, bytesRead).toString("utf8");
    } finally {
        await handle.close();
    }
}
