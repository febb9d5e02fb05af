import path from "node:path";
import { STACK_STATUS, type StackStatus } from "../../../common/dockge-wire.ts";
import type { StackGitFields } from "../../../common/wire.ts";
import type { Docker, Logger, ProjectState } from "../../domain/ports.ts";
import type { StackFiles, StackFolderEntry } from "./stack-files.ts";
import { matchProjects, statusOf, type MatchedProjects } from "./stack-status.ts";

/** Dockge hides itself unless its folder is among the stacks. */
const HIDDEN_PROJECT = "dockge";

export interface ListedStack {
    name: string;
    status: StackStatus;
    isManaged: boolean;
    composeFileName: string | null;
    git: StackGitFields | null;
}

export type ExtendStacks = (names: string[]) => Promise<Map<string, StackGitFields>>;

/** What is known of folders and of Docker, kept until somebody says that it changed. */
export class StackList {
    readonly #files: StackFiles;
    readonly #docker: Docker;
    readonly #logger: Logger;
    #folders: Promise<StackFolderEntry[]> | null = null;
    /** Resolves to null while the Engine does not answer. */
    #projects: Promise<ProjectState[] | null> | null = null;
    #extend: ExtendStacks = () => Promise.resolve(new Map());

    constructor(parts: { files: StackFiles; docker: Docker; logger: Logger }) {
        this.#files = parts.files;
        this.#docker = parts.docker;
        this.#logger = parts.logger;
    }

    extendWith(provide: ExtendStacks): void {
        this.#extend = provide;
    }

    forgetFolders(): void {
        this.#folders = null;
    }

    forgetProjects(): void {
        this.#projects = null;
    }

    async list(): Promise<ListedStack[]> {
        const [folders, matched] = await this.#match();
        const unmanaged = matched?.unmanaged.filter((project) => project.name !== HIDDEN_PROJECT) ?? [];
        const git = await this.extensions([...folders.map((folder) => folder.name), ...unmanaged.map((project) => project.name)]);
        const stacks = new Map<string, ListedStack>();
        for (const project of unmanaged) {
            stacks.set(project.name, { name: project.name, status: statusOf(project), isManaged: false, composeFileName: null, git: git.get(project.name) ?? null });
        }
        for (const { name, composeFileName, isMarkedEmpty } of folders) {
            // A folder without a compose file is a stack only when it waits for Git to fill it.
            const isStack = composeFileName !== null || isMarkedEmpty || (git.get(name)?.gitRepository ?? null) !== null;
            if (isStack) {
                const status = matched === null ? STACK_STATUS.unknown : statusOf(matched.byStack.get(name) ?? null);
                stacks.set(name, { name, status, isManaged: true, composeFileName, git: git.get(name) ?? null });
            }
        }
        return [...stacks.values()];
    }

    /** The project that runs this stack, or null; undefined when the Engine does not answer. */
    async projectOf(stack: string): Promise<ProjectState | null | undefined> {
        const [folders, matched] = await this.#match();
        if (matched === null) {
            return undefined;
        }
        const isFolder = folders.some((folder) => folder.name === stack);
        return (isFolder ? matched.byStack.get(stack) : matched.unmanaged.find((project) => project.name === stack)) ?? null;
    }

    /** Never fails: a list without Git's part is better than none. */
    async extensions(names: string[]): Promise<Map<string, StackGitFields>> {
        try {
            return await this.#extend(names);
        } catch (err) {
            this.#logger.error({ err }, "the stack list is sent without what Git knows");
            return new Map();
        }
    }

    async #match(): Promise<[StackFolderEntry[], MatchedProjects | null]> {
        this.#folders ??= this.#scan();
        this.#projects ??= this.#ask();
        const [folders, projects] = await Promise.all([this.#folders, this.#projects]);
        const withPath = folders.map((folder) => ({ ...folder, path: path.join(this.#files.root, folder.name) }));
        return [folders, projects === null ? null : matchProjects(withPath, projects)];
    }

    async #scan(): Promise<StackFolderEntry[]> {
        try {
            return await this.#files.scan();
        } catch (err) {
            this.#logger.error({ err, directory: this.#files.root }, "the stacks folder cannot be read");
            return [];
        }
    }

    async #ask(): Promise<ProjectState[] | null> {
        try {
            return await this.#docker.projects();
        } catch (err) {
            this.#logger.warn({ err }, "Docker does not answer; the states of stacks are unknown");
            return null;
        }
    }
}
