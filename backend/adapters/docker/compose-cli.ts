import { readdir } from "node:fs/promises";
import { DeployError } from "../../domain/errors.ts";
import type { Compose, ComposeAction, ComposeModel, ComposeProject, ProgressOptions } from "../../domain/ports.ts";
import { actArgv, buildArgv, configArgv, pullArgv, upArgv } from "./compose-cli-argv.ts";
import { actFailure, composeMissing, configFailure, upFailure } from "./compose-cli-failure.ts";
import { buildFailure, pullFailure } from "./docker-cli-failure.ts";
import { ComposeProgram } from "./compose-program.ts";
import { buildArgsByEnvironment, type DockerCliSettings } from "./docker-environment.ts";
import type { ExecOptions } from "../exec.ts";

const DEFAULT_FILES: ReadonlySet<string> = new Set(["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"]);
/** A rendered model is JSON and must arrive whole. */
const MAX_MODEL_LENGTH = 32 * 1024 * 1024;

/**
 * `docker compose` as a program. Every method throws DOCKER_UNAVAILABLE when the Engine does not answer, and the signal's own reason when aborted.
 * `build` and `pull` act on the named services only: an empty list does nothing.
 */
export class ComposeCli implements Compose {
    readonly #program: ComposeProgram;

    constructor(settings: DockerCliSettings) {
        this.#program = new ComposeProgram(settings);
    }

    async config(project: ComposeProject, options: { shouldInterpolate?: boolean; signal?: AbortSignal } = {}): Promise<ComposeModel> {
        await requireComposeFile(project);
        const result = await this.#program.run(configArgv(project, options.shouldInterpolate ?? true), { ...inFolder(project, options), maxKeepBytes: MAX_MODEL_LENGTH }, ownVariables(project));
        if (result.exitCode !== 0) {
            throw configFailure(result, project.directory, project.files);
        }
        return parseModel(result.stdout);
    }

    async build(project: ComposeProject, services: string[], options: ProgressOptions & { buildArgs: { name: string; value: string }[]; shouldPull?: boolean }): Promise<void> {
        if (services.length === 0) {
            return;
        }
        const args = buildArgsByEnvironment(options.buildArgs);
        const result = await this.#program.run(buildArgv(project, services, args.argv, options.shouldPull), inFolder(project, options), { ...args.env, ...ownVariables(project) });
        if (result.exitCode !== 0) {
            throw buildFailure(result);
        }
    }

    async pull(project: ComposeProject, services: string[], options: ProgressOptions): Promise<void> {
        if (services.length === 0) {
            return;
        }
        const result = await this.#program.run(pullArgv(project, services), inFolder(project, options), ownVariables(project));
        if (result.exitCode !== 0) {
            throw pullFailure(result);
        }
    }

    async up(project: ComposeProject, options: ProgressOptions & { shouldPull: boolean; services?: string[] }): Promise<void> {
        await requireComposeFile(project);
        const result = await this.#program.run(upArgv(project, options), inFolder(project, options), ownVariables(project));
        if (result.exitCode !== 0) {
            throw upFailure(result, project.directory);
        }
    }

    async act(project: ComposeProject, action: ComposeAction, options: ProgressOptions & { services?: string[] }): Promise<void> {
        await requireComposeFile(project);
        const result = await this.#program.run(actArgv(project, action, options.services), inFolder(project, options), ownVariables(project));
        if (result.exitCode !== 0) {
            throw actFailure(action, result, project.directory);
        }
    }
}

/** Compose 2 reads what an included file includes relative to the folder that it is started in. */
function inFolder(project: ComposeProject, options: ProgressOptions): Omit<ExecOptions, "env"> {
    return {
        cwd: project.directory,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        ...(options.onLines === undefined ? {} : { onLines: options.onLines }),
    };
}

/** Newer versions set it to the folder that they are started in, which is another one while building than after the release. */
function ownVariables({ directory, stackDirectory = directory }: ComposeProject): Record<string, string> {
    return { PWD: stackDirectory };
}

/** Without this, Compose would go on to look for a file in the parent folders and act on somebody else's. @throws COMPOSE_MISSING */
async function requireComposeFile(project: ComposeProject): Promise<void> {
    if (project.files.length > 0) {
        return;
    }
    const names = await readdir(project.directory).catch(() => []);
    if (!names.some((name) => DEFAULT_FILES.has(name))) {
        throw composeMissing([]);
    }
}

function parseModel(text: string): ComposeModel {
    try {
        const model = JSON.parse(text) as ComposeModel;
        return { ...model, services: model.services ?? {} };
    } catch (error) {
        throw new DeployError("COMPOSE_INVALID", "Docker Compose printed a model that could not be read. Run docker compose config in the stack's folder to see it.", { cause: error });
    }
}
