import { createRequire } from "node:module";
import type { Readable } from "node:stream";
import type Dockerode from "dockerode";
import type { DockerCliSettings } from "./docker-environment.ts";

const load = createRequire(import.meta.url);

interface StreamRequest {
    method: "GET" | "POST";
    /** With a `?` at its end, for `options` to become the query. */
    path: string;
    options: Record<string, unknown>;
}

/** The part of docker-modem that is used here; dockerode does not type it. */
interface Modem {
    dial(request: StreamRequest & { isStream: true; statusCodes: Record<number, true> }, done: (error: Error | null, stream: Readable) => void): void;
}

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

    /**
     * The answer as it comes. What dockerode collects is in memory whole, and never settles when the Engine goes away in the middle of it.
     * @throws what docker-modem says, with a `statusCode` when the Engine has answered
     */
    async stream(request: StreamRequest): Promise<Readable> {
        const modem = this.opened.modem as Modem;
        return await new Promise((resolve, reject) => {
            modem.dial({ ...request, isStream: true, statusCodes: { 200: true } }, (error, stream) => (error === null ? resolve(stream) : reject(error)));
        });
    }
}
