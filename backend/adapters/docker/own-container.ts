import path from "node:path";
import type Dockerode from "dockerode";
import { DockerApi } from "./docker-api.ts";
import { answer } from "./docker-connection.ts";
import type { DockerCliSettings } from "./docker-environment.ts";
import { readOwnContainerIds } from "./docker-own-container.ts";

export interface OwnContainerSettings extends DockerCliSettings {
    /** Ids that our own container may have; a test runs in none. */
    ownContainerIds?: () => Promise<string[]>;
}

/** Images that Compose has built carry labels; a container that inherited them would count as one of the stack's own. */
export const NO_COMPOSE_LABELS: Readonly<Record<string, string>> = { "com.docker.compose.project": "", "com.docker.compose.service": "", "com.docker.compose.version": "" };

/** Part of what the Engine tells of a container's mounts: the place on the host, and the one inside. */
export interface ContainerMount {
    Source: string;
    Destination: string;
}

/** The container that this server runs in, as the Engine knows it. */
export class OwnContainer {
    readonly #settings: OwnContainerSettings;
    readonly #docker: DockerApi;
    #found: Dockerode.ContainerInspectInfo | null = null;

    constructor(settings: OwnContainerSettings) {
        this.#settings = settings;
        this.#docker = new DockerApi(settings);
    }

    /** null on a host, where the Engine is not asked. What was found once stays: neither image nor mounts of a container change. @throws DOCKER_UNAVAILABLE */
    async find(): Promise<Dockerode.ContainerInspectInfo | null> {
        if (this.#found === null) {
            for (const id of await (this.#settings.ownContainerIds ?? readOwnContainerIds)()) {
                this.#found ??= await answer(this.#docker.opened.getContainer(id).inspect(), (status) => (status === 404 ? null : undefined));
            }
        }
        return this.#found;
    }

    /** Where the Engine finds a folder of ours; null when only this container can see it. @throws DOCKER_UNAVAILABLE */
    async hostPath(directory: string): Promise<string | null> {
        const own = await this.find();
        return own === null ? directory : hostPathOf(directory, own.Mounts);
    }
}

/** The path on the host of a path inside of a container; null when no mount leads there. */
export function hostPathOf(directory: string, mounts: readonly ContainerMount[]): string | null {
    const [mount] = mounts
        .filter(({ Destination }) => isBelow(directory, Destination))
        .sort((a, b) => b.Destination.length - a.Destination.length);
    return mount === undefined || mount.Source === "" ? null : path.join(mount.Source, path.relative(mount.Destination, directory));
}

function isBelow(directory: string, ancestor: string): boolean {
    const relative = path.relative(ancestor, directory);
    return relative === "" || (relative !== ".." && !relative.startsWith("../"));
}
