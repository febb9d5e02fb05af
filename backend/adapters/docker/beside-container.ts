import type Dockerode from "dockerode";
import { DeployError } from "../../domain/errors.ts";
import { DockerApi } from "./docker-api.ts";
import { answer } from "./docker-connection.ts";
import { dockerEnvironment } from "./docker-environment.ts";
import { NO_COMPOSE_LABELS, OwnContainer, type OwnContainerSettings } from "./own-container.ts";

const BESIDE_LABEL = "git-deploy.beside";

export interface BesideSettings extends OwnContainerSettings {
    /** The program that is run; a test's image has no docker. */
    program?: string;
}

/**
 * A container beside our own, of the same image and with the same mounts, in which a `docker` command outlives us.
 * It is kept when it has ended, so that `docker logs` tells how it went; the next one takes its place.
 */
export class BesideContainer {
    readonly #settings: BesideSettings;
    readonly #docker: DockerApi;
    readonly #ownContainer: OwnContainer;

    constructor(settings: BesideSettings) {
        this.#settings = settings;
        this.#docker = new DockerApi(settings);
        this.#ownContainer = new OwnContainer(settings);
    }

    get #api(): Dockerode {
        return this.#docker.opened;
    }

    /** Returns when the command has begun, with the name of its container. @throws STACK_BUSY while the one before still runs */
    async run(argv: readonly string[]): Promise<string> {
        const own = await this.#own();
        const name = `${own.Name.replace(/^\//, "")}-beside`;
        await this.#clear(name);
        const { User, Image: imageName } = own.Config;
        // The Engine answers null for what is not set; the types know no null, and of GroupAdd only that it may be anything.
        const { GroupAdd, SecurityOpt } = own.HostConfig as { GroupAdd?: string[] | null; SecurityOpt?: string[] | null };
        const container = await answer(
            this.#api.createContainer({
                name,
                // By its id: the name may mean a newer image by now, which is not tried yet.
                Image: own.Image,
                Entrypoint: [this.#settings.program ?? "docker"],
                Cmd: [...argv],
                Env: Object.entries(dockerEnvironment(this.#settings)).map(([key, value]) => `${key}=${value}`),
                User,
                WorkingDir: "/",
                Labels: { ...NO_COMPOSE_LABELS, [BESIDE_LABEL]: imageName },
                Healthcheck: { Test: ["NONE"] },
                HostConfig: { VolumesFrom: [own.Id], NetworkMode: "none", GroupAdd: GroupAdd ?? [], SecurityOpt: SecurityOpt ?? [] },
            }),
        );
        await answer(container.start());
        return name;
    }

    async #own(): Promise<Dockerode.ContainerInspectInfo> {
        const info = await this.#ownContainer.find();
        if (info === null) {
            throw new DeployError("INTERNAL", "The container that this server runs in was not found.");
        }
        return info;
    }

    async #clear(name: string): Promise<void> {
        const former = this.#api.getContainer(name);
        const info = await answer(former.inspect(), (status) => (status === 404 ? null : undefined));
        if (info === null) {
            return;
        }
        if (info.Config.Labels[BESIDE_LABEL] === undefined) {
            throw new DeployError("STACK_BUSY", `The container ${name} is not this server's, and has the name that it needs. Rename or remove it, then try again.`);
        }
        if (info.State.Running) {
            throw new DeployError("STACK_BUSY", `The container ${name} is still at work on this server's own stack. Wait for its end; docker logs ${name} shows it.`);
        }
        await answer(former.remove(), (status) => (status === 404 ? null : undefined));
    }
}
