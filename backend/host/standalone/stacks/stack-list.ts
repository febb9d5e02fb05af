import path from "node:path";
import { STACK_STATUS, type StackStatus } from "../../../../common/dockge-wire.ts";
import type { StackGitFields } from "../../../../common/wire.ts";
import { DeployError } from "../../../domain/errors.ts";
import type { Docker, Logger, ProjectState } from "../../../domain/ports.ts";
import type { StackFiles, StackFolderEntry } from "../../stacks/stack-files.ts";
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
    #extend: ExtendStacks = () => Promise.resolve(new Map<string, StackGitFields>());
    #isDockerAway = false;

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
        const unmanaged = unmanagedOf(matched);
        const git = await this.#extensions([...folders, ...unmanaged].map(({ name }) => name));
        const listed = [
            ...unmanaged.map((project) => listedProject(project, git)),
            // A folder without a compose file is a stack only when it waits for Git to fill it.
            ...folders.map((folder) => listedFolder(folder, matched, git)).filter((stack, at) => stack.composeFileName !== null || folders[at]?.isMarkedEmpty === true || hasRepository(stack)),
        ];
        // A folder wins over an unmanaged project of the same name.
        return [...new Map(listed.map((stack) => [stack.name, stack])).values()];
    }

    /** One of them, or null. Any folder is found, also one that is not listed. */
    async find(name: string): Promise<ListedStack | null> {
        const [folders, matched] = await this.#match();
        const folder = folders.find((entry) => entry.name === name);
        const project = unmanagedOf(matched).find((entry) => entry.name === name);
        const git = await this.#extensions([name]);
        if (folder !== undefined) {
            return listedFolder(folder, matched, git);
        }
        return project === undefined ? null : listedProject(project, git);
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

    /** As `projectOf`. @throws DOCKER_UNAVAILABLE */
    async requireProjectOf(stack: string): Promise<ProjectState | null> {
        const project = await this.projectOf(stack);
        if (project === undefined) {
            throw new DeployError("DOCKER_UNAVAILABLE", "Docker does not answer. Is the Docker Engine running, and may this server use its socket?");
        }
        return project;
    }

    /** The stack whose containers make up this project, or null. */
    async stackOfProject(project: string): Promise<string | null> {
        const [, matched] = await this.#match();
        return [...(matched?.byStack ?? [])].find(([, { name }]) => name === project)?.[0] ?? null;
    }

    /** Never fails: a list without Git's part is better than none. */
    async #extensions(names: string[]): Promise<Map<string, StackGitFields>> {
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
        const asked = this.#projects;
        const [folders, projects] = await Promise.all([this.#folders, this.#projects]);
        if (projects === null && this.#projects === asked) {
            // Not kept: the next one who asks may find the Engine back.
            this.#projects = null;
        }
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
            const projects = await this.#docker.projects();
            this.#isDockerAway = false;
            return projects;
        } catch (err) {
            if (!this.#isDockerAway) {
                this.#logger.warn({ err }, "Docker does not answer; the states of stacks are unknown");
            }
            this.#isDockerAway = true;
            return null;
        }
    }
}

type Extensions = Map<string, StackGitFields>;

function unmanagedOf(matched: MatchedProjects | null): ProjectState[] {
    return matched?.unmanaged.filter((project) => project.name !== HIDDEN_PROJECT) ?? [];
}

function listedProject(project: ProjectState, git: Extensions): ListedStack {
    return { name: project.name, status: statusOf(project), isManaged: false, composeFileName: null, git: git.get(project.name) ?? null };
}

function listedFolder({ name, composeFileName }: StackFolderEntry, matched: MatchedProjects | null, git: Extensions): ListedStack {
    const status = matched === null ? STACK_STATUS.unknown : statusOf(matched.byStack.get(name) ?? null);
    return { name, status, isManaged: true, composeFileName, git: git.get(name) ?? null };
}

function hasRepository(stack: ListedStack): boolean {
    return (stack.git?.gitRepository ?? null) !== null;
}
