import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";

/** As the manual counts them, from 1. */
const START_TIME_FIELD = 22;

/** A process of this machine, or of the container that this server runs in. */
export interface ListedProcess {
    pid: number;
    /** Id of its process group, and of its session: that of their first leader. Neither is given away again while anybody is in it. */
    group: number;
    session: number;
    /** When it was started, in ticks since the machine was: with `pid` a name that no other process ever has. */
    startTicks: number;
}

/** All that run, from Linux's `/proc`; empty where there is none. What has ended and waits to be collected is left out. */
export async function listProcesses(): Promise<ListedProcess[]> {
    const names = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
    const listed = await Promise.all(names.map(async (name) => parseStat(await readFile(`/proc/${name}/stat`, "utf8").catch(() => ""))));
    return listed.filter((entry) => entry !== null);
}

/** Whether it runs on, looked at right now: what is done next in the same turn is done to this process and no other. */
export function isStillThere(listed: ListedProcess): boolean {
    const now = parseStat(readNow(`/proc/${listed.pid}/stat`));
    return now !== null && now.startTicks === listed.startTicks && now.group === listed.group && now.session === listed.session;
}

/** Whether it was started with this variable in its environment. Those of other users cannot be read: false. */
export function wasStartedWith(pid: number, name: string, value: string): boolean {
    return readNow(`/proc/${pid}/environ`).split("\0").includes(`${name}=${value}`);
}

/** @see proc_pid_stat(5); the second field is the program's name in parentheses, which may hold anything */
function parseStat(stat: string): ListedProcess | null {
    const [state = "", , group, session, ...others] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const startTicks = others[START_TIME_FIELD - 7];
    if (startTicks === undefined || state === "Z" || state === "X") {
        return null;
    }
    return { pid: Number.parseInt(stat, 10), group: Number(group), session: Number(session), startTicks: Number(startTicks) };
}

function readNow(file: string): string {
    try {
        return readFileSync(file, "utf8");
    } catch {
        // It has ended, or belongs to somebody else.
        return "";
    }
}
