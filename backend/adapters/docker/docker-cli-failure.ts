import { DeployError } from "../../domain/errors.ts";
import type { ExecResult } from "../exec.ts";

/** Reads what `docker` and `docker compose` (27 and 28, Compose 2.26) print when they fail. They have no error codes. */

const DAEMON_AWAY = /cannot connect to the docker daemon|is the docker daemon running|error during connect|dial unix .*(?:no such file|connection refused|permission denied)|permission denied while trying to connect to the docker (?:daemon|api)/i;
const DISK_FULL = /no space left on device|disk quota exceeded/i;
/** Each network takes a range of addresses, and the Engine comes with about thirty. Newer Engines say the second. */
const NETWORKS_EXHAUSTED = /non-overlapping IPv[46] address pool|all predefined address pools have been fully subnetted/i;
/** The registry or the way to it, not the request, is at fault. */
const NETWORK = /dial tcp|no such host|i\/o timeout|tls handshake timeout|connection reset|connection refused|unexpected eof|toomanyrequests|too many requests|service unavailable|bad gateway|gateway time-?out|context deadline exceeded|server misbehaving|temporary failure/i;
/** The registry answered: there is no such image, or not for us. */
const REFUSED = /manifest unknown|manifest for .* not found|repository does not exist|name unknown|access denied|access forbidden|\bdenied:|unauthorized|authentication required|no basic auth credentials|invalid reference format|no matching manifest|: not found/i;

/** Lines that a build step itself printed: `#5 0.162 text`, and the excerpt `0.162 text` under the error. */
const BUILD_STEP_LINE = /^#\d+ /;
const EXCERPT_LINE = /^\d+\.\d+ /;
const SEPARATOR = /^-{4,}$/;
/** Warnings of the CLI and of Compose; progress of Compose. */
const NOISE = /^time="[^"]*" level=warning|^\s*(?:Network|Container|Volume|Image) \S+\s+\w+\s*$|^\s*\S+ Pulling\s*$|^Run 'docker .*--help'/;

/** The tool's own words, without step output, warnings and progress. */
export function ownWords(output: string): string[] {
    return output
        .split("\n")
        .map((line) => line.trimEnd())
        .filter((line) => line.trim() !== "" && !BUILD_STEP_LINE.test(line) && !EXCERPT_LINE.test(line) && !SEPARATOR.test(line) && !line.startsWith(" > ") && !NOISE.test(line))
        .map((line) => line.trim().replace(/^(?:ERROR|Error response from daemon|docker|Error): /, ""));
}

/** DOCKER_UNAVAILABLE, NETWORKS_EXHAUSTED or DISK_FULL when the tool says so, else null. */
export function machineFailure(result: Pick<ExecResult, "stdout" | "stderr">): DeployError | null {
    // What a build step prints on standard output cannot pretend that the Engine is away.
    const words = ownWords(result.stderr);
    if (words.some((line) => DAEMON_AWAY.test(line))) {
        return dockerUnavailable(new Error(result.stderr.trim()));
    }
    if (words.some((line) => NETWORKS_EXHAUSTED.test(line))) {
        return networksExhausted(new Error(result.stderr.trim()));
    }
    if (DISK_FULL.test(lastLines(result.stderr, 20)) || DISK_FULL.test(lastLines(result.stdout, 20))) {
        return new DeployError("DISK_FULL", "The disk of the Docker Engine is full. Free some space (docker system df shows what takes it) and try again.");
    }
    return null;
}

function networksExhausted(cause: unknown): DeployError {
    return new DeployError(
        "NETWORKS_EXHAUSTED",
        "The Docker Engine has no addresses left for another network. Remove networks that nothing uses (docker network prune), or give the Engine more with default-address-pools in its daemon.json, then try again.",
        { cause },
    );
}

export function dockerUnavailable(cause: unknown): DeployError {
    return new DeployError("DOCKER_UNAVAILABLE", "The Docker Engine does not answer. Check that it runs and that this server may use its socket.", { cause });
}

/** @returns the error with the step that failed and the last lines that it printed */
export function buildFailure(result: Pick<ExecResult, "stdout" | "stderr" | "exitCode">): DeployError {
    const machine = machineFailure(result);
    if (machine !== null) {
        return machine;
    }
    const reason = ownWords(result.stderr).at(-1)?.replace(/^failed to solve: (?:rpc error: code = \w+ desc = failed to solve with frontend \S+ failed to create LLB definition: )?/, "");
    const printed = excerpt(`${result.stdout}\n${result.stderr}`);
    const words = [reason ?? `exit code ${result.exitCode}`, ...(printed.length > 0 ? [`It printed last: ${printed.join(" / ")}`] : [])];
    return new DeployError("BUILD_FAILED", `The build failed: ${limit(words.join(". "))}`, {
        isRetryable: reason !== undefined && NETWORK.test(reason) && !/executor failed running|did not complete successfully/.test(reason),
        details: { lastLines: printed },
    });
}

/**
 * Whether the same pull may succeed later: not when the registry says that there is no such image or that we may not have it.
 * @param image its name, where a single one was pulled: an Engine that does not reach the registry names the registry alone
 */
export function pullFailure(result: Pick<ExecResult, "stdout" | "stderr" | "exitCode">, image?: string): DeployError {
    const machine = machineFailure(result);
    if (machine !== null) {
        return machine;
    }
    const reason = ownWords(result.stderr).at(-1) ?? `exit code ${result.exitCode}`;
    const isRefused = REFUSED.test(reason) && !NETWORK.test(reason);
    const advice = isRefused ? "Check the image's name and tag, and that this server is logged in to its registry." : "Check the network and the registry; it can be tried again.";
    return new DeployError("PULL_FAILED", `${image === undefined ? "An image" : `The image ${image}`} could not be pulled: ${limit(reason)}. ${advice}`, { isRetryable: !isRefused });
}

/** The output of the failed step, from the excerpt that BuildKit prints between two rules, or of the last step. */
function excerpt(output: string): string[] {
    const lines = output.split("\n");
    const between = lines.filter((line) => EXCERPT_LINE.test(line)).map((line) => line.replace(EXCERPT_LINE, ""));
    const steps = lines.map((line) => /^#\d+ \d+\.\d+ (.*)$/.exec(line)?.[1]).filter((line) => line !== undefined);
    return (between.length > 0 ? between : steps).map((line) => line.trim()).filter((line) => line !== "").slice(-5);
}

function lastLines(text: string, count: number): string {
    return text.split("\n").slice(-count).join("\n");
}

const MAX_MESSAGE_LENGTH = 1000;

export function limit(text: string): string {
    return text.length <= MAX_MESSAGE_LENGTH ? text : `${text.slice(0, MAX_MESSAGE_LENGTH)}…`;
}
