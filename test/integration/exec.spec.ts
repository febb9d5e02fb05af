import { describe, expect, it } from "vitest";
import { runProgram, type ExecOptions } from "../../backend/adapters/exec.ts";
import { isAlive } from "../fixtures/processes.ts";

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

async function sh(script: string, options: Partial<ExecOptions> = {}) {
    return await runProgram("/bin/sh", ["-c", script], { env: { PATH }, killAfterMs: 200, ...options });
}

/** Runs a script that prints the process ids of everything it starts, aborts as soon as `count` have come, and returns them. */
async function abortAfterPids(script: string, count: number): Promise<{ pids: number[]; reason: unknown }> {
    const controller = new AbortController();
    const pids: number[] = [];
    const reason: unknown = await sh(script, {
        signal: controller.signal,
        onLines: (_stream, text) => {
            pids.push(...text.split("\n").map(Number));
            if (pids.length >= count) {
                controller.abort(new Error("stop"));
            }
        },
    }).catch((error: unknown) => error);
    return { pids, reason };
}

describe("runProgram", () => {
    it("returns exit code and both streams, and inherits no environment", async () => {
        const result = await runProgram("/usr/bin/env", [], { env: { ONLY: "this" } });
        expect(result).toEqual({ exitCode: 0, stdout: "ONLY=this\n", stderr: "" });
        expect(await sh("echo bad >&2; exit 7")).toEqual({ exitCode: 7, stdout: "", stderr: "bad\n" });
    });

    it("never gives an argument to a shell", async () => {
        const { stdout } = await runProgram("/bin/echo", ["$(id)", "; id", "`id`"], { env: {} });
        expect(stdout).toBe("$(id) ; id `id`\n");
    });

    it("writes the input and survives a child that does not read it", async () => {
        expect((await sh("cat", { input: "héllo" })).stdout).toBe("héllo");
        expect((await sh("exit 3", { input: Buffer.alloc(4 * 1024 * 1024) })).exitCode).toBe(3);
    });

    it("ends the whole group when aborted, also grandchildren that ignore SIGTERM", async () => {
        const stubborn = `trap "" TERM; (trap "" TERM; /bin/sh -c 'trap "" TERM; echo $$; while :; do sleep 0.1; done' & echo $!; wait) & echo $$; wait; while :; do sleep 0.1; done`;
        const { pids, reason } = await abortAfterPids(stubborn, 3);
        expect(reason).toEqual(new Error("stop"));
        await expect.poll(() => pids.filter(isAlive)).toEqual([]);
    });

    it("gives the child time to end by itself before it is killed", async () => {
        const controller = new AbortController();
        const lines: string[] = [];
        const run = sh(`trap "echo cleaned; exit 0" TERM; echo ready; while :; do sleep 0.05; done`, {
            killAfterMs: 5000,
            signal: controller.signal,
            onLines: (stream, text) => {
                if (stream === "out") {
                    lines.push(...text.split("\n"));
                }
                controller.abort(new Error("stop"));
            },
        });
        await expect(run).rejects.toThrow("stop");
        expect(lines).toEqual(["ready", "cleaned"]);
    });

    it("does not start anything for a signal that is aborted already", async () => {
        await expect(sh("echo never", { signal: AbortSignal.abort(new Error("early")), onLines: () => expect.unreachable() })).rejects.toThrow("early");
    });

    it("ends a program that exceeds its time", async () => {
        await expect(sh("sleep 60", { timeoutMs: 100 })).rejects.toMatchObject({ code: "EXEC_TIMEOUT" });
    });

    it("does not wait for what a finished program left in the background, and ends it", async () => {
        const { stdout, exitCode } = await sh("sleep 61 & echo $!", { killAfterMs: 30_000 });
        expect(exitCode).toBe(0);
        await expect.poll(() => isAlive(Number(stdout))).toBe(false);
    });

    it("does not hang on a daemon that left the group and holds the pipes", async () => {
        const { stdout } = await sh("setsid sleep 3 & echo started");
        expect(stdout).toBe("started\n");
    });

    it("says what to do about a program or folder that is not there", async () => {
        await expect(runProgram("no-such-program", [], { env: { PATH } })).rejects.toMatchObject({ code: "EXEC_FAILED", message: "no-such-program could not be started: install it, or put its folder into PATH." });
        await expect(sh("true", { cwd: "/no/such/folder" })).rejects.toMatchObject({ code: "EXEC_FAILED", message: expect.stringContaining("/no/such/folder") as string });
        await expect(runProgram("/bin/echo", ["a\0b"], { env: {} })).rejects.toMatchObject({ code: "EXEC_FAILED" });
    });

    it("ends the program and fails when the listener fails", async () => {
        const run = sh("echo one; sleep 60", {
            onLines: () => {
                throw new Error("listener");
            },
        });
        await expect(run).rejects.toThrow("listener");
    });

    it("R3: ends a program that prints more than may be had", async () => {
        const limit = { maxBytes: 1024 * 1024, onTooMuch: () => new Error("too much") };
        await expect(runProgram("/usr/bin/yes", [], { env: {}, limit })).rejects.toThrow("too much");
    });

    it("hands on a million lines and keeps only the end of them", async () => {
        let count = 0;
        const { stdout } = await runProgram("/usr/bin/seq", ["1000000"], { env: {}, maxKeepBytes: 16, onLines: (_stream, text) => (count += text.split("\n").length) });
        expect(count).toBe(1_000_000);
        expect(stdout.endsWith("999999\n1000000\n")).toBe(true);
        expect(stdout.length).toBe(16);
    });
});
