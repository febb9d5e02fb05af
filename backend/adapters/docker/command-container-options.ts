import type Dockerode from "dockerode";

/** Where a command's folder appears in its container. */
const WORKSPACE = "/workspace";
const MAX_PROCESSES = 4096;
/** Value: the deployment that a container works for. */
const RUN_LABEL = "dockge-git-deploy.run";

export interface ContainerCommand {
    name: string;
    runId: string;
    image: string;
    directory: string;
    interpreter: "sh" | "bash";
    text: string;
    env: Record<string, string>;
    /** Whom the files that the command makes belong to; null: root, as this server. */
    user: { uid: number; gid: number } | null;
}

/** How each interpreter stops at the first failing command. */
export function interpreterArgv(interpreter: "sh" | "bash", text: string): string[] {
    return interpreter === "bash" ? ["-e", "-o", "pipefail", "-c", text] : ["-e", "-c", text];
}

/** A throw-away container that sees its folder and nothing else of this machine. */
export function commandContainerOptions(command: ContainerCommand): Dockerode.ContainerCreateOptions {
    return {
        name: command.name,
        Image: command.image,
        // The image's own entrypoint is made for its service, not for a build command.
        Entrypoint: [command.interpreter],
        Cmd: interpreterArgv(command.interpreter, command.text),
        Env: Object.entries(command.env).map(([name, value]) => `${name}=${value}`),
        WorkingDir: WORKSPACE,
        Labels: { [RUN_LABEL]: command.runId },
        AttachStdout: true,
        AttachStderr: true,
        ...(command.user === null ? {} : { User: `${command.user.uid}:${command.user.gid}` }),
        HostConfig: {
            AutoRemove: true,
            Init: true,
            // What it prints goes to the deployment's log, masked. Docker would also write it as it is to a file of its own, at twice the cost of handing it on.
            LogConfig: { Type: "none", Config: {} },
            Mounts: [{ Type: "bind", Source: command.directory, Target: WORKSPACE }],
            CapDrop: ["ALL"],
            SecurityOpt: ["no-new-privileges"],
            PidsLimit: MAX_PROCESSES,
        },
    };
}
