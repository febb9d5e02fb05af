import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { LeftPrograms, Random } from "../domain/ports.ts";
import type { ProgramRecord } from "./exec.ts";
import { isStillThere, listProcesses, wasStartedWith, type ListedProcess } from "./process-table.ts";

const MARK_VARIABLE = "GIT_DEPLOY_STARTED_BY";
const KILL_AFTER_MS = 5000;
/** What the kernel itself holds up does not even end by SIGKILL. */
const GIVE_UP_AFTER_MS = 2000;
const LOOK_EVERY_MS = 50;
const RECORD_NAME = /^(\d+)\.([\w-]+)$/;

/** A program that was running when its server died, as its record says. */
interface LeftProgram {
    record: string;
    session: number;
    mark: string;
}

/**
 * The programs that this process waits for, as empty files named `<pid>.<server process>` in a folder of the data folder: a server that is killed leaves them
 * there, and the next one ends what they name. A process id alone names nobody, so each program also carries a mark in its environment. Only a session
 * counts that has the recorded id **and** somebody with the mark in it: neither a process id that was given away again, nor somebody who has copied the
 * environment, nor what has left the session to stay (an agent, a daemon) is ever taken for one.
 */
export class RunningPrograms implements ProgramRecord, LeftPrograms {
    readonly #directory: string;
    readonly #killAfterMs: number;
    readonly #serverProcess: string;
    /** The folder itself is part of each mark: in a copy of the data folder the same records name nobody, while the original's server goes on. */
    readonly #folder: string;
    readonly environment: Readonly<Record<string, string>>;

    constructor(parts: { directory: string; random: Pick<Random, "uuid">; killAfterMs?: number }) {
        this.#directory = parts.directory;
        this.#killAfterMs = parts.killAfterMs ?? KILL_AFTER_MS;
        this.#serverProcess = parts.random.uuid();
        mkdirSync(parts.directory, { recursive: true, mode: 0o700 });
        const { dev, ino } = statSync(parts.directory, { bigint: true });
        this.#folder = `${dev}-${ino}`;
        this.environment = { [MARK_VARIABLE]: this.#markOf(this.#serverProcess) };
    }

    began(pid: number): void {
        try {
            writeFileSync(this.#recordOf(pid), "", { mode: 0o600 });
        } catch {
            // A full disk keeps nobody from running a program; should this server be killed, it is not found.
        }
    }

    ended(pid: number): void {
        try {
            rmSync(this.#recordOf(pid), { force: true });
        } catch {
            // Nobody bears the mark any more.
        }
    }

    async end(): Promise<{ found: number; remaining: number }> {
        const programs = readdirSync(this.#directory).flatMap((record) => this.#left(record));
        const found = programs.length === 0 ? [] : await processesOf(programs, []);
        let remaining = found;
        signalGroups(remaining, "SIGTERM");
        for (const deadline = performance.now() + this.#killAfterMs; remaining.length > 0 && performance.now() < deadline; ) {
            await pause(LOOK_EVERY_MS);
            remaining = await processesOf(programs, remaining);
        }
        for (const deadline = performance.now() + GIVE_UP_AFTER_MS; remaining.length > 0 && performance.now() < deadline; ) {
            signalGroups(remaining, "SIGKILL");
            await pause(LOOK_EVERY_MS);
            remaining = await processesOf(programs, remaining);
        }
        for (const { record } of programs) {
            rmSync(path.join(this.#directory, record), { force: true });
        }
        return { found: found.length, remaining: remaining.length };
    }

    #recordOf(pid: number): string {
        return path.join(this.#directory, `${pid}.${this.#serverProcess}`);
    }

    #left(record: string): LeftProgram[] {
        const [, pid, serverProcess] = RECORD_NAME.exec(record) ?? [];
        return pid === undefined || serverProcess === undefined || serverProcess === this.#serverProcess ? [] : [{ record, session: Number(pid), mark: this.#markOf(serverProcess) }];
    }

    #markOf(serverProcess: string): string {
        return `${this.#folder}.${serverProcess}`;
    }
}

/** Who is in the programs' sessions now. @param before who was: where one of them still is, a session is the same without its marked leader */
async function processesOf(programs: readonly LeftProgram[], before: readonly ListedProcess[]): Promise<ListedProcess[]> {
    const processes = await listProcesses();
    const isKnown = (member: ListedProcess) => before.some(({ pid, startTicks }) => pid === member.pid && startTicks === member.startTicks);
    return programs.flatMap(({ session, mark }) => {
        const members = processes.filter((member) => member.session === session);
        const isOurs = members.some((member) => isKnown(member) || wasStartedWith(member.pid, MARK_VARIABLE, mark));
        // This server may itself have been started by a command of the one before.
        return isOurs && !members.some(({ pid }) => pid === process.pid) ? members : [];
    });
}

/** By group, as nobody can join one from outside of the session. */
function signalGroups(processes: readonly ListedProcess[], signal: NodeJS.Signals): void {
    const signalled = new Set<number>();
    for (const member of processes) {
        // A group of another container's has no number here: 0, which would be our own.
        if (member.group <= 1 || signalled.has(member.group) || !isStillThere(member)) {
            continue;
        }
        signalled.add(member.group);
        try {
            process.kill(-member.group, signal);
        } catch {
            // It has ended meanwhile, or runs as somebody else.
        }
    }
}

async function pause(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms));
}
