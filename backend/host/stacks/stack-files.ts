import { createHash } from "node:crypto";
import type { Dirent } from "node:fs";
import { lstat, mkdir, readdir, realpath, rm, rmdir, unlink } from "node:fs/promises";
import path from "node:path";
import { COMPOSE_FILE_NAMES } from "../../domain/compose/compose-files.ts";
import { withoutManagedBlock, withOwnText } from "../../domain/compose/env-file.ts";
import { DeployError } from "../../domain/errors.ts";
import type { FileOwner } from "../../domain/ports.ts";
import { requireEnv, requireYaml } from "./compose-text.ts";
import { isDirectory, isFile } from "./file-kinds.ts";
import { giveTo } from "./file-owner.ts";
import { isInside, readInside, writeAllInside } from "./safe-files.ts";
import { requireStackFolderName, requireStackName } from "./stack-name.ts";

/** In the folder of a stack that Git will fill, so that it is listed while it has no compose file. */
export const EMPTY_STACK_MARKER = ".git-deploy-stack";
const MARKER_TEXT = "This stack has no compose file yet: it waits for its first deployment from Git.\n";

const ENV_FILE = ".env";
const GLOBAL_ENV_FILE = "global.env";

export interface StackFolderEntry {
    name: string;
    /** The path that Docker's labels may name instead of ours. */
    realPath: string;
    composeFileName: string | null;
    isMarkedEmpty: boolean;
}

export interface StackTexts {
    composeFileName: string | null;
    composeYaml: string;
    /** Without the block that holds a deployment's own variables. */
    env: string;
    contentHash: string;
    /** Files that are not UTF-8: what is shown of them is not what they are, so they are not written. */
    notUtf8: string[];
}

export interface StackEdit {
    composeYaml: string | null;
    env: string | null;
    isNew: boolean;
    /** `contentHash` of what the person began to edit; null: not asked. */
    expectedHash: string | null;
}

/** The stacks folder. Every method checks the name it is given. */
export class StackFiles {
    readonly root: string;
    readonly #owner: FileOwner | undefined;

    /** @param owner who gets what is written, when not the user that this server runs as; takes root */
    constructor(root: string, owner?: FileOwner) {
        this.root = root;
        this.#owner = owner;
    }

    /** @throws STACK_NAME_INVALID */
    path(name: string): string {
        return path.join(this.root, requireStackFolderName(name));
    }

