import path from "node:path";
import { DeployError } from "../../domain/errors.ts";
import { limit, machineFailure, ownWords } from "./docker-cli-failure.ts";
import type { ExecResult } from "../exec.ts";

/** COMPOSE_MISSING for a file that is not there, else COMPOSE_INVALID with Compose's own words; paths relative to the project. */
export function configFailure(result: ExecResult, directory: string, files: readonly string[]): DeployError {
    const machine = machineFailure(result);
    if (machine !== null) {
        return machine;
    }
    const words = composeWords(result, directory);
    if (/no configuration file provided/.test(words)) {
        return composeMissing(files);
    }
    const missing = /^(?:open|stat) (.+): no such file or directory$/.exec(words)?.[1];
    if (missing !== undefined && files.some((file) => path.normalize(file) === missing)) {
        return composeMissing([missing]);
    }
    return new DeployError("COMPOSE_INVALID", `Docker Compose does not accept the compose file: ${limit(words)}`);
}

export function composeMissing(files: readonly string[]): DeployError {
    return files.length === 0
        ? new DeployError("COMPOSE_MISSING", "There is no compose file (compose.yaml, compose.yml, docker-compose.yaml or docker-compose.yml). Add one, or set where it lies.")
        : new DeployError("COMPOSE_MISSING", `The compose file ${files.join(", ")} is not there. Check its path and its spelling.`);
}

export function upFailure(result: ExecResult, directory: string): DeployError {
    return machineFailure(result) ?? invalidModel(result, directory) ?? new DeployError("UP_FAILED", `The stack could not be started: ${limit(composeWords(result, directory))}`);
}

export function actFailure(action: string, result: ExecResult, directory: string): DeployError {
    return machineFailure(result) ?? invalidModel(result, directory) ?? new DeployError("EXEC_FAILED", `docker compose ${action} failed: ${limit(composeWords(result, directory))}`);
}

/** Compose 2.26 exits with 14 or 15 when the model itself is at fault, before it does anything. */
function invalidModel(result: ExecResult, directory: string): DeployError | null {
    const words = composeWords(result, directory);
    return /^validating |^yaml: |: invalid compose project$|^error while interpolating /.test(words) || /no configuration file provided/.test(words)
        ? configFailure(result, directory, [])
        : null;
}

function composeWords(result: ExecResult, directory: string): string {
    const lines = ownWords(result.stderr);
    const words = lines.length > 0 ? lines.slice(-3).join(" / ") : `exit code ${result.exitCode}`;
    return words.replaceAll(`${directory.replace(/\/+$/, "")}/`, "");
}
