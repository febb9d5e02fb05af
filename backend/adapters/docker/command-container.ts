import { json } from "node:stream/consumers";
import { finished } from "node:stream/promises";
import type { Duplex } from "node:stream";
import type Dockerode from "dockerode";
import { z } from "zod";
import { DeployError } from "../../domain/errors.ts";
import type { ProgressOptions } from "../../domain/ports.ts";
import { OutputTail } from "../exec-output.ts";
import { runProgram } from "../exec.ts";
import { commandContainerOptions, type ContainerCommand } from "./command-container-options.ts";
import { DockerApi } from "./docker-api.ts";
import { dockerUnavailable, limit, machineFailure, pullFailure } from "./docker-cli-failure.ts";
import { answer, lateAnswer } from "./docker-connection.ts";
import { dockerEnvironment, type DockerCliSettings } from "./docker-environment.ts";
import { FrameReader } from "./docker-log-frames.ts";
import { proxyVariables } from "./docker-proxies.ts";

/** Between SIGTERM and SIGKILL, as for a program on the host. */
const STOP_WITHIN_S = 5;
const waitAnswer = z.object({ StatusCode: z.number().int() });
const LEFT_BEHIND = "A container that was left behind is in the way. It is removed, and the command runs again.";

/** Runs commands in throw-away containers over the Engine's API: the CLI between would copy all that they print once more, and take longer to start than most of them run. */
export class CommandContainers {
    readonly #settings: DockerCliSettings;
    readonly #docker: DockerApi;

    constructor(settings: DockerCliSettings) {
        this.#settings = settings;
        this.#docker = new DockerApi(settings);
    }

