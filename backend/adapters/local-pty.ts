import type * as NodePty from "@lydell/node-pty";
import { DeployError } from "../domain/errors.ts";
import type { Pty, TerminalEvents, TerminalProcess, TerminalSize } from "../domain/ports.ts";
import { listProcesses } from "./process-table.ts";

/** Between the hang-up and the kill. */
const KILL_AFTER_MS = 2000;
const LOOK_EVERY_MS = 50;
/** How long a program may take to print after it was killed. */
const LAST_OUTPUT_MS = 500;
/** A private control sequence, which terminals ignore. */
const END_MARK = "\u001b]7717;end\u0007";
/**
 * When the leader of a terminal's session ends, Linux throws away what nobody has read yet: several thousand lines printed right before
 * the end lost their tail in more than half of the runs. So the leader is this script, which outlives the program until we have read up to its mark.
 * The program is handed over as arguments and never becomes part of the script.
 */
const LEADER_SCRIPT = `trap : INT QUIT; "$@"; status=$?; printf '\\033]7717;end\\007'; read -r _; exit "$status"`;

/** Pseudo-terminals of this machine, from the prebuilt library of the platform. It is loaded with the first one. */
export class LocalPty implements Pty {
    async start(program: { file: string; argv: string[]; directory: string; env: Record<string, string>; size: TerminalSize }, events: TerminalEvents): Promise<TerminalProcess> {
        const { spawn } = await loadLibrary();
        const { file, argv, directory, env, size } = program;
        try {
            return new LocalTerminal(spawn("/bin/sh", ["-c", LEADER_SCRIPT, "terminal", file, ...argv], { name: env["TERM"] ?? "xterm-256color", cols: size.columns, rows: size.rows, cwd: directory, env }), events);
        } catch (cause) {
            throw new DeployError("EXEC_FAILED", `${file} could not be started on a terminal in ${directory}.`, { cause });
        }
    }
}

async function loadLibrary(): Promise<typeof NodePty> {
    try {
        return await import("@lydell/node-pty");
    } catch (cause) {
        const platform = `${process.platform}-${process.arch}`;
        throw new DeployError("TERMINAL_UNAVAILABLE", `The console is not available: there are no ready-made pseudo-terminals for ${platform}, or they were left out at installation. Run npm ci on this machine, with optional dependencies.`, { cause });
    }
}

class LocalTerminal implements TerminalProcess {
    readonly #pty: NodePty.IPty;
    readonly #exited: Promise<void>;
    #isExited = false;
    #isEnding = false;
    #isMarkSeen = false;
    /** The end of the output, while it may be the beginning of the mark. */
    #held = "";

    constructor(pty: NodePty.IPty, events: TerminalEvents) {
        this.#pty = pty;
        pty.onData((text) => {
            const shown = this.#withoutMark(text);
            if (shown !== "") {
                events.onOutput(shown);
            }
        });
        this.#exited = new Promise((resolve) => {
            pty.onExit(({ exitCode, signal }) => {
                this.#isExited = true;
                if (this.#held !== "") {
                    events.onOutput(this.#held);
                }
                events.onExit(signal === undefined || signal === 0 ? exitCode : null);
                resolve();
            });
        });
    }

    write(text: string): void {
        if (!this.#isExited) {
            this.#pty.write(text);
        }
    }

    resize({ columns, rows }: TerminalSize): void {
        if (!this.#isExited) {
            this.#pty.resize(columns, rows);
        }
    }

    pause(): void {
        this.#pty.pause();
    }

    resume(): void {
        this.#pty.resume();
    }

    async end(): Promise<void> {
        if (this.#isEnding) {
            await this.#exited;
            return;
        }
        this.#isEnding = true;
        // A paused terminal would never tell that its program is gone.
        this.#pty.resume();
        const session = this.#pty.pid;
        const deadline = Date.now() + KILL_AFTER_MS;
        let members = await membersOf(session);
        members.forEach((pid) => signalTo(pid, "SIGHUP"));
        while (members.length > 0 && Date.now() < deadline) {
            await pause(LOOK_EVERY_MS);
            members = await membersOf(session);
        }
        members.forEach((pid) => signalTo(pid, "SIGKILL"));
        await Promise.race([this.#exited, pause(LAST_OUTPUT_MS)]);
    }

    /** What follows the mark is the echo of our answer to it. */
    #withoutMark(text: string): string {
        if (this.#isMarkSeen) {
            return "";
        }
        const all = this.#held + text;
        const at = all.indexOf(END_MARK);
        if (at >= 0) {
            this.#isMarkSeen = true;
            this.#held = "";
            this.#pty.write("\n");
            return all.slice(0, at);
        }
        const from = all.lastIndexOf("\u001b");
        const isBeginning = from >= 0 && END_MARK.startsWith(all.slice(from));
        this.#held = isBeginning ? all.slice(from) : "";
        return isBeginning ? all.slice(0, from) : all;
    }
}

/** Processes of a session, which is named by its leader's id. Whatever was started on a terminal is in it, unless it has left with setsid(). */
async function membersOf(session: number): Promise<number[]> {
    const processes = await listProcesses();
    // Without /proc there is at least the leader; whether it still lives is then not known.
    return processes.length === 0 ? [session] : processes.filter((process) => process.session === session).map(({ pid }) => pid);
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
    try {
        process.kill(pid, signal);
    } catch {
        // It has ended meanwhile.
    }
}

async function pause(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms));
}
