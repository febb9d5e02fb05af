/** Where a command's folder appears in its container. */
const WORKSPACE = "/workspace";
const MAX_PROCESSES = 4096;

export interface ContainerCommand {
    name: string;
    runId: string;
    image: string;
    directory: string;
    interpreter: "sh" | "bash";
    text: string;
    /** `-e NAME` and the like. */
    environment: readonly string[];
    /** Whom the files that the command makes belong to; null: root, as this server. */
    user: { uid: number; gid: number } | null;
}

/** How each interpreter stops at the first failing command. */
export function interpreterArgv(interpreter: "sh" | "bash", text: string): string[] {
    return interpreter === "bash" ? ["-e", "-o", "pipefail", "-c", text] : ["-e", "-c", text];
}

/** A throw-away container that sees its folder and nothing else of this machine. */
export function runContainerArgv(command: ContainerCommand): string[] {
    return [
        "run",
        "--rm",
        "--init",
        // What it prints goes to the deployment's log, masked. Docker would also write it as it is to a file of its own, at twice the cost of handing it on.
        "--log-driver",
        "none",
        "--name",
        command.name,
        "--label",
        `dockge-git-deploy.run=${command.runId}`,
        "--mount",
        csv("type=bind", `source=${command.directory}`, `target=${WORKSPACE}`),
        "--workdir",
        WORKSPACE,
        "--cap-drop",
        "ALL",
        "--security-opt",
        "no-new-privileges",
        "--pids-limit",
        String(MAX_PROCESSES),
        ...(command.user === null ? [] : ["--user", `${command.user.uid}:${command.user.gid}`]),
        ...command.environment,
        // The image's own entrypoint is made for its service, not for a build command.
        "--entrypoint",
        command.interpreter,
        "--",
        command.image,
        ...interpreterArgv(command.interpreter, command.text),
    ];
}

/** `--mount` reads its value as a line of CSV, so a comma in a folder's name needs quotes. */
function csv(...fields: string[]): string {
    return fields.map((field) => (/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(",");
}