    /** Every folder that could be a stack, by name. Names that the rules refuse are listed too, so that nobody misses a running stack. */
    async scan(): Promise<StackFolderEntry[]> {
        const [folders, root] = await Promise.all([this.#folders(), realpath(this.root)]);
        const found = await Promise.all(folders.map((entry) => this.#entry(entry, root)));
        return found.filter((entry) => entry !== null).sort((a, b) => (a.name < b.name ? -1 : 1));
    }

    /** What could be a stack by its name and kind alone; nothing is looked into. */
    async folderNames(): Promise<string[]> {
        return (await this.#folders()).map(({ name }) => name);
    }

    async exists(name: string): Promise<boolean> {
        return await isDirectory(this.path(name));
    }

    /** @throws STACK_NOT_FOUND */
    async require(name: string): Promise<string> {
        const directory = this.path(name);
        if (!(await isDirectory(directory))) {
            throw new DeployError("STACK_NOT_FOUND", "Stack not found", { details: { stack: name } });
        }
        return directory;
    }

    /** @throws STACK_NOT_FOUND, SYMLINK_REFUSED */
    async read(name: string): Promise<StackTexts> {
        const directory = await this.require(name);
        const composeFileName = await findComposeFile(directory);
        const compose = composeFileName === null ? null : await readInside(directory, composeFileName);
        const ownEnv = await readInside(directory, ENV_FILE);
        const [composeYaml, env] = [compose?.text ?? "", withoutManagedBlock(ownEnv?.text ?? "")];
        const notUtf8 = [...(compose?.isUtf8 === false ? [composeFileName ?? ""] : []), ...(ownEnv?.isUtf8 === false ? [ENV_FILE] : [])];
        return { composeFileName, composeYaml, env, contentHash: contentHash(composeYaml, env), notUtf8 };
    }

    /** The `.env` as Compose reads it, with the variables of the build settings, which may be secret. @throws STACK_NOT_FOUND, SYMLINK_REFUSED */
    async wholeEnv(name: string): Promise<string> {
        return (await readInside(await this.require(name), ENV_FILE))?.text ?? "";
    }

    /** What lies in the folder of a stack, not below it. @throws STACK_NOT_FOUND */
    async fileNames(name: string): Promise<Set<string>> {
        return new Set(await readdir(await this.require(name)));
    }

    /**
     * Writes the texts as they are given; null leaves one alone, and so does the text that the file has already. A stack without a compose file is marked as waiting for Git.
     * @throws COMPOSE_INVALID, INPUT_INVALID, STACK_EXISTS, STACK_NOT_FOUND, STACK_CHANGED, SYMLINK_REFUSED; nothing is written then
     */
    async save(name: string, input: StackEdit): Promise<StackTexts> {
        if (input.composeYaml !== null) {
            requireYaml(input.composeYaml);
        }
        requireEnv(input.env ?? "");
        if (!input.isNew) {
            return await this.#write(name, input);
        }
        await this.#create(name);
        try {
            return await this.#write(name, input);
        } catch (error) {
            await rmdir(this.path(name)).catch(() => {});
            throw error;
        }
    }

    /** The marker goes as soon as there is a compose file. */
    async dropMarker(name: string): Promise<void> {
        const directory = this.path(name);
        if ((await findComposeFile(directory)) !== null) {
            await rm(path.join(directory, EMPTY_STACK_MARKER), { force: true });
        }
    }

    /** Removes the folder with all that is in it; of a symbolic link only the link. */
    async remove(name: string): Promise<void> {
        const directory = this.path(name);
        const found = await lstat(directory);
        if (found.isSymbolicLink()) {
            await unlink(directory);
            return;
        }
        await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    }

    /** As Dockge: a shared `global.env` is read first; without one Compose finds `.env` by itself. */
    async envFiles(name: string): Promise<string[]> {
        const shared = path.join(this.root, GLOBAL_ENV_FILE);
        if (!(await isFile(shared))) {
            return [];
        }
        const own = path.join(this.path(name), ENV_FILE);
        return (await isFile(own)) ? [shared, own] : [shared];
    }

    async readGlobalEnv(): Promise<string> {
        return (await readInside(this.root, GLOBAL_ENV_FILE))?.text ?? "";
    }

    /** An empty text removes the file: its presence alone changes how Compose is called. */
    async writeGlobalEnv(text: string): Promise<void> {
        if (text.trim() === "") {
            await rm(path.join(this.root, GLOBAL_ENV_FILE), { force: true });
            return;
        }
        const before = await readInside(this.root, GLOBAL_ENV_FILE);
        if (before?.text !== text) {
            requireUtf8(GLOBAL_ENV_FILE, before?.isUtf8 ?? true);
            await writeAllInside(this.root, [{ name: GLOBAL_ENV_FILE, text, newMode: 0o600 }], this.#owner);
        }
    }

    async #write(name: string, input: StackEdit): Promise<StackTexts> {
        const directory = await this.#requireWritable(name);
        const before = await this.read(name);
        const isUnexpected = input.expectedHash !== null && input.expectedHash !== before.contentHash;
        if (isUnexpected && !input.isNew) {
            throw new DeployError("STACK_CHANGED", "The stack's files were changed by somebody else since you opened them. Load them again, then make your changes.", { details: { stack: name } });
        }
        const files = [...this.#composeToWrite(before, input.composeYaml), ...(await this.#envToWrite(directory, before, input.env))];
        await writeAllInside(directory, files, this.#owner);
        if (this.#owner !== undefined) {
            // As Dockge: also what did not change.
            await giveTo(this.#owner, directory, [".", before.composeFileName ?? COMPOSE_FILE_NAMES[0], ENV_FILE]);
        }
        if (input.composeYaml !== null) {
            await this.dropMarker(name);
        }
        return await this.read(name);
    }

    #composeToWrite(before: StackTexts, text: string | null): { name: string; text: string; newMode: number }[] {
        const { composeFileName } = before;
        if (text === null) {
            return composeFileName === null ? [{ name: EMPTY_STACK_MARKER, text: MARKER_TEXT, newMode: 0o644 }] : [];
        }
        if (composeFileName !== null && text === before.composeYaml) {
            return [];
        }
        const name = composeFileName ?? COMPOSE_FILE_NAMES[0];
        requireUtf8(name, !before.notUtf8.includes(name));
        return [{ name, text, newMode: 0o644 }];
    }

    /** Never made for an empty text, and never removed: an emptied file stays as an empty one. */
    async #envToWrite(directory: string, before: StackTexts, text: string | null): Promise<{ name: string; text: string; newMode: number }[]> {
        if (text === null || text === before.env) {
            return [];
        }
        const file = await readInside(directory, ENV_FILE);
        if (file === null && text.trim() === "") {
            return [];
        }
        requireUtf8(ENV_FILE, file?.isUtf8 ?? true);
        return [{ name: ENV_FILE, text: withOwnText(file?.text ?? null, withoutManagedBlock(text)), newMode: 0o600 }];
    }

    async #create(name: string): Promise<void> {
        const directory = path.join(this.root, requireStackName(name));
        try {
            await mkdir(directory);
        } catch (error) {
            if ((error as NodeJS.ErrnoException).code === "EEXIST") {
                throw new DeployError("STACK_EXISTS", "Stack name already exists", { details: { stack: name } });
            }
            throw error;
        }
    }

    /** @throws SYMLINK_REFUSED when the folder is a link to somewhere else */
    async #requireWritable(name: string): Promise<string> {
        const directory = await this.require(name);
        const [root, real] = await Promise.all([realpath(this.root), realpath(directory)]);
        if (!isInside(root, real)) {
            throw new DeployError("SYMLINK_REFUSED", "The stack folder is a symbolic link that leaves the stacks folder, so nothing is written through it. Make it a real folder.");
        }
        return directory;
    }

    async #folders(): Promise<Dirent[]> {
        const entries = await readdir(this.root, { withFileTypes: true });
        return entries.filter((entry) => !entry.name.startsWith(".") && (entry.isDirectory() || entry.isSymbolicLink()));
    }

    /** A folder that is no link is looked into once: with a thousand of them each question to the file system counts. */
    async #entry(entry: Dirent, realRoot: string): Promise<StackFolderEntry | null> {
        const directory = path.join(this.root, entry.name);
        const isLink = entry.isSymbolicLink();
        if (isLink && !(await isDirectory(directory))) {
            return null;
        }
        const realPath = isLink ? await realpath(directory) : path.join(realRoot, entry.name);
        const composeFileName = await findComposeFile(directory);
        const isMarkedEmpty = composeFileName === null && (await isFile(path.join(directory, EMPTY_STACK_MARKER)));
        return { name: entry.name, realPath, composeFileName, isMarkedEmpty };
    }
}

/** @throws INPUT_INVALID */
function requireUtf8(file: string, isUtf8: boolean): void {
    if (!isUtf8) {
        throw new DeployError("INPUT_INVALID", `${file} is not UTF-8 text, so saving it from here would damage it. Convert it to UTF-8 where it lies (for example with iconv), then load it again.`);
    }
}

export function contentHash(composeYaml: string, env: string): string {
    return createHash("sha256").update(composeYaml).update("\0").update(env).digest("hex");
}

/** The first of Compose's names in Dockge's order, or null. */
async function findComposeFile(directory: string): Promise<string | null> {
    for (const name of COMPOSE_FILE_NAMES) {
        if (await isFile(path.join(directory, name))) {
            return name;
        }
    }
    return null;
}
