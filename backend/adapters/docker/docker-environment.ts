import os from "node:os";
import path from "node:path";

export interface DockerCliSettings {
    /** Where programs are looked for, as in PATH. */
    searchPath: string;
    /** Path of the Engine's socket. */
    dockerSocket: string;
    /** Whose `.docker` folder holds the registry logins; default the server's own. */
    homeDirectory?: string;
}

/**
 * The whole environment of `docker` and `docker compose`.
 * DOCKER_HOST and DOCKER_CONFIG are always there: Compose takes over variables from a project's `.env` that are not set yet,
 * and a repository must not choose the Engine or the credentials. It also keeps the CLI on the Engine that the API client uses, whatever its context.
 */
export function dockerEnvironment(settings: DockerCliSettings): Record<string, string> {
    return {
        PATH: settings.searchPath,
        HOME: homeOf(settings),
        LC_ALL: "C",
        DOCKER_HOST: dockerHost(settings),
        DOCKER_CONFIG: dockerConfigDirectory(settings),
        DOCKER_BUILDKIT: "1",
    };
}

export function dockerHost(settings: Pick<DockerCliSettings, "dockerSocket">): string {
    return `unix://${settings.dockerSocket}`;
}

export function dockerConfigDirectory(settings: Pick<DockerCliSettings, "homeDirectory">): string {
    return path.join(homeOf(settings), ".docker");
}

function homeOf({ homeDirectory }: Pick<DockerCliSettings, "homeDirectory">): string {
    return homeDirectory ?? os.homedir();
}

/**
 * Names that mean something to the tool itself, so that a value for a build must not stand in its environment.
 * None of them names a secret, so that they may be written out; keep it so.
 */
const RESERVED_NAME =
    /^(?:PATH|HOME|PWD|TMPDIR|LC_ALL|LANG|LD_.*|GODEBUG|GOTRACEBACK|GOMEMLIMIT|GOMAXPROCS|SSL_CERT_(?:FILE|DIR)|COMPOSE_.*|BUILDX_.*|BUILDKIT_(?:PROGRESS|COLORS|HOST)|DOCKER_(?:HOST|CONFIG|CONTEXT|TLS|TLS_VERIFY|CERT_PATH|API_VERSION|BUILDKIT|CLI_.*|CONTENT_TRUST|CONTENT_TRUST_SERVER|DEFAULT_PLATFORM|CUSTOM_HEADERS))$/;

/**
 * Values for a build without showing them in the process list: the tool takes `--build-arg NAME` from its environment.
 * Names that would change the tool itself (PATH, DOCKER_HOST, …) are written out instead. Of a name given twice the last value counts.
 * @returns what to add to the arguments and to the environment
 */
export function buildArgsByEnvironment(values: readonly { name: string; value: string }[]): { argv: string[]; env: Record<string, string> } {
    const byName = new Map(values.map(({ name, value }) => [name, value]));
    const argv: string[] = [];
    const env: Record<string, string> = {};
    for (const [name, value] of byName) {
        if (RESERVED_NAME.test(name)) {
            argv.push("--build-arg", `${name}=${value}`);
        } else {
            argv.push("--build-arg", name);
            env[name] = value;
        }
    }
    return { argv, env };
}
