import { mkdir } from "node:fs/promises";
import path from "node:path";
import { DeployError } from "../../domain/errors.ts";
import type { Commands, LeftCommands, ProgressOptions } from "../../domain/ports.ts";
import { runProgram } from "../exec.ts";
import { CommandContainers } from "./command-container.ts";
import { interpreterArgv } from "./command-container-options.ts";
import { OwnContainer, type OwnContainerSettings } from "./own-container.ts";

type CommandInput = Parameters<Commands["run"]>[0];

const SHOWN_LENGTH = 100;
/** Nobody looks at it: the log has what a command prints. */
const KEEP_BYTES = 64 * 1024;

/**
 * Runs what the operator typed into the settings. The text goes to the interpreter as one argument; nothing of a repository is ever part of it.
 * On the host HOME is `<scratchDirectory>/<runId>.home`, shared by the commands of one run and removed with its work directory.
 */
export class ContainerCommands implements Commands, LeftCommands {
    readonly #settings: OwnContainerSettings & { scratchDirectory: string };
    readonly #containers: CommandContainers;
    readonly #ownContainer: OwnContainer;

    constructor(settings: OwnContainerSettings & { scratchDirectory: string }) {
        this.#settings = settings;
        this.#containers = new CommandContainers(settings);
        this.#ownContainer = new OwnContainer(settings);
    }

    async run(input: CommandInput, options: ProgressOptions): Promise<void> {
        const exitCode = input.image === null ? await this.#onHost(input, options) : await this.#inContainer(input, input.image, options);
        if (exitCode !== 0) {
            throw commandFailure(input, exitCode);
        }
    }

    async endLeft(runId: string): Promise<boolean> {
        return await this.#containers.remove(containerName(runId));
    }

    async #onHost(input: CommandInput, options: ProgressOptions): Promise<number | null> {
        const home = path.join(this.#settings.scratchDirectory, `${input.runId}.home`);
        await mkdir(home, { recursive: true, mode: 0o700 });
        const { exitCode } = await runProgram(input.interpreter === "bash" ? "/bin/bash" : "/bin/sh", interpreterArgv(input.interpreter, input.text), {
            ...progress(options),
            cwd: input.directory,
            env: { PATH: this.#settings.searchPath, HOME: home, LC_ALL: "C.UTF-8", ...input.env },
        });
        return exitCode;
    }

    async #inContainer(input: CommandInput, image: string, options: ProgressOptions): Promise<number> {
        // The Engine looks for it on the host, where the folder of a server in a container has another path.
        const directory = await this.#ownContainer.hostPath(input.directory);
        if (directory === null) {
            throw new DeployError("COMMAND_FAILED", `No container can be given ${input.directory}, which lies in this server's own container. Mount the data folder from the host or from a volume.`);
        }
        return await this.#containers.run({ ...input, directory, image, name: containerName(input.runId), user: owner() }, options);
    }
}

function containerName(runId: string): string {
    return `gd-${runId}`;
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

/** @param exitCode null when a signal ended it */
export function commandFailure(input: Pick<CommandInput, "interpreter" | "text" | "image">, exitCode: number | null): DeployError {
    const what = input.interpreter === "bash" ? "The build script" : `The command "${shown(input.text)}"`;
    const how = exitCode === null ? "was killed" : `failed with exit code ${exitCode}`;
    const hint = exitCode === 127 ? ` A program that it calls is not installed ${input.image === null ? "on this server" : `in the image ${input.image}`}.` : "";
    return new DeployError("COMMAND_FAILED", `${what} ${how}.${hint} The log has its output.`, { details: { exitCode } });
}

function shown(text: string): string {
    const line = text.trim().replaceAll(/\s+/g, " ");
    return line.length <= SHOWN_LENGTH ? line : `${line.slice(0, SHOWN_LENGTH)}…`;
}
