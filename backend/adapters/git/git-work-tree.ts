import { lstat, mkdir, readlink, realpath } from "node:fs/promises";
import path from "node:path";
import { DeployError } from "../../domain/errors.ts";
import type { TreeEntry } from "../../domain/ports.ts";
import type { GitCalls } from "./git-call.ts";

/** A file as it lies in a checkout. */
export interface WrittenEntry extends TreeEntry {
    /** True when its content may differ from the blob, or the blob lies in another mirror. */
    isForeign: boolean;
}

/** Writes trees into directories, and directories into trees, byte by byte: no filter, no line-end conversion, no `export-ignore`. */
export class WorkTrees {
    readonly #calls: GitCalls;

    constructor(calls: GitCalls) {
        this.#calls = calls;
    }

    /** Makes the directory when it is not there. By an index of its own: nothing of a former checkout can be in the way. */
    async write(mirror: string, tree: string, directory: string, signal?: AbortSignal): Promise<void> {
        await mkdir(directory, { recursive: true, mode: 0o700 });
        await this.#calls.withScratch(async (scratch) => {
            await this.#calls.local(mirror, ["read-tree", "--reset", "-u", "--end-of-options", tree], { indexFile: path.join(scratch, "index"), workTree: directory, signal });
        });
    }

    /** Makes a tree of those of the paths that exist as plain files or symlinks, wherever the directory comes from. A path through a symlink is left out. */
    async snapshot(mirror: string, directory: string, paths: readonly string[]): Promise<string> {
        const root = await realpath(directory);
        const entries: WrittenEntry[] = [];
        for (const relative of new Set(paths)) {
            const mode = await modeInside(root, relative);
            if (mode !== null) {
                entries.push({ path: relative, mode, blobId: "", size: 0, isForeign: true });
            }
        }
        return await this.record(mirror, root, entries);
    }

    /** Makes a tree of exactly what was written; content that the mirror does not have yet is added to it. */
    async record(mirror: string, directory: string, entries: readonly WrittenEntry[], signal?: AbortSignal): Promise<string> {
        const files = entries.filter((entry) => entry.isForeign && entry.mode.startsWith("100"));
        const broken = files.find((entry) => entry.path.includes("\n"));
        if (broken !== undefined) {
            throw new DeployError("GIT_FAILED", `The file name ${JSON.stringify(broken.path)} holds a line break. Rename it.`);
        }
        const hashed = await this.#calls.local(mirror, ["hash-object", "-w", "--no-filters", "--stdin-paths"], {
            input: files.map((entry) => `${path.join(directory, entry.path)}\n`).join(""),
            signal,
        });
        const ids = hashed.stdout.split("\n");
        const idOf = new Map(files.map((entry, index) => [entry.path, ids[index] ?? ""]));
        for (const entry of entries.filter(({ isForeign, mode }) => isForeign && mode === "120000")) {
            const target = await readlink(path.join(directory, entry.path), { encoding: "buffer" });
            const { stdout } = await this.#calls.local(mirror, ["hash-object", "-w", "--no-filters", "--stdin"], { input: target, signal });
            idOf.set(entry.path, stdout.trim());
        }
        const lines = entries.map((entry) => `${entry.mode} ${idOf.get(entry.path) ?? entry.blobId}\t${entry.path}\0`);
        return await this.#calls.withScratch(async (scratch) => {
            const call = { indexFile: path.join(scratch, "index"), workTree: directory, signal };
            await this.#calls.local(mirror, ["update-index", "-z", "--index-info"], { ...call, input: lines.join("") });
            return (await this.#calls.local(mirror, ["write-tree"], call)).stdout.trim();
        });
    }
}

/** Git's mode of a file that really lies inside `root`, or null. */
async function modeInside(root: string, relative: string): Promise<TreeEntry["mode"] | null> {
    const file = path.join(root, relative);
    try {
        const stat = await lstat(file);
        const parent = await realpath(path.dirname(file));
        const isInside = file.startsWith(`${root}${path.sep}`) && parent === path.dirname(file);
        if (!isInside || !(stat.isFile() || stat.isSymbolicLink())) {
            return null;
        }
        if (stat.isSymbolicLink()) {
            return "120000";
        }
        return (stat.mode & 0o100) === 0 ? "100644" : "100755";
    } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code === "ENOENT" || code === "ENOTDIR") {
            return null;
        }
        throw error;
    }
}