    get #api(): Dockerode {
        return this.#docker.opened;
    }

    /**
     * An image that is not there is pulled. Nothing is left of the container, whatever happens.
     * @returns the exit code
     * @throws PULL_FAILED; COMMAND_FAILED when the container cannot be started; DOCKER_UNAVAILABLE; the signal's own reason when aborted
     */
    async run(command: ContainerCommand, options: ProgressOptions): Promise<number> {
        options.signal?.throwIfAborted();
        const env = { ...(await proxyVariables(this.#settings)), ...command.env };
        return await this.runContainer(commandContainerOptions({ ...command, env }), options);
    }

    /** The same for a container of any kind that ends by itself and is removed then (`AutoRemove`), with its output attached. */
    async runContainer(wanted: Dockerode.ContainerCreateOptions, options: ProgressOptions): Promise<number> {
        options.signal?.throwIfAborted();
        const { Image: image = "" } = wanted;
        const container = await this.#create(wanted, image, options);
        try {
            return await runToEnd(this.#docker, container, image, options);
        } catch (error) {
            // What went wrong first is what a person needs to know.
            await remove(container).catch(() => undefined);
            throw error;
        }
    }

    /** @returns whether there was a container of that name @throws DOCKER_UNAVAILABLE */
    async remove(name: string): Promise<boolean> {
        return await remove(this.#api.getContainer(name));
    }

    async #create(wanted: Dockerode.ContainerCreateOptions, image: string, options: ProgressOptions): Promise<Dockerode.Container> {
        const attempt = async () =>
            await answer<Dockerode.Container, "image missing" | "name taken">(this.#api.createContainer(wanted), (status, message) => {
                if (status === 404) {
                    return "image missing";
                }
                if (status === 409) {
                    return "name taken";
                }
                throw startFailure(image, message);
            });
        let created = await attempt();
        if (created === "image missing") {
            await this.#pull(image, options);
            created = await attempt();
        }
        if (created === "name taken" && wanted.name !== undefined) {
            // What a crash has left holds the name, and may still be at work. To look for it each time would cost more than most commands.
            options.onLines?.("out", LEFT_BEHIND);
            await this.remove(wanted.name);
            created = await attempt();
        }
        if (typeof created === "string") {
            throw startFailure(image, created);
        }
        return created;
    }

    /** By the CLI, which knows the logins of registries and shows its progress. */
    async #pull(image: string, { signal, onLines }: ProgressOptions): Promise<void> {
        const result = await runProgram("docker", ["pull", "--", image], {
            env: dockerEnvironment(this.#settings),
            ...(signal === undefined ? {} : { signal }),
            ...(onLines === undefined ? {} : { onLines }),
        });
        if (result.exitCode !== 0) {
            throw pullFailure(result, image);
        }
    }
}

async function runToEnd(docker: DockerApi, container: Dockerode.Container, image: string, { signal, onLines }: ProgressOptions): Promise<number> {
    // Asked before it starts: it is removed at its end, and its exit code with it.
    const ended = lateAnswer(exitCodeOf(docker, container.id), () => {
        throw new DeployError("COMMAND_FAILED", "The container of the command was removed before it could end. Deploy again.");
    });
    // Looked at below, unless something fails before.
    ended.catch(() => undefined);
    const stream = await answer<NodeJS.ReadWriteStream>(container.attach({ stream: true, stdout: true, stderr: true, hijack: true }));
    const stop = async () => void (await answer(container.stop({ t: STOP_WITHIN_S }), () => null));
    const start = async () => {
        signal?.throwIfAborted();
        await answer(container.start(), (_status, message) => {
            throw startFailure(image, message);
        });
        if (signal?.aborted === true) {
            await stop();
        }
    };
    const [exitCode] = await Promise.all([ended, readOutput(stream as Duplex, onLines), start(), failureOnAbort(stop, ended, signal)]);
    signal?.throwIfAborted();
    return exitCode;
}

/** Resolves when the container has ended and is removed: the Engine begins to answer at once, and ends when that is so. */
async function exitCodeOf(docker: DockerApi, id: string): Promise<number> {
    const answered = await docker.stream({ method: "POST", path: `/containers/${id}/wait?`, options: { condition: "removed" } });
    return waitAnswer.parse(await json(answered)).StatusCode;
}

/** Runs `action` when the signal comes before the end. Rejects only when the action does. */
async function failureOnAbort(action: () => Promise<void>, end: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
    await new Promise<void>((resolve, reject) => {
        const act = () => void action().catch(reject);
        const leave = () => {
            signal?.removeEventListener("abort", act);
            resolve();
        };
        signal?.addEventListener("abort", act, { once: true });
        end.then(leave, leave);
    });
}

async function readOutput(stream: Duplex, onLines: ProgressOptions["onLines"]): Promise<void> {
    const tails = { out: new OutputTail(0, (text) => onLines?.("out", text)), err: new OutputTail(0, (text) => onLines?.("err", text)) };
    const frames = new FrameReader((from, part) => tails[from].push(part));
    let refusal: { error: unknown } | null = null;
    stream.on("data", (chunk: Buffer) => {
        try {
            frames.push(chunk);
        } catch (error) {
            refusal = { error };
            stream.destroy();
        }
    });
    try {
        await finished(stream, { writable: false });
        tails.out.end();
        tails.err.end();
    } catch (error) {
        throw refusal === null ? dockerUnavailable(error) : (refusal as { error: unknown }).error;
    } finally {
        stream.destroy();
    }
}

/** Also when it is being removed already: its name is free afterwards. @returns whether it was there */
async function remove(container: Dockerode.Container): Promise<boolean> {
    const outcome = await answer(container.remove({ force: true, v: true }).then(() => "removed"), (status) => (status === 404 ? "not there" : status === 409 ? "being removed" : undefined));
    if (outcome === "being removed") {
        await answer<unknown, null>(container.wait({ condition: "removed" }), (status) => (status === 404 ? null : undefined));
    }
    return outcome !== "not there";
}

function startFailure(image: string, message: string): DeployError {
    return machineFailure({ stdout: "", stderr: message }) ?? new DeployError("COMMAND_FAILED", `The container of the image ${image} for build commands could not be started: ${limit(message)}`);
}
