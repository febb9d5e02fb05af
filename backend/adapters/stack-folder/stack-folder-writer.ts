import { constants } from "node:fs";
import { lchown, open, readlink, rename, rmdir, symlink, unlink, type FileHandle } from "node:fs/promises";
import { DeployError } from "../../domain/errors.ts";
import { gitBlobId } from "../../domain/git-blob-id.ts";
import type { ApplyReport, FileOwner } from "../../domain/ports.ts";
import { errnoOf, ignore, OpenFolder } from "../open-folder.ts";
import type { StackFolderBackup } from "./stack-folder-backup.ts";
import { blobIdOf } from "./stack-folder-content.ts";
import { PARALLEL, TEMPORARY_PREFIX, type Inspection } from "./stack-folder-inspection.ts";
import { forEachParallel } from "./stack-folder-parallel.ts";
import { groupByFolder, nameOf, requireInsideTarget, throughSymlink } from "./stack-folder-paths.ts";
import type { ApplyInput, ReleasePlan, Target } from "./stack-folder-plan.ts";

export interface WriterParts {
    root: OpenFolder;
    source: OpenFolder | null;
    readBlob: ApplyInput["readBlob"];
    backup: StackFolderBackup;
    owner: FileOwner | undefined;
    /** Called before each change of the disk; a test lets it throw. */
    beforeChange: (what: string) => void;
}

/** Carries out what an inspection found. Each change stands for itself, so that a crash between any two leaves whole files. */
export class StackFolderWriter {
    readonly #parts: WriterParts;
    readonly #plan: ReleasePlan;
    readonly #todo: Inspection;
    readonly #report: ApplyReport = { written: [], removed: [], backedUp: [] };
    #temporaryFiles = 0;

    constructor(parts: WriterParts, plan: ReleasePlan, todo: Inspection) {
        this.#parts = parts;
        this.#plan = plan;
        this.#todo = todo;
    }

