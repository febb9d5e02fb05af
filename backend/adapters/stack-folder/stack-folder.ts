import { mkdir, stat } from "node:fs/promises";
import path from "node:path";
import { DeployError, toDeployError } from "../../domain/errors.ts";
import type { ApplyReport, Clock, FileOwner, StackFolder } from "../../domain/ports.ts";
import { errnoOf, ignore, kindOf, OpenFolder } from "../open-folder.ts";
import { isServersOwn } from "./servers-own.ts";
import { StackFolderBackup } from "./stack-folder-backup.ts";
import { inspectFolder } from "./stack-folder-inspection.ts";
import { nameOf, outsideStack, requireStackName, stackComponents } from "./stack-folder-paths.ts";
import { planRelease, type ApplyInput } from "./stack-folder-plan.ts";
import { StackFolderWriter } from "./stack-folder-writer.ts";

export interface StackFolderSettings {
    stacksDirectory: string;
    /** Of the server, with its database and keys. The stacks may lie in it. */
    dataDirectory: string;
    backupsDirectory: string;
    clock: Clock;
    /** Who gets what a release writes, when not the user that this server runs as; takes root. */
    owner?: FileOwner | undefined;
    /** Called before each change of the disk; a test lets it throw, as a crash would. */
    beforeChange?: (what: string) => void;
}

/**
 * Stacks on disk. Every call checks the stack's name (STACK_NAME_INVALID) and goes down from the stacks folder without
 * following a symlink. Comparing is by Git's blob ids, so an unchanged file keeps its inode and time.
 */
export class StackFolderFiles implements StackFolder {
    readonly #settings: StackFolderSettings;

    constructor(settings: StackFolderSettings) {
        this.#settings = settings;
    }

    path(stack: string): string {
        return path.join(this.#settings.stacksDirectory, requireStackName(stack));
    }

    async isServersOwn(file: string): Promise<boolean> {
        return await isServersOwn(file, this.#settings);
    }

    async exists(stack: string): Promise<boolean> {
        return await stat(this.path(stack)).then((stats) => stats.isDirectory(), () => false);
    }

    async ensure(stack: string): Promise<void> {
        await mkdir(this.path(stack), { recursive: true }).catch((error: unknown) => {
            throw writeError(error, this.path(stack));
        });
    }

    /** @throws PATH_OUTSIDE_STACK also for a symlink, wherever it points */
    async read(stack: string, file: string): Promise<string | null> {
        const components = stackComponents(file);
        const root = await this.#open(stack);
        if (root === null) {
            return null;
        }
        try {
            const folder = await root.walk(components.slice(0, -1));
            if (!(folder instanceof OpenFolder)) {
                return noFile(folder.kind, folder.path);
            }
            try {
                return await readText(folder, nameOf(file), file);
            } finally {
                await folder.close();
            }
        } finally {
            await root.close();
        }
    }

    async envFiles(stack: string): Promise<string[]> {
        const candidates = [path.join(this.#settings.stacksDirectory, "global.env"), path.join(this.path(stack), ".env")];
        const exist = await Promise.all(candidates.map(async (file) => await stat(file).then((stats) => stats.isFile(), () => false)));
        return candidates.filter((_, index) => exist[index]);
    }

    async apply(input: ApplyInput): Promise<ApplyReport> {
        const { backupsDirectory, clock, owner, beforeChange = () => undefined } = this.#settings;
        const plan = planRelease(input);
        await this.ensure(input.stack);
        const root = await this.#open(input.stack);
        if (root === null) {
            throw new DeployError("STACK_NOT_FOUND", `The folder of the stack ${input.stack} is not there any more.`);
        }
        try {
            const source = input.sourceDirectory === null ? null : await OpenFolder.open(input.sourceDirectory);
            try {
                const backup = new StackFolderBackup({ backupsDirectory, deploymentId: input.deploymentId, now: () => clock.now(), beforeChange });
                const todo = await inspectFolder(root, plan);
                if (owner !== undefined) {
                    await root.giveTo(owner);
                }
                return await new StackFolderWriter({ root, source, readBlob: input.readBlob, backup, owner, beforeChange }, plan, todo).run();
            } finally {
                await source?.close();
            }
        } catch (error) {
            throw writeError(error, this.path(input.stack));
        } finally {
            await root.close();
        }
    }

    /** null when there is no such folder. @throws PATH_OUTSIDE_STACK when it is a symlink */
    async #open(stack: string): Promise<OpenFolder | null> {
        const name = requireStackName(stack);
        const parent = await OpenFolder.open(this.#settings.stacksDirectory).catch(ignore("ENOENT"));
        if (parent === undefined) {
            return null;
        }
        try {
            const folder = await parent.walk([name]);
            if (folder instanceof OpenFolder) {
                return folder;
            }
            if (folder.kind === "symlink") {
                throw new DeployError("PATH_OUTSIDE_STACK", `The folder of the stack ${stack} is a symlink. Put the stack's own folder into ${this.#settings.stacksDirectory}.`);
            }
            return null;
        } finally {
            await parent.close();
        }
    }
}

async function readText(folder: OpenFolder, name: string, file: string): Promise<string | null> {
    const handle = await folder.openFile(name);
    if (handle === null) {
        return noFile(kindOf(await folder.stats(name)), file);
    }
    try {
        return await handle.readFile("utf8");
    } finally {
        await handle.close();
    }
}

function noFile(kind: string, file: string): null {
    if (kind === "symlink") {
        throw outsideStack(file);
    }
    return null;
}

function writeError(error: unknown, directory: string): Error {
    const code = errnoOf(error);
    if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
        return new DeployError("INTERNAL", `This server may not write to ${directory}. Give its user the right to, and deploy again.`, { cause: error });
    }
    return toDeployError(error);
}
