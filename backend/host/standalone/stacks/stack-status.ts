import { STACK_STATUS, type PublishedPort, type ServiceStatusList, type StackStatus } from "../../../../common/dockge-wire.ts";
import type { ProjectState } from "../../../domain/ports.ts";
import type { StackFolderEntry } from "../../stacks/stack-files.ts";
import { defaultProjectName } from "../../stacks/stack-name.ts";

/**
 * Dockge's number for a project's containers. As Dockge: a container that ended makes the stack "exited"; unlike Dockge a
 * one-shot service that ended well beside running ones does not.
 */
export function statusOf(project: ProjectState | null): StackStatus {
    const containers = project?.containers.filter((container) => !container.isOneOff) ?? [];
    if (containers.length === 0) {
        return STACK_STATUS.draft;
    }
    const hasFailed = containers.some(({ state, exitCode }) => state === "dead" || state === "restarting" || (state === "exited" && exitCode !== 0));
    if (hasFailed) {
        return STACK_STATUS.exited;
    }
    if (containers.some(({ state }) => state === "running")) {
        return STACK_STATUS.active;
    }
    if (containers.some(({ state }) => state === "exited")) {
        return STACK_STATUS.exited;
    }
    return containers.every(({ state }) => state === "created") ? STACK_STATUS.inactive : STACK_STATUS.unknown;
}

/** A stack that fails over and over has life, too: what is pulled may be its cure. */
export function hasLife(project: ProjectState | null): boolean {
    return project?.containers.some(({ isOneOff, state }) => !isOneOff && ["running", "restarting", "paused"].includes(state)) ?? false;
}

/** Health where there is a health check, else Docker's state; by service, as `docker compose ps` would list them. */
export function serviceStatuses(project: ProjectState | null): ServiceStatusList {
    // Services may be called "constructor".
    const list = new Map<string, ServiceStatusList[string]>();
    for (const container of project?.containers ?? []) {
        if (!container.isOneOff) {
            const status = container.health === "none" ? container.state : container.health;
            const ports = publishedPorts(container);
            const known = list.get(container.service) ?? [];
            list.set(container.service, [...known, { status, name: container.name, ...(ports.length === 0 ? {} : { ports }) }]);
        }
    }
    return Object.fromEntries(list);
}

/** Each once: Docker lists a port for IPv4 and again for IPv6. */
function publishedPorts({ ports }: ProjectState["containers"][number]): PublishedPort[] {
    const published = new Map<string, PublishedPort>();
    for (const { address, publicPort, privatePort, protocol } of ports) {
        const key = `${publicPort}/${protocol}/${privatePort}`;
        if (publicPort !== null && !published.has(key)) {
            published.set(key, { address: address ?? "0.0.0.0", publicPort, privatePort, protocol });
        }
    }
    return [...published.values()].sort((a, b) => a.publicPort - b.publicPort);
}

export interface MatchedProjects {
    /** By folder name. */
    byStack: Map<string, ProjectState>;
    /** Projects that belong to no folder of ours. */
    unmanaged: ProjectState[];
}

/**
 * Which project runs which folder: first by the working directory in the containers' label (right also for `name:` in the file
 * and for upper-case folders), else by name.
 */
export function matchProjects(folders: readonly (Pick<StackFolderEntry, "name" | "realPath"> & { path: string })[], projects: readonly ProjectState[]): MatchedProjects {
    const byStack = new Map<string, ProjectState>();
    const taken = new Set<ProjectState>();
    const take = (folder: string, project: ProjectState | undefined) => {
        if (project !== undefined && !taken.has(project) && !byStack.has(folder)) {
            byStack.set(folder, project);
            taken.add(project);
        }
    };
    const byDirectory = new Map<string, ProjectState>();
    for (const project of projects) {
        if (project.workingDirectory !== null) {
            // With several projects in one folder the one that has the folder's own name is its stack.
            const known = byDirectory.get(project.workingDirectory);
            if (known === undefined || project.name === defaultProjectName(project.workingDirectory.split("/").at(-1) ?? "")) {
                byDirectory.set(project.workingDirectory, project);
            }
        }
    }
    // A folder's own path first: a symbolic link beside it leads to the same place and may come earlier by name.
    for (const folder of folders) {
        take(folder.name, byDirectory.get(folder.path));
    }
    for (const folder of folders) {
        take(folder.name, byDirectory.get(folder.realPath));
    }
    const byName = new Map(projects.map((project) => [project.name, project]));
    for (const folder of folders) {
        take(folder.name, byName.get(folder.name) ?? byName.get(defaultProjectName(folder.name)));
    }
    return { byStack, unmanaged: projects.filter((project) => !taken.has(project)) };
}
