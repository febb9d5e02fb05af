import type { ProgressOptions } from "./programs.ts";

/** A compose project to act on. */
export interface ComposeProject {
    name: string;
    directory: string;
    /** Where the project will lie, when not in `directory`: what `${PWD}` stands for. */
    stackDirectory?: string;
    /** Relative to `directory`; empty: Compose's own discovery, which is what Dockge's buttons use. */
    files: string[];
    /** Paths for `--env-file`, in order. */
    envFiles: string[];
}

export interface ComposeBuild {
    context: string;
    dockerfile?: string;
    [key: string]: unknown;
}

/** The part of `docker compose config --format json` that we look at; the rest is passed on as it is. */
export interface ComposeModel {
    name: string;
    services: Record<string, ComposeServiceModel>;
    [key: string]: unknown;
}

export interface ComposeServiceModel {
    image?: string;
    build?: ComposeBuild;
    restart?: string;
    depends_on?: Record<string, { condition?: string }>;
    [key: string]: unknown;
}

export type ComposeAction = "start" | "stop" | "restart" | "down";

export interface Compose {
    /** @throws COMPOSE_MISSING, COMPOSE_INVALID (with Compose's own words) */
    config(project: ComposeProject, options?: { shouldInterpolate?: boolean; signal?: AbortSignal }): Promise<ComposeModel>;
    /** @throws BUILD_FAILED */
    build(project: ComposeProject, services: string[], options: ProgressOptions & { buildArgs: { name: string; value: string }[]; shouldPull?: boolean }): Promise<void>;
    /** @throws PULL_FAILED */
    pull(project: ComposeProject, services: string[], options: ProgressOptions): Promise<void>;
    /** Never builds. @throws UP_FAILED */
    up(project: ComposeProject, options: ProgressOptions & { shouldPull: boolean; services?: string[] }): Promise<void>;
    /** On the whole project, or on the named services. @throws EXEC_FAILED */
    act(project: ComposeProject, action: ComposeAction, options: ProgressOptions & { services?: string[] }): Promise<void>;
}

export interface ContainerState {
    id: string;
    name: string;
    project: string;
    service: string;
    /** Docker's `State`: created, running, paused, restarting, removing, exited, dead. */
    state: string;
    health: "healthy" | "unhealthy" | "starting" | "none";
    exitCode: number | null;
    restartCount: number;
    startedAt: number | null;
    imageId: string;
    isOneOff: boolean;
    ports: { privatePort: number; publicPort: number | null; address: string | null; protocol: string }[];
    /** By network name. */
    addresses: Record<string, string>;
    lastHealthOutput: string | null;
}

/** One compose project as its containers' labels tell. */
export interface ProjectState {
    name: string;
    /** Where `docker compose` was run, by the container's label. */
    workingDirectory: string | null;
    configFiles: string[];
    containers: Pick<ContainerState, "id" | "name" | "service" | "state" | "health" | "exitCode" | "isOneOff" | "ports">[];
}

/** What one running container uses now. Bytes, except where said. */
export interface ContainerUsage {
    id: string;
    name: string;
    /** Of one processor: 200 is two of them. */
    cpuPercent: number;
    memoryBytes: number;
    memoryLimitBytes: number;
    receivedBytes: number;
    sentBytes: number;
    readBytes: number;
    writtenBytes: number;
    processCount: number;
}

/** What only the pages of a host ask of the Engine. Every method throws DOCKER_UNAVAILABLE when the daemon does not answer. */
export interface DockerReadings {
    /** Every running container. Takes a second or two: the Engine measures twice. */
    usage(): Promise<ContainerUsage[]>;
    networkNames(): Promise<string[]>;
}

/** The Engine. Every method throws DOCKER_UNAVAILABLE when the daemon does not answer. */
export interface Docker {
    ping(): Promise<{ version: string }>;
    /** Every compose project on the Engine, from one API listing. */
    projects(): Promise<ProjectState[]>;
    /** Calls back with the project whose containers changed, and with null when everything may have changed (a reconnect). Reconnects by itself until the signal aborts. */
    watch(onChange: (project: string | null) => void, signal: AbortSignal): void;
    /** Containers of one project, with health and addresses. */
    containers(project: string): Promise<ContainerState[]>;
    /** The last lines that a container printed. */
    tail(containerId: string, lines: number): Promise<string[]>;
    /** Content id of an image, or null when the Engine does not have it. */
    imageId(reference: string): Promise<string | null>;
    tag(imageIdOrReference: string, newReference: string): Promise<void>;
    /** Removes a tag (and the image when it was the last one and nothing uses it). Never throws for an image in use or gone. */
    untag(reference: string): Promise<void>;
    /** `docker build`. @throws BUILD_FAILED */
    build(input: { directory: string; dockerfile: string; tags: string[]; buildArgs: { name: string; value: string }[]; isNoCache: boolean }, options: ProgressOptions): Promise<void>;
    /** Compose project of the container this process runs in, or null outside of one. */
    ownProject(): Promise<string | null>;
}

/** HTTP probe of a stack's own container. */
export interface Probe {
    /** Resolves with the status, or rejects when nobody answers within `timeoutMs`. Redirects are not followed. */
    get(url: string, timeoutMs: number, signal?: AbortSignal): Promise<number>;
    /** Base URLs under which a container's port may be reached from here, best first. */
    baseUrls(container: ContainerState, port: number): string[];
}
