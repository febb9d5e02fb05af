import path from "node:path";
import { DeployError } from "../../domain/errors.ts";
import { runProgram, type ExecOptions, type ExecResult } from "../exec.ts";
import { dockerEnvironment, type DockerCliSettings } from "./docker-environment.ts";

/**
 * Set by the docker CLI for the plugins that it starts; without it Compose takes itself for the old `docker-compose`.
 * @see https://github.com/docker/cli/blob/v20.10.24/cli-plugins/manager/manager.go (ReexecEnvvar)
 */
const CALLED_AS_PLUGIN = { DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: "docker" };
const ASK_TIMEOUT_MS = 5000;
/** Prints where the CLI would start Compose from, and nothing when it has none. */
const WHERE_ARGV = ["info", "--format", '{{range .ClientInfo.Plugins}}{{if eq .Name "compose"}}{{.Path}}{{end}}{{end}}'];

/**
 * Compose, started as `docker compose` starts it, without the CLI in between: the CLI runs it twice, the first time only to ask what it is,
 * which takes longer than a whole `config`. The CLI is asked once where it has Compose from; where it does not tell, it is called itself.
 */
export class ComposeProgram {
    readonly #settings: DockerCliSettings;
    /** Promise of the plugin's path; null: not known, the CLI is called. */
    #plugin: Promise<string | null> | null = null;

    constructor(settings: DockerCliSettings) {
        this.#settings = settings;
    }

    /** @param argv as for `docker`, with the word `compose` in front. @throws as `runProgram` */
    async run(argv: readonly string[], options: Omit<ExecOptions, "env">, env: Record<string, string> = {}): Promise<ExecResult> {
        this.#plugin ??= this.#find();
        const whole = { ...options, env: { ...env, ...dockerEnvironment(this.#settings) } };
        const plugin = await this.#plugin;
        if (plugin !== null) {
            try {
                return await runProgram(plugin, argv, { ...whole, env: { ...whole.env, ...CALLED_AS_PLUGIN } });
            } catch (error) {
                // It lies elsewhere since an upgrade: nothing has been started yet.
                if (!(error instanceof DeployError) || error.code !== "EXEC_FAILED") {
                    throw error;
                }
                this.#plugin = null;
            }
        }
        return await runProgram("docker", argv, whole);
    }

    /** An Engine that hangs keeps old CLIs from answering: then it is asked again the next time. */
    async #find(): Promise<string | null> {
        try {
            const { exitCode, stdout } = await runProgram("docker", WHERE_ARGV, { env: dockerEnvironment(this.#settings), timeoutMs: ASK_TIMEOUT_MS });
            const found = stdout.trim();
            return exitCode === 0 && path.isAbsolute(found) && !found.includes("\n") ? found : null;
        } catch {
            this.#plugin = null;
            return null;
        }
    }
}
