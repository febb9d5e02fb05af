import { lstat, mkdir, open, rename, rm, utimes, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { ignore, type OpenFolder } from "../open-folder.ts";
import { blobIdOf } from "./stack-folder-content.ts";

const DEPLOYMENT_ID = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

/** Saves files that a release is about to overwrite under `<backups>/<deploymentId>/`, readable by this server only. */
export class StackFolderBackup {
    readonly #directory: string;
    readonly #beforeChange: (what: string) => void;
    readonly #now: () => number;

    constructor(parts: { backupsDirectory: string; deploymentId: string; now: () => number; beforeChange: (what: string) => void }) {
        if (!DEPLOYMENT_ID.test(parts.deploymentId)) {
            throw new TypeError(`not a deployment id: ${parts.deploymentId}`);
        }
        this.#directory = path.join(parts.backupsDirectory, parts.deploymentId);
        this.#beforeChange = parts.beforeChange;
        this.#now = parts.now;
    }

    /** @returns where the copy lies. A copy of the same content is made once; one of other content gets a numbered folder of its own. */
    async save(folder: OpenFolder, name: string, stackPath: string, blobId: string, linkTarget: string | null): Promise<string> {
        this.#beforeChange("backup");
        await mkdir(this.#directory, { recursive: true, mode: 0o700 });
        for (let number = 1; ; number++) {
            const candidate = path.join(this.#directory, number === 1 ? "" : `_${number}`, stackPath);
            // A file of an earlier copy may stand where this one needs a folder, and the reverse.
            const isFree = await mkdir(path.dirname(candidate), { recursive: true, mode: 0o700 }).then(() => true, ignore("EEXIST", "ENOTDIR"));
            if (isFree === undefined) {
                continue;
            }
            const existing = await lstat(candidate).catch(ignore("ENOENT"));
            if (existing === undefined) {
                await copyTo(candidate, folder, name, linkTarget);
                await utimes(this.#directory, this.#now() / 1000, this.#now() / 1000);
                return candidate;
            }
            if (existing.isFile() && (await isSame(candidate, blobId))) {
                return candidate;
            }
        }
    }
}

async function isSame(file: string, blobId: string): Promise<boolean> {
    const handle = await open(file, "r");
    try {
        return (await blobIdOf(handle, blobId)) === blobId;
    } finally {
        await handle.close();
    }
}

async function copyTo(destination: string, folder: OpenFolder, name: string, linkTarget: string | null): Promise<void> {
    const temporary = `${destination}.partial`;
    await rm(temporary, { force: true });
    const copy = await open(temporary, "wx", 0o600);
    try {
        await fill(copy, folder, name, linkTarget);
    } finally {
        await copy.close();
    }
    await rename(temporary, destination);
}

async function fill(copy: FileHandle, folder: OpenFolder, name: string, linkTarget: string | null): Promise<void> {
    if (linkTarget !== null) {
        // What a symlink was is its target; the copy is a text, so that nothing follows it.
        await copy.writeFile(linkTarget);
        return;
    }
    const source = await folder.openFile(name);
    if (source === null) {
        return;
    }
    try {
        await blobIdOf(source, "", copy);
    } finally {
        await source.close();
    }
}
