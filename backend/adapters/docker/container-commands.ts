import { mkdir } from "node:fs/promises";
import path from "node:path";
import { DeployError } from "../../domain/errors.ts";
import type { Commands, ProgressOptions } from "../../domain/ports.ts";
import { interpreterArgv, runContainerArgv } from "./container-commands-argv.ts";
import { machineFailure, ownWords, pullFailure } from "./docker-cli-failure.ts";
import { byEnvironment, dockerEnvironment, type DockerCliSettings } from "./docker-environment.ts";
import { runProgram, type ExecResult } from "../exec.ts";

type CommandInput = Parameters<Commands["run"]>[0];

/** `docker run` ends with this when the container could not even be started. */
const DOCKER_FAILED = 125;
const REMOVE_WITHIN_MS = 30_000;
const SHOWN_LENGTH = 100;
/** Of a command's output only what Docker itself says is looked at; the log has the rest. */
const KEEP_BYTES = 64 * 1024;

/**
 * Runs what the operator typed into the settings. The text goes to the interpreter as one argument; nothing of a repository is ever part of it.
 * On the host HOME is `<scratchDirectory>/<runId>.home`, shared by the commands of one run and removed with its work directory.
 */
export class ContainerCommands implements Commands {
    readonly #settings: DockerCliSettings & { scratchDirectory: string };

    constructor(settings: DockerCliSettings & { scratchDirectory: string }) {
        this.#settings = settings;
    }

    async run(input: CommandInput, options: ProgressOptions): Promise<void> {
        const result = input.image === null ? await this.#onHost(input, options) : await this.#inContainer(input, input.image, options);
        if (result.exitCode !== 0) {
            throw commandFailure(input, result);
        }
    }

    async #onHost(input: CommandInput, options: ProgressOptions): Promise<ExecResult> {
        const home = path.join(this.#settings.scratchDirectory, `${input.runId}.home`);
        await mkdir(home, { recursive: true, mode: 0o700 });
        return await runProgram(input.interpreter === "bash" ? "/bin/bash" : "/bin/sh", interpreterArgv(input.interpreter, input.text), {
            ...progress(options),
            cwd: input.directory,
            env: { PATH: this.#settings.searchPath, HOME: home, LC_ALL: "C.UTF-8", ...input.env },
        });
    }

    async #inContainer(input: CommandInput, image: string, options: ProgressOptions): Promise<ExecResult> {
        const name = `gd-${input.runId}`;
        const values = byEnvironment("-e", Object.entries(input.env).map(([variable, value]) => ({ name: variable, value })));
        const argv = runContainerArgv({ ...input, image, name, environment: values.argv, user: owner() });
        const run = async () => await runProgram("docker", argv, { ...progress(options), env: { ...values.env, ...dockerEnvironment(this.#settings) } });
        try {
            const result = await run();
            if (!isNameTaken(result, name)) {
                return result;
            }
            // What a crash has left holds the name, and may still be at work. To look for it each time would cost more than most commands.
            options.onLines?.("out", "A container that was left behind is in the way. It is removed, and the command runs again.");
            await this.#remove(name);
            return await run();
        } catch (error) {
            // The container outlives the CLI that started it.
            await this.#remove(name);
            throw error;
        }
    }

    async #remove(name: string): Promise<void> {
        const result = await runProgram("docker", ["rm", "--force", name], { env: dockerEnvironment(this.#settings), timeoutMs: REMOVE_WITHIN_MS });
        const failure = result.exitCode === 0 ? null : machineFailure(result);
        if (failure !== null) {
            throw failure;
        }
    }
}

/** Of this container: a command may end and speak like Docker, too. Whoever tells of its own container only has himself run twice. */
function isNameTaken({ exitCode, stderr }: ExecResult, name: string): boolean {
    return exitCode === DOCKER_FAILED && stderr.toLowerCase().includes(`the container name "/${name.toLowerCase()}" is already in use`);
}

function progress(options: ProgressOptions): ProgressOptions & { maxKeepBytes: number } {
    return {
        maxKeepBytes: KEEP_BYTES,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        ...(options.onLines === undefined ? {} : { onLines: options.onLines }),
    };
}

/** Root in a container without capabilities cannot write into another user's folder, and leaves files that this server could not remove. */
function owner(): { uid: number; gid: number } | null {
    const uid = process.getuid?.() ?? 0;
    return uid === 0 ? null : { uid, gid: process.getgid?.() ?? uid };
}

export function commandFailure(input: Pick<CommandInput, "interpreter" | "text" | "image">, result: ExecResult): DeployError {
    if (input.image !== null && result.exitCode === DOCKER_FAILED && result.stderr.includes("docker: ")) {
        return machineFailure(result) ?? startFailure(input.image, result);
    }
    const what = input.interpreter === "bash" ? "The build script" : `The command "${shown(input.text)}"`;
    const how = result.exitCode === null ? "was killed" : `failed with exit code ${result.exitCode}`;
    const hint = result.exitCode === 127 ? ` A program that it calls is not installed ${input.image === null ? "on this server" : `in the image ${input.image}`}.` : "";
    return new DeployError("COMMAND_FAILED", `${what} ${how}.${hint} The log has its output.`, { details: { exitCode: result.exitCode } });
}

function startFailure(image: string, result: ExecResult): DeployError {
    if (/Unable to find image/.test(result.stderr)) {
        return pullFailure(result);
    }
    return new DeployError("COMMAND_FAILED", `The container of the image ${image} for build commands could not be started: ${shown(ownWords(result.stderr).at(-1) ?? "")}`);
}

function shown(text: string): string {
    const line = text.trim().replaceAll(/\s+/g, " ");
    return line.length <= SHOWN_LENGTH ? line : `${line.slice(0, SHOWN_LENGTH)}…`;
}