    async run(): Promise<ApplyReport> {
        const links = await this.#readLinks();
        await forEachParallel(this.#todo.leftovers, PARALLEL, async (path) => await this.#unlink(path));
        await this.#saveEdits();
        await this.#remove(this.#plan.removals.blocking);
        await forEachParallel(this.#todo.obstacles, PARALLEL, async (path) => await this.#unlink(path));
        await this.#write(this.#plan.tracked, links);
        await this.#write(this.#plan.generated, links);
        await this.#remove(this.#plan.removals.rest);
        for (const list of [this.#report.written, this.#report.removed]) {
            list.sort();
        }
        return this.#report;
    }

    /** Targets of the symlinks to write, all checked before anything is changed. */
    async #readLinks(): Promise<Map<string, string>> {
        const links = new Map<string, string>();
        const { source } = this.#parts;
        await forEachParallel(this.#plan.tracked.filter(({ isSymlink }) => isSymlink), PARALLEL, async ({ path, blobId }) => {
            const inSource = source === null ? undefined : await this.#in(source, path, async (folder, name) => await readlink(folder.at(name)).catch(ignore("EINVAL", "ENOENT")));
            const target = inSource !== undefined && gitBlobId(inSource, blobId) === blobId ? inSource : (await this.#blob(path, blobId)).toString("utf8");
            requireInsideTarget(path, target);
            links.set(path, target);
        });
        return links;
    }

    async #saveEdits(): Promise<void> {
        const { root, backup } = this.#parts;
        const edits = [...this.#todo.backups].map(([path, current]) => ({ path, blobId: current.blobId, linkTarget: current.linkTarget }));
        const obstacles = [...this.#todo.obstacles].map((path) => ({ path, blobId: null, linkTarget: null }));
        for (const { path, blobId, linkTarget } of [...edits, ...obstacles]) {
            const copy = await this.#in(root, path, async (folder, name) => await backup.save(folder, name, path, blobId ?? "", linkTarget));
            if (copy !== undefined) {
                this.#report.backedUp.push({ path, backup: copy });
            }
        }
    }

    async #remove(paths: readonly string[]): Promise<void> {
        const present = paths.filter((path) => this.#todo.removals.has(path));
        await forEachParallel(present, PARALLEL, async (path) => {
            await this.#unlink(path);
            this.#report.removed.push(path);
        });
        // Also when a crash came between the file and its folder; deepest first.
        for (const path of this.#plan.prunable) {
            await this.#in(this.#parts.root, path, async (folder, name) => {
                if ((await folder.stats(name))?.isDirectory() === true) {
                    this.#parts.beforeChange("rmdir");
                    await rmdir(folder.at(name)).catch(ignore("ENOTEMPTY", "EEXIST", "EBUSY", "ENOENT", "ENOTDIR"));
                }
            });
        }
    }

    async #unlink(path: string): Promise<void> {
        await this.#in(this.#parts.root, path, async (folder, name) => {
            this.#parts.beforeChange("unlink");
            await unlink(folder.at(name)).catch(ignore("ENOENT"));
        });
    }

    async #write(targets: readonly Target[], links: ReadonlyMap<string, string>): Promise<void> {
        const { root, source, owner, beforeChange } = this.#parts;
        const due = targets.filter(({ path }) => this.#todo.writes.has(path) || this.#todo.modeChanges.has(path));
        await forEachParallel(groupByFolder(due, ({ path }) => path), PARALLEL, async ([path, inFolder]) => {
            const components = path === "" ? [] : path.split("/");
            const folder = await root.walk(components, { shouldCreate: true, onCreate: () => beforeChange("mkdir"), owner });
            if (!(folder instanceof OpenFolder)) {
                throw throughSymlink(folder.path);
            }
            const from = await source?.walk(components).catch(async (error: unknown) => {
                await folder.close();
                throw error;
            });
            try {
                for (const target of inFolder) {
                    await this.#writeOne(folder, from instanceof OpenFolder ? from : null, target, links.get(target.path) ?? "");
                    this.#report.written.push(target.path);
                }
            } finally {
                await folder.close();
                if (from instanceof OpenFolder) {
                    await from.close();
                }
            }
        });
    }

    async #writeOne(folder: OpenFolder, from: OpenFolder | null, target: Target, linkTarget: string): Promise<void> {
        const name = nameOf(target.path);
        if (!this.#todo.writes.has(target.path)) {
            this.#parts.beforeChange("chmod");
            await changeMode(folder, name, target.mode);
            return;
        }
        const temporary = `${TEMPORARY_PREFIX}${++this.#temporaryFiles}`;
        this.#parts.beforeChange("create");
        if (target.isSymlink) {
            await symlink(linkTarget, folder.at(temporary));
        } else {
            await this.#fill(folder, from, target, temporary).catch(async (error: unknown) => {
                // On a full disk half a file would only make it worse.
                await unlink(folder.at(temporary)).catch(() => undefined);
                throw error;
            });
        }
        const { owner } = this.#parts;
        if (owner !== undefined) {
            await lchown(folder.at(temporary), owner.uid, owner.gid).catch(ignore("EPERM"));
        }
        this.#parts.beforeChange("rename");
        await rename(folder.at(temporary), folder.at(name)).catch(async (error: unknown) => {
            if (!["EISDIR", "EEXIST", "ENOTEMPTY"].includes(errnoOf(error) ?? "")) {
                throw error;
            }
            await rmdir(folder.at(name));
            await rename(folder.at(temporary), folder.at(name));
        });
    }

    async #fill(folder: OpenFolder, from: OpenFolder | null, target: Target, temporary: string): Promise<void> {
        const file = await open(folder.at(temporary), constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
        try {
            if (target.content !== null) {
                await file.writeFile(target.content);
                // What only we know is made sure of; tracked files can be had again from the mirror.
                await file.sync();
            } else if (!(await copyIfSame(from, target, file))) {
                await file.truncate(0);
                const content = await this.#blob(target.path, target.blobId);
                for (let offset = 0; offset < content.length; ) {
                    offset += (await file.write(content, offset, content.length - offset, offset)).bytesWritten;
                }
            }
            await file.chmod(target.mode);
        } finally {
            await file.close();
        }
    }

    /** @throws INTERNAL when the mirror gives another content than its id says */
    async #blob(path: string, blobId: string): Promise<Buffer> {
        const content = await this.#parts.readBlob(blobId);
        if (gitBlobId(content, blobId) !== blobId) {
            throw new DeployError("INTERNAL", `The content of ${path} does not belong to its id ${blobId}. Deploy again with a new mirror.`);
        }
        return content;
    }

    /** Runs with the folder that the path lies in; does nothing when that folder is not there or not reached without a symlink. */
    async #in<T>(root: OpenFolder, path: string, run: (folder: OpenFolder, name: string) => Promise<T>): Promise<T | undefined> {
        const folder = await root.walk(path.split("/").slice(0, -1));
        if (!(folder instanceof OpenFolder)) {
            return undefined;
        }
        try {
            return await run(folder, nameOf(path));
        } finally {
            await folder.close();
        }
    }
}

/** chmod() would follow a symlink that took the file's place meanwhile. */
async function changeMode(folder: OpenFolder, name: string, mode: number): Promise<void> {
    const file = await folder.openFile(name);
    try {
        await file?.chmod(mode);
    } finally {
        await file?.close();
    }
}

async function copyIfSame(from: OpenFolder | null, target: Target, file: FileHandle): Promise<boolean> {
    const source = (await from?.openFile(nameOf(target.path))) ?? null;
    if (source === null) {
        return false;
    }
    try {
        return (await blobIdOf(source, target.blobId, file)) === target.blobId;
    } finally {
        await source.close();
    }
}
