import { z } from "zod";
import { runningName, stackFolderName } from "./schemas.ts";

/** Dockge's events of terminals, with its names and arguments, and the few that we add. */

/** One key press is a byte or a few; a paste is longer. */
export const MAX_TERMINAL_INPUT_LENGTH = 64 * 1024;

const terminalName = z.string().min(1).max(700);
const rows = z.number().int().min(1).max(500);
const columns = z.number().int().min(1).max(1000);
/** Started with an argument list of just this: nothing that could be an option, and no place to look for it other than the image's own PATH. */
const shell = z.union(
    [
        z.enum(["bash", "sh", "ash", "zsh"]),
        z
            .string()
            .max(200)
            .regex(/^(?:\/[A-Za-z0-9_+][A-Za-z0-9._+-]*)+$/),
    ],
    "The shell is bash, sh, ash or zsh, or the absolute path of a program in the container.",
);

/** The first argument is always the stack's name. */
export const terminalStackEvents = {
    /** Opens a shell in the service's container, or takes part in the one that is open. */
    interactiveTerminal: z.tuple([stackFolderName, runningName, shell]),
    leaveCombinedTerminal: z.tuple([stackFolderName]),
    /** Not Dockge's: follows the log of one container, shown in `container-<endpoint>-<container>`. */
    containerLog: z.tuple([stackFolderName, runningName]),
    /** Not Dockge's: the first step of a download; answered with `logId`. Without `tail` the whole log. */
    openContainerLog: z.tuple([stackFolderName, runningName, z.object({ hasTimestamps: z.boolean().default(false), tail: z.number().int().min(1).max(1_000_000).nullish() }).nullish()]),
} as const;

export const terminalEvents = {
    terminalJoin: z.tuple([terminalName]),
    terminalInput: z.tuple([terminalName, z.string().max(MAX_TERMINAL_INPUT_LENGTH, "This is too much at once for a terminal.")]),
    terminalResize: z.tuple([terminalName, rows, columns]),
    /** The name is ignored, as in Dockge: there is one console. */
    mainTerminal: z.tuple([z.unknown()]),
    checkMainTerminal: z.tuple([]),
    /** Not Dockge's: this connection watches no more. A terminal that nobody watches ends a minute later. */
    leaveTerminal: z.tuple([terminalName]),
    /** Not Dockge's: the next piece of an opened log. */
    readContainerLog: z.tuple([z.string().max(100)]),
    closeContainerLog: z.tuple([z.string().max(100)]),
} as const;
