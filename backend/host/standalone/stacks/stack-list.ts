import path from "node:path";
import { STACK_STATUS, type StackStatus } from "../../../../common/dockge-wire.ts";
import type { StackGitFields } from "../../../../common/views.ts";
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

/** Both sides matched, for the folders and projects that it was made of. */
interface Match {
    folders: StackFolderEntry[];
    projects: ProjectState[] | null;
    matched: MatchedProjects | null;
}

/**
 * What is known of folders, of Docker and of Git, kept until somebody says that it changed. A list whose sources are the same objects is
 * the same object: who asks again while nothing has happened gets it at once.
 */
export class StackList {
    readonly #files: StackFiles;
    readonly #docker: Docker;
    readonly #logger: Logger;
    #folders: Promise<StackFolderEntry[]> | null = null;
    /** Resolves to null while the Engine does not answer. */
    #projects: Promise<ProjectState[] | null> | null = null;
    #extend: ExtendStacks = () => Promise.resolve(new Map<string, StackGitFields>());
    #isDockerAway = false;
    #match: Match | null = null;
    #listed: { match: Match; git: Extensions; stacks: readonly ListedStack[]; text: string } | null = null;

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

    /** Looks at everything anew, while what is known goes on being the answer. What is forgotten meanwhile stays forgotten. */
    async verify(): Promise<void> {
        const [knownFolders, knownProjects] = [this.#folders, this.#projects];
        const [folders, projects] = [this.#scan(), this.#ask()];
        await Promise.all([folders, projects]);
        if (knownFolders !== null && this.#folders === knownFolders) {
            this.#folders = folders;
        }
        if (knownProjects !== null && this.#projects === knownProjects) {
            this.#projects = projects;
        }
    }

    /** The same object as before when nothing in it has changed. */
    async list(): Promise<readonly ListedStack[]> {
        const match = await this.#matchNow();
        const unmanaged = unmanagedOf(match.matched);
        const git = await this.#extensions([...match.folders, ...unmanaged].map(({ name }) => name));
        if (this.#listed?.match === match && this.#listed.git === git) {
            return this.#listed.stacks;
        }
        const stacks = listOf(match, unmanaged, git);
        const text = JSON.stringify(stacks);
        this.#listed = { match, git, text, stacks: this.#listed?.text === text ? this.#listed.stacks : stacks };
        return this.#listed.stacks;
    }

    /** One of them, or null. Any folder is found, also one that is not listed. */
    async find(name: string): Promise<ListedStack | null> {
        const { folders, matched } = await this.#matchNow();
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
        const { folders, matched } = await this.#matchNow();
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
        const { matched } = await this.#matchNow();
        return [...(matched?.byStack ?? [])].find(([, { name }]) => name === project)?.[0] ?? null;
    }

    /** Never fails: a list without Git's part is better than none. */
    async #extensions(names: string[]): Promise<Map<string, StackGitFields>> {
        try {
            return await this.#extend(names);
        } catch (err) {
            this.#logger.error({ err }, "the stack list is sent without what Git knows");
            return new Map<string, StackGitFields>();
        }
    }

    async #matchNow(): Promise<Match> {
        this.#folders ??= this.#scan();
        this.#projects ??= this.#ask();
        const asked = this.#projects;
        const [folders, projects] = await Promise.all([this.#folders, this.#projects]);
        if (projects === null && this.#projects === asked) {
            // Not kept: the next one who asks may find the Engine back.
            this.#projects = null;
        }
        if (this.#match?.folders !== folders || this.#match.projects !== projects) {
            const withPath = folders.map((folder) => ({ ...folder, path: path.join(this.#files.root, folder.name) }));
            this.#match = { folders, projects, matched: projects === null ? null : matchProjects(withPath, projects) };
        }
        return this.#match;
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

function listOf({ folders, matched }: Match, unmanaged: readonly ProjectState[], git: Extensions): ListedStack[] {
    const listed = [
        ...unmanaged.map((project) => listedProject(project, git)),
        // A folder without a compose file is a stack only when it waits for Git to fill it.
        ...folders.map((folder) => listedFolder(folder, matched, git)).filter((stack, at) => stack.composeFileName !== null || folders[at]?.isMarkedEmpty === true || hasRepository(stack)),
    ];
    // A folder wins over an unmanaged project of the same name.
    return [...new Map(listed.map((stack) => [stack.name, stack])).values()];
}

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
