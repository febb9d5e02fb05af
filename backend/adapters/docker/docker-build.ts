import path from "node:path";
import { stat } from "node:fs/promises";
import { DeployError } from "../../domain/errors.ts";
import type { Docker, ProgressOptions } from "../../domain/ports.ts";
import { buildFailure } from "./docker-cli-failure.ts";
import { buildArgsByEnvironment, dockerEnvironment, type DockerCliSettings } from "./docker-environment.ts";
import { runProgram } from "../exec.ts";

export type ImageBuild = Parameters<Docker["build"]>[0];

export function buildImageArgv(input: Omit<ImageBuild, "buildArgs">, buildArgs: readonly string[]): string[] {
    return [
        "build",
        "--progress",
        "plain",
        "--file",
        path.resolve(input.directory, input.dockerfile),
        ...input.tags.flatMap((tag) => ["--tag", tag]),
        ...buildArgs,
        ...(input.isNoCache ? ["--no-cache"] : []),
        "--",
        input.directory,
    ];
}

/** Builds with BuildKit through the CLI, whose progress people can read; the API's is an encoded trace. @throws DOCKERFILE_MISSING, BUILD_FAILED */
export async function buildImage(settings: DockerCliSettings, input: ImageBuild, options: ProgressOptions): Promise<void> {
    const isFile = await stat(path.resolve(input.directory, input.dockerfile)).then((stats) => stats.isFile(), () => false);
    if (!isFile) {
        throw new DeployError("DOCKERFILE_MISSING", `There is no ${input.dockerfile} in the repository. Add it, or set where the Dockerfile lies.`);
    }
    const args = buildArgsByEnvironment(input.buildArgs);
    const result = await runProgram("docker", buildImageArgv(input, args.argv), {
        // A builder of somebody's own choice would not leave the image in the Engine.
        env: { ...args.env, ...dockerEnvironment(settings), BUILDX_BUILDER: "default" },
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        ...(options.onLines === undefined ? {} : { onLines: options.onLines }),
    });
    if (result.exitCode !== 0) {
        throw buildFailure(result);
    }
}
