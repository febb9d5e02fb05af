import { spawn, type ChildProcess } from "node:child_process";
import { cpSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { recordPrograms, runProgram } from "../../backend/adapters/exec.ts";
import { RunningPrograms } from "../../backend/adapters/running-programs.ts";
import { systemRandom } from "../../backend/random.ts";
import { isAlive } from "../fixtures/processes.ts";

const STARTER = path.join(import.meta.dirname, "..", "fixtures", "program-starter.ts");
const NOTHING = { found: 0, remaining: 0 };

let folder: string;
let records: string;
const pids: number[] = [];
const children: ChildProcess[] = [];

beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "running-programs-"));
    records = path.join(folder, "programs");
});

afterEach(async () => {
    recordPrograms(null);
    children.splice(0).forEach((child) => child.kill("SIGKILL"));
    for (const pid of pids.splice(0).filter(isAlive)) {
        process.kill(pid, "SIGKILL");
    }
    await rm(folder, { recursive: true, force: true });
});

/** The server that comes next on this folder. */
function successor(directory = records): RunningPrograms {
    return new RunningPrograms({ directory, random: systemRandom, killAfterMs: 300 });
}

/** Starts a server with one program, waits for the `count` process ids that this prints, and kills the server alone. */
async function leftBy(script: string, count: number, directory = records): Promise<number[]> {
    const server = spawn(process.execPath, ["--import", "tsx", STARTER, directory, script], { stdio: ["ignore", "pipe", "inherit"], detached: true });
    children.push(server);
    const left: number[] = [];
    for await (const line of createInterface({ input: server.stdout })) {
        left.push(Number(line));
        if (left.length === count) {
            break;
        }
    }
    pids.push(...left);
    const gone = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGKILL");
    await gone;
    return left;
}

describe("what a killed server has left running", () => {
    it("is ended, also what ignores SIGTERM and what has a process group of its own", async () => {
        const stubborn = `trap "" TERM; /bin/sh -c 'echo $$; while :; do sleep 0.1; done' & timeout 600 /bin/sh -c 'trap "" TERM; echo $$; while :; do sleep 0.1; done' & echo $$; wait; while :; do sleep 0.1; done`;
        const left = await leftBy(stubborn, 3);
        expect(left.filter(isAlive)).toEqual(left);
        const { found, remaining } = await successor().end();
        expect(found).toBeGreaterThanOrEqual(3);
        expect(remaining).toBe(0);
        expect(left.filter(isAlive)).toEqual([]);
        expect(readdirSync(records)).toEqual([]);
    });

    it("has its time to end by itself", async () => {
        const done = path.join(folder, "done");
        await leftBy(`trap 'echo orderly > ${done}; exit 0' TERM; echo $$; exec > /dev/null 2>&1; while :; do sleep 0.05; done`, 1);
        expect(await successor().end()).toMatchObject({ remaining: 0 });
        expect(readFileSync(done, "utf8")).toBe("orderly\n");
    });

    it("is ended when its first process is gone and another goes on", async () => {
        const [leader = 0, child = 0] = await leftBy(`echo $$; /bin/sh -c 'echo $$; exec > /dev/null 2>&1; while :; do sleep 0.1; done' & wait`, 2);
        process.kill(leader, "SIGKILL");
        await expect.poll(() => isAlive(leader)).toBe(false);
        expect(isAlive(child)).toBe(true);
        expect(await successor().end()).toMatchObject({ remaining: 0 });
        expect(isAlive(child)).toBe(false);
    });

    it("is ended as a whole, also who has emptied its environment and outlives the first process", async () => {
        const left = await leftBy(`echo $$; env -i /bin/sh -c 'trap "" TERM; echo $$; exec > /dev/null 2>&1; while :; do /bin/sleep 0.1; done' & wait`, 2);
        expect(await successor().end()).toMatchObject({ remaining: 0 });
        expect(left.filter(isAlive)).toEqual([]);
    });

    it("is not what has left its session to stay, as an agent does", async () => {
        const [program = 0, agent = 0] = await leftBy(`echo $$; setsid /bin/sh -c 'echo $$; exec > /dev/null 2>&1; while :; do sleep 0.1; done' & wait`, 2);
        await successor().end();
        expect([program, agent].map(isAlive)).toEqual([false, true]);
    });

    it("is not another data folder's, and not that of a copied one", async () => {
        const [other = 0] = await leftBy("echo $$; while :; do sleep 0.1; done", 1, path.join(folder, "other"));
        expect(await successor().end()).toEqual(NOTHING);
        cpSync(path.join(folder, "other"), path.join(folder, "copy"), { recursive: true });
        expect(readdirSync(path.join(folder, "copy"))).toHaveLength(1);
        expect(await successor(path.join(folder, "copy")).end()).toEqual(NOTHING);
        expect(isAlive(other)).toBe(true);
    });

    it("is not whoever has got its process id since", async () => {
        const [program = 0] = await leftBy("echo $$; while :; do sleep 0.1; done", 1);
        process.kill(program, "SIGKILL");
        const stranger = spawn("/bin/sleep", ["600"], { detached: true, stdio: "ignore" });
        children.push(stranger);
        const [record = ""] = readdirSync(records);
        renameSync(path.join(records, record), path.join(records, record.replace(/^\d+/, String(stranger.pid))));
        expect(await successor().end()).toEqual(NOTHING);
        expect(isAlive(stranger.pid ?? 0)).toBe(true);
    });

    it("is not whoever has copied its environment", async () => {
        const [program = 0] = await leftBy("echo $$; while :; do sleep 0.1; done", 1);
        const copied = Object.fromEntries(readFileSync(`/proc/${program}/environ`, "utf8").split("\0").filter((entry) => entry !== "").map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]));
        expect(copied).toHaveProperty("GIT_DEPLOY_STARTED_BY");
        const person = spawn("/bin/sleep", ["600"], { detached: true, stdio: "ignore", env: copied });
        children.push(person);
        await successor().end();
        expect([program, person.pid ?? 0].map(isAlive)).toEqual([false, true]);
    });

    it("is not what this server has started itself", async () => {
        const own = successor();
        recordPrograms(own);
        const controller = new AbortController();
        const ended = await new Promise<object>((resolve, reject) => {
            runProgram("/bin/sh", ["-c", "echo $$; exec sleep 600"], { env: { PATH: "/usr/bin:/bin" }, signal: controller.signal, onLines: () => void own.end().then(resolve, reject) }).catch(() => undefined);
        });
        expect(ended).toEqual(NOTHING);
        expect(readdirSync(records)).toHaveLength(1);
        controller.abort();
        await expect.poll(() => readdirSync(records)).toEqual([]);
    });
});

it("a program that ends leaves no record, and no mark of a caller's takes the place of ours", async () => {
    const own = successor();
    recordPrograms(own);
    const { stdout } = await runProgram("/usr/bin/env", [], { env: { ...own.environment, GIT_DEPLOY_STARTED_BY: "somebody else" } });
    expect(stdout).toBe(`GIT_DEPLOY_STARTED_BY=${own.environment["GIT_DEPLOY_STARTED_BY"] ?? ""}\n`);
    expect(readdirSync(records)).toEqual([]);
});
