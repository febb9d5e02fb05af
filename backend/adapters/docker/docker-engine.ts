import type Dockerode from "dockerode";
import { DeployError } from "../../domain/errors.ts";
import type { ContainerState, ContainerUsage, Docker, DockerReadings, ProgressOptions, ProjectState } from "../../domain/ports.ts";
import { buildImage, type ImageBuild } from "./docker-build.ts";
import { DockerApi } from "./docker-api.ts";
import { answer } from "./docker-connection.ts";
import type { DockerCliSettings } from "./docker-environment.ts";
import { followEvents } from "./docker-events.ts";
import { containerState, PROJECT_LABEL, projectsOf } from "./docker-listing.ts";
import { logLines } from "./docker-log-frames.ts";
import { usageOf } from "./docker-usage.ts";
import { readOwnContainerIds } from "./docker-own-container.ts";

/** The Engine over its socket. No API version is pinned: every Engine since 20.10 answers the unversioned paths. */
export class DockerEngine implements Docker, DockerReadings {
    readonly #settings: DockerCliSettings;
    readonly #docker: DockerApi;
    #ownProject: { project: string | null } | null = null;

    constructor(settings: DockerCliSettings) {
        this.#settings = settings;
        this.#docker = new DockerApi(settings);
    }

    get #api(): Dockerode {
        return this.#docker.opened;
    }

    async ping(): Promise<{ version: string }> {
        const version = await answer(this.#api.version());
        return { version: version.Version };
    }

    async projects(): Promise<ProjectState[]> {
        return projectsOf(await this.#list(PROJECT_LABEL));
    }

    watch(onChange: (project: string | null) => void, signal: AbortSignal): void {
        void followEvents(this.#api, onChange, signal);
    }

    async containers(project: string): Promise<ContainerState[]> {
        const listed = await this.#list(`${PROJECT_LABEL}=${project}`);
        const states = await Promise.all(
            listed.map(async ({ Id }) => {
                // Removed between the listing and now.
                const info = await answer(this.#api.getContainer(Id).inspect(), ifGone(null));
                return info === null ? null : containerState(info);
            }),
        );
        return states.filter((state) => state !== null).sort((a, b) => (a.name < b.name ? -1 : 1));
    }

    async tail(containerId: string, lines: number): Promise<string[]> {
        if (!isReference(containerId)) {
            return [];
        }
        const container = this.#api.getContainer(containerId);
        const info = await answer(container.inspect(), ifGone(null));
        if (info === null) {
            return [];
        }
        const log = await answer(container.logs({ follow: false, stdout: true, stderr: true, tail: lines }), (status) => (status === 404 || status === 409 ? Buffer.alloc(0) : undefined));
        return logLines(log, info.Config.Tty);
    }

    async imageId(reference: string): Promise<string | null> {
        if (!isReference(reference)) {
            return null;
        }
        const image = await answer(this.#api.getImage(reference).inspect(), (status) => (status === 404 || status === 400 ? null : undefined));
        return image?.Id ?? null;
    }

    /** @throws IMAGE_MISSING */
    async tag(imageIdOrReference: string, newReference: string): Promise<void> {
        const { repository, tag } = splitReference(newReference);
        const isDone = isReference(imageIdOrReference) && (await answer(this.#api.getImage(imageIdOrReference).tag({ repo: repository, tag }).then(() => true), ifGone(false)));
        if (!isDone) {
            throw new DeployError("IMAGE_MISSING", `The image ${imageIdOrReference} is not on this machine any more. Deploy the commit again to build it anew.`);
        }
    }

    async untag(reference: string): Promise<void> {
        if (!isReference(reference)) {
            return;
        }
        await answer(this.#api.getImage(reference).remove({}), (status) => (status === 404 || status === 409 || status === 400 ? [] : undefined));
    }

    async build(input: ImageBuild, options: ProgressOptions): Promise<void> {
        await buildImage(this.#settings, input, options);
    }

    async ownProject(): Promise<string | null> {
        this.#ownProject ??= { project: await this.#findOwnProject() };
        return this.#ownProject.project;
    }

    async usage(): Promise<ContainerUsage[]> {
        const running = await answer(this.#api.listContainers());
        return await usageOf(this.#api, running.map(({ Id }) => Id));
    }

    async networkNames(): Promise<string[]> {
        const networks = await answer(this.#api.listNetworks());
        return networks.map(({ Name }) => Name).sort((a, b) => a.localeCompare(b));
    }

    async #findOwnProject(): Promise<string | null> {
        for (const id of await readOwnContainerIds()) {
            const info = await answer(this.#api.getContainer(id).inspect(), ifGone(null));
            if (info !== null) {
                return info.Config.Labels?.[PROJECT_LABEL] ?? null;
            }
        }
        return null;
    }

    async #list(label: string): Promise<Dockerode.ContainerInfo[]> {
        return await answer(this.#api.listContainers({ all: true, filters: { label: [label] } }));
    }
}

/**
 * Names and ids become part of a request's path, and image names come from compose files.
 * @returns false for what the Engine could not have, such as `../containers/x` or `x?force=1`
 */
export function isReference(text: string): boolean {
    return /^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$/.test(text) && !text.split("/").some((part) => part === "" || part === "." || part === "..");
}

function ifGone<T>(instead: T): (status: number) => T | undefined {
    return (status) => (status === 404 ? instead : undefined);
}

/** The tag is what follows the last colon, unless that colon belongs to a registry's port. */
export function splitReference(reference: string): { repository: string; tag: string } {
    const colon = reference.lastIndexOf(":");
    return colon > reference.lastIndexOf("/") ? { repository: reference.slice(0, colon), tag: reference.slice(colon + 1) } : { repository: reference, tag: "latest" };
}
