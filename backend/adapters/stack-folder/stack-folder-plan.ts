import { gitBlobId } from "../../domain/git-blob-id.ts";
import type { ReleaseFile, StackFolder } from "../../domain/ports.ts";
import { ancestorsOf, folderOf, stackComponents } from "./stack-folder-paths.ts";

export type ApplyInput = Parameters<StackFolder["apply"]>[0];

/** A file that the stack folder shall have. */
export interface Target {
    path: string;
    blobId: string;
    isSymlink: boolean;
    /** Permissions that a newly written file gets. */
    mode: number;
    /** The permissions of a file that is the same already are nobody's business. */
    keepsMode: boolean;
    /** Content of a generated file; null: from the repository. */
    content: Buffer | null;
}

/** What is known before looking at the disk. */
export interface ReleasePlan {
    tracked: Target[];
    generated: Target[];
    byPath: ReadonlyMap<string, Target>;
    /** By path, every content that an earlier release may have left there. */
    previous: ReadonlyMap<string, ReadonlySet<string>>;
    /** Paths of the previous release that this one does not have; those that stand where a new file needs a folder, or the reverse, come first. */
    removals: { blocking: string[]; rest: string[] };
    /** Every folder that a target or a removal lies in, `""` for the stack folder. */
    folders: string[];
    /** Folders that may be empty after the removals, deepest first. */
    prunable: string[];
}

/** Sorts out what is to be written and removed. @throws PATH_OUTSIDE_STACK for any path, old or new, that leaves the stack folder */
export function planRelease(input: Pick<ApplyInput, "files" | "previous" | "generated">): ReleasePlan {
    for (const { path } of [...input.files, ...input.previous, ...input.generated]) {
        stackComponents(path);
    }
    const generated = input.generated.map(generatedTarget);
    const generatedPaths = new Set(generated.map(({ path }) => path));
    // A gitlink is a submodule that was not fetched: there is nothing to write.
    const tracked = input.files.filter(({ mode, path }) => mode !== "160000" && !generatedPaths.has(path)).map(trackedTarget);
    const byPath = new Map([...tracked, ...generated].map((target) => [target.path, target]));
    const previous = blobIdsByPath(input.previous.filter(({ mode }) => mode !== "160000"));
    const needed = new Set([...byPath.keys()].flatMap(ancestorsOf));
    const removed = [...previous.keys()].filter((path) => !byPath.has(path));
    const isBlocking = (path: string) => needed.has(path) || ancestorsOf(path).some((ancestor) => byPath.has(ancestor));
    return {
        tracked,
        generated,
        byPath,
        previous,
        removals: { blocking: removed.filter(isBlocking), rest: removed.filter((path) => !isBlocking(path)) },
        folders: [...new Set([...byPath.keys(), ...removed].map(folderOf))],
        prunable: [...new Set(removed.flatMap(ancestorsOf))].filter((path) => !needed.has(path)).sort((a, b) => b.split("/").length - a.split("/").length),
    };
}

function blobIdsByPath(files: readonly ReleaseFile[]): Map<string, Set<string>> {
    const byPath = new Map<string, Set<string>>();
    for (const { path, blobId } of files) {
        byPath.set(path, (byPath.get(path) ?? new Set()).add(blobId));
    }
    return byPath;
}

function trackedTarget(file: ReleaseFile): Target {
    return { path: file.path, blobId: file.blobId, isSymlink: file.mode === "120000", mode: file.mode === "100755" ? 0o755 : 0o644, keepsMode: false, content: null };
}

function generatedTarget(file: ApplyInput["generated"][number]): Target {
    const content = Buffer.from(file.content, "utf8");
    return { path: file.path, blobId: gitBlobId(content), isSymlink: false, mode: file.mode, keepsMode: file.keepsMode ?? false, content };
}
