import { createRequire } from "node:module";
import type Dockerode from "dockerode";
import type { DockerCliSettings } from "./docker-environment.ts";

const load = createRequire(import.meta.url);

/**
 * dockerode brings gRPC along for BuildKit's sessions, which takes as long to load as a third of this server. So it is loaded when the
 * Engine is first asked for something, and the server can listen before.
 */
export class DockerApi {
    readonly #socketPath: string;
    #opened: Dockerode | null = null;

    constructor({ dockerSocket }: Pick<DockerCliSettings, "dockerSocket">) {
        this.#socketPath = dockerSocket;
    }

    get opened(): Dockerode {
        this.#opened ??= new (load("dockerode") as typeof Dockerode)({ socketPath: this.#socketPath });
        return this.#opened;
    }
}
