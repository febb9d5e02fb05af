import path from "node:path";
import type { ComposeAction, ComposeProject } from "../../domain/ports.ts";

/**
 * Options of every call. Paths are absolute, so that no file name is taken for an option or for standard input (`-`).
 * Without files Compose looks for one in the project directory.
 */
export function composeArgv(project: ComposeProject): string[] {
    return [
        "compose",
        "--progress",
        "plain",
        "--ansi",
        "never",
        "--project-name",
        project.name,
        "--project-directory",
        project.directory,
        ...project.envFiles.flatMap((file) => ["--env-file", path.resolve(project.directory, file)]),
        ...project.files.flatMap((file) => ["-f", path.resolve(project.directory, file)]),
    ];
}

export function configArgv(project: ComposeProject, shouldInterpolate: boolean): string[] {
    return [...composeArgv(project), "config", "--format", "json", ...(shouldInterpolate ? [] : ["--no-interpolate"])];
}

export function buildArgv(project: ComposeProject, services: readonly string[], buildArgs: readonly string[], shouldPull = false): string[] {
    return [...composeArgv(project), "build", ...(shouldPull ? ["--pull"] : []), ...buildArgs, "--", ...services];
}

export function pullArgv(project: ComposeProject, services: readonly string[]): string[] {
    return [...composeArgv(project), "pull", "--", ...services];
}

export function upArgv(project: ComposeProject, options: { shouldPull: boolean; services?: string[] }): string[] {
    return [
        ...composeArgv(project),
        "up",
        "-d",
        "--no-build",
        "--remove-orphans",
        // Without it a service's own pull_policy decides, which may ask the network.
        ...(options.shouldPull ? [] : ["--pull", "never"]),
        "--",
        ...(options.services ?? []),
    ];
}

export function actArgv(project: ComposeProject, action: ComposeAction, services: readonly string[] = []): string[] {
    return [...composeArgv(project), action, ...(action === "down" ? ["--remove-orphans"] : []), ...(services.length === 0 ? [] : ["--", ...services])];
}
