import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { DeployError } from "../../../domain/errors.ts";

/** The translation's own time grows with the square of the command's length, so it gets a thread and an end. */
const TIME_LIMIT_MS = 5_000;
const MEMORY_LIMIT_MB = 128;
/** What the library puts where a project's name would be; the folder names the project. */
const PLACEHOLDER_LINE = /^name: <your project name>\n?/m;
/** The library's name for a service of which it could not even find the image. */
const NO_IMAGE = "!!!invalid!!!";
/** How a command looks when it was copied out of a terminal or of instructions. */
const PROMPT = /^[ \t]*(?:[$#>][ \t]+)?(?:sudo[ \t]+)?(?=(?:docker|podman)\b)/gm;

/** Text instead of a file: the same in the build, in development and in tests, which each have other file names. */
const PROGRAM = `
const { parentPort, workerData } = require("node:worker_threads");
try {
    const composerize = require(workerData.library);
    parentPort.postMessage({ text: composerize(workerData.command, "", "latest") });
} catch (error) {
    parentPort.postMessage({ failure: String(error && error.message || error) });
}`;

type Outcome = { text: string } | { failure: string };

/** One translation at a time, so that nobody occupies every processor with them. */
export class Composerizer {
    #last: Promise<unknown> = Promise.resolve();

    /** @throws INPUT_INVALID, EXEC_TIMEOUT */
    async run(command: string): Promise<string> {
        const mine = this.#last.then(() => composerize(command));
        this.#last = mine.catch(() => undefined);
        return await mine;
    }
}

/**
 * From one or more `docker run` commands to the text of a compose file.
 * @throws INPUT_INVALID, EXEC_TIMEOUT
 */
export async function composerize(command: string, timeLimitMs = TIME_LIMIT_MS): Promise<string> {
    const outcome = await translate(command.replace(PROMPT, ""), timeLimitMs);
    if ("failure" in outcome) {
        const isNoCommand = outcome.failure.includes("must have at least a valid docker");
        throw new DeployError("INPUT_INVALID", isNoCommand ? "Paste a whole command that begins with docker run." : `This could not be read as docker run: ${firstLine(outcome.failure)}`);
    }
    if (outcome.text.includes(NO_IMAGE)) {
        throw new DeployError("INPUT_INVALID", "The command names no image, or has an option that is not known. Paste the whole docker run command.");
    }
    return outcome.text.replace(PLACEHOLDER_LINE, "");
}

async function translate(command: string, timeLimitMs: number): Promise<Outcome> {
    const library = createRequire(import.meta.url).resolve("composerize");
    const worker = new Worker(PROGRAM, { eval: true, workerData: { library, command }, env: {}, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: MEMORY_LIMIT_MB } });
    let timer: NodeJS.Timeout | undefined;
    try {
        return await new Promise<Outcome>((resolve, reject) => {
            const tooLong = () => reject(new DeployError("EXEC_TIMEOUT", "The command is too complicated to be translated. Write the compose file by hand."));
            timer = setTimeout(tooLong, timeLimitMs);
            worker.once("message", resolve);
            // Out of its memory, or broken by the input.
            worker.once("error", tooLong);
        });
    } finally {
        clearTimeout(timer);
        await worker.terminate();
    }
}

function firstLine(text: string): string {
    return (text.split("\n")[0] ?? "").slice(0, 300);
}
