import { DeployError } from "../../domain/errors.ts";
import type { Docker } from "../../domain/ports.ts";
import { isInside } from "./safe-files.ts";

/** What would stop or replace containers, and the command of Compose that does the same on the machine. */
const COMMANDS = {
    start: ["up -d"],
    stop: ["stop"],
    restart: ["restart"],
    down: ["down"],
    update: ["pull", "up -d"],
    build: ["build", "up -d"],
    deploy: ["up -d"],
    delete: ["down"],
} as const;

export type DisruptiveAction = keyof typeof COMMANDS;

/** Names of the Compose projects that an action may touch. */
export interface StackProjects {
    /** By the stack's files. */
    written: string;
    /** By the containers that were started from its folder. */
    running: string | null;
}

export interface OwnStackParts {
    docker: Pick<Docker, "ownProject">;
    dataDirectory: string;
    /** The folder of a stack. */
    path: (stack: string) => string;
    /** Whether Compose, asked to replace our own container, outlives it. What ends the server for good is refused all the same. */
    doesComposeOutliveUs: boolean;
}

/** After these nothing would start the server again. */
const FINAL: ReadonlySet<DisruptiveAction> = new Set(["stop", "down", "delete"]);

/**
 * The stack that this server itself runs in. Compose, started in here, would be ended together with our container, before it has
 * started the next one; nobody would be left to finish. And nobody could press *Start* after *Stop*.
 */
export class OwnStack {
    readonly #parts: OwnStackParts;

    constructor(parts: OwnStackParts) {
        this.#parts = parts;
    }

    /** @throws OWN_STACK with the command to run instead */
    async refuse(stack: string, action: DisruptiveAction, { written, running }: StackProjects): Promise<void> {
        const { docker, path, dataDirectory } = this.#parts;
        const folder = path(stack);
        if (action === "delete" && (folder === dataDirectory || isInside(folder, dataDirectory))) {
            throw new DeployError("OWN_STACK", `The folder ${folder} holds this server's own data (${dataDirectory}). Stop the server first, then remove it by hand.`, { details: { stack } });
        }
        const own = await docker.ownProject();
        if (own === null || (own !== written && own !== running)) {
            return;
        }
        // Another stack whose file takes our project's name would not restart the server, but put itself in its place.
        if (this.#parts.doesComposeOutliveUs && own === running && !FINAL.has(action)) {
            return;
        }
        const command = COMMANDS[action].map((what) => `docker compose -p ${own} --project-directory ${quoted(folder)} ${what}`).join(" && ");
        const before = action === "deploy" ? "Nothing was saved. Press Save, then run" : "Run";
        throw new DeployError("OWN_STACK", `This server runs in the Compose project ${own} and would be ended by this. ${before} on the machine itself: ${command}`, { details: { stack, command } });
    }
}

/** To be pasted: the folder of a stack may have any name, and people run what they are told. */
function quoted(text: string): string {
    return /^[\w./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
