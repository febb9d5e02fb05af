import { constants } from "node:fs";
import { mkdir, open, readdir, realpath, rename, rm, unlink } from "node:fs/promises";
import path from "node:path";
import { DeployError } from "../domain/errors.ts";
import type { WorkDirectories } from "../domain/ports.ts";
import { componentsOf, errnoOf, ignore, kindOf, OpenFolder, type WalkStop } from "./open-folder.ts";

const DEPLOYMENT_ID = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;
/** Home folder of the commands of a run, beside its work directory. */
const HOME_SUFFIX = ".home";
const TEMPORARY_NAME = ".git-deploy-tmp";
/** Compose files, Dockerfiles and the like; what is larger is not one of them. */
const MAX_READ_BYTES = 16 * 1024 * 1024;

/** Clean checkouts. What lies in them came from outside: nothing here follows a symlink that a repository brought. */
export class WorkDirectoryFiles implements WorkDirectories {
    readonly #directory: string;

    constructor(parts: { directory: string }) {
        this.#directory = parts.directory;
    }

    /** What a run of the same id has left is removed first. */
    async create(deploymentId: string, ...folders: string[]): Promise<string> {
        await this.remove(deploymentId);
        const directory = this.#pathOf(deploymentId);
        await mkdir(directory, { recursive: true, mode: 0o700 });
        for (const folder of folders) {
            await mkdir(path.join(directory, folder), { mode: 0o700 });
        }
        return directory;
    }

    async remove(deploymentId: string): Promise<void> {
        const directory = this.#pathOf(deploymentId);
        await rm(directory, { recursive: true, force: true });
        await rm(`${directory}${HOME_SUFFIX}`, { recursive: true, force: true });
    }

    async sweep(keep: ReadonlySet<string>): Promise<void> {
        const names = (await readdir(this.#directory).catch(ignore("ENOENT"))) ?? [];
        for (const name of names) {
            const deploymentId = name.endsWith(HOME_SUFFIX) ? name.slice(0, -HOME_SUFFIX.length) : name;
            if (!keep.has(deploymentId)) {
                await rm(path.join(this.#directory, name), { recursive: true, force: true });
            }
        }
    }

    /** null when there is no such file */
    async read(directory: string, file: string): Promise<string | null> {
        return await inFolder(directory, file, {}, async (folder, name) => {
            const handle = await folder.openFile(name);
            if (handle === null) {
                if (kindOf(await folder.stats(name)) === "symlink") {
                    throw symlinkRefused(file);
                }
                return null;
            }
            try {
                if ((await handle.stat()).size > MAX_READ_BYTES) {
                    throw new DeployError("CHECKOUT_TOO_LARGE", `${file} is larger than ${MAX_READ_BYTES / 1024 / 1024} MiB. Check that it is the file that you mean.`);
                }
                return await handle.readFile("utf8");
            } finally {
                await handle.close();
            }
        });
    }

    async write(directory: string, file: string, content: string, mode: number): Promise<void> {
        await inFolder(directory, file, { shouldCreate: true }, async (folder, name) => {
            await unlink(folder.at(TEMPORARY_NAME)).catch(ignore("ENOENT"));
            const handle = await open(folder.at(TEMPORARY_NAME), constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
            try {
                await handle.writeFile(content);
                await handle.chmod(mode);
            } finally {
                await handle.close();
            }
            // A symlink of that name is replaced, not followed.
            await rename(folder.at(TEMPORARY_NAME), folder.at(name));
            return null;
        });
    }

    async deleteFile(directory: string, file: string): Promise<void> {
        await inFolder(directory, file, {}, async (folder, name) => {
            await unlink(folder.at(name)).catch(ignore("ENOENT"));
            return null;
        });
    }

    /**
     * `""` and `.` are the directory itself. What is not there resolves to where it would be.
     * A symlink may lead to another place below the directory, never out of it.
     */
    async resolve(directory: string, file: string): Promise<string> {
        const root = await realpath(directory);
        const normal = path.posix.normalize(file === "" ? "." : file);
        if (file.includes("\0") || path.isAbsolute(file) || normal === ".." || normal.startsWith("../")) {
            throw outside(file);
        }
        let existing = path.join(root, normal);
        const missing: string[] = [];
        for (;;) {
            const real = await realpath(existing).catch((error: unknown) => {
                if (errnoOf(error) === "ELOOP") {
                    throw outside(file);
                }
                return ignore("ENOENT", "ENOTDIR")(error);
            });
            if (real !== undefined) {
                if (real !== root && !real.startsWith(`${root}${path.sep}`)) {
                    throw outside(file);
                }
                return path.join(real, ...missing);
            }
            if (await isDangling(existing)) {
                throw outside(file);
            }
            missing.unshift(path.basename(existing));
            existing = path.dirname(existing);
        }
    }

    #pathOf(deploymentId: string): string {
        if (!DEPLOYMENT_ID.test(deploymentId)) {
            throw new DeployError("INPUT_INVALID", "That is not the id of a deployment.");
        }
        return path.join(this.#directory, deploymentId);
    }
}

async function inFolder<T>(directory: string, file: string, options: { shouldCreate?: boolean }, run: (folder: OpenFolder, name: string) => Promise<T>): Promise<T | null> {
    const components = componentsOf(path.posix.normalize(file));
    const name = components?.at(-1);
    if (components === null || name === undefined) {
        throw outside(file);
    }
    const root = await OpenFolder.open(directory);
    try {
        const folder = await root.walk(components.slice(0, -1), options);
        if (!(folder instanceof OpenFolder)) {
            return stopped(folder, options.shouldCreate === true);
        }
        try {
            return await run(folder, name);
        } finally {
            await folder.close();
        }
    } finally {
        await root.close();
    }
}

function stopped(stop: WalkStop, isWrite: boolean): null {
    if (stop.kind === "symlink") {
        throw symlinkRefused(stop.path);
    }
    if (isWrite) {
        throw new DeployError("PATH_OUTSIDE_CHECKOUT", `${stop.path} in the repository is not a folder. Rename it, or set another path.`);
    }
    return null;
}

/** A symlink to nothing: whoever creates its target would create it elsewhere. */
async function isDangling(file: string): Promise<boolean> {
    const parent = await OpenFolder.open(path.dirname(file)).catch(ignore("ENOENT", "ENOTDIR"));
    if (parent === undefined) {
        return false;
    }
    try {
        return kindOf(await parent.stats(path.basename(file))) === "symlink";
    } finally {
        await parent.close();
    }
}

function outside(file: string): DeployError {
    return new DeployError("PATH_OUTSIDE_CHECKOUT", `The path ${JSON.stringify(file)} leads out of the repository. Use a path below its root.`);
}

function symlinkRefused(file: string): DeployError {
    return new DeployError("SYMLINK_REFUSED", `${file} in the repository is a symlink. Replace it by the file itself.`);
}
