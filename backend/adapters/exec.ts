import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { DeployError } from "../domain/errors.ts";
import { OutputTail } from "./exec-output.ts";

export interface ExecOptions {
    cwd?: string;
    /** The whole environment of the child: nothing is inherited. */
    env: Record<string, string>;
    signal?: AbortSignal;
    timeoutMs?: number;
    /** Written to standard input, which is then closed; without it standard input is empty. */
    input?: string | Buffer;
    /** Complete lines, as many as came together, joined by line ends without the last one; at the end the unfinished one. `\r` starts a line over, as terminals do. */
    onLines?: (stream: "out" | "err", text: string) => void;
    /** How much of the end of each stream the result keeps, counted in characters; default 1 Mi. */
    maxKeepBytes?: number;
    /** More standard output than this ends the program and rejects with what `onTooMuch` gives: for output that must be had whole or not at all. */
    limit?: { maxBytes: number; onTooMuch: () => Error };
    /** Between SIGTERM and SIGKILL; default 5 s. */
    killAfterMs?: number;
}

/** Told of every program while it runs, so that what is left when this process is killed can be found. */
export interface ProgramRecord {
    /** Goes into the environment of each. */
    readonly environment: Readonly<Record<string, string>>;
    /** Called right after the start. The program leads a session of its own, which has this id too. */
    began(pid: number): void;
    ended(pid: number): void;
}

export interface ExecResult {
    /** null when a signal ended it. */
    exitCode: number | null;
    stdout: string;
    stderr: string;
}

const KILL_AFTER_MS = 5000;
const DEFAULT_KEEP_BYTES = 1024 * 1024;

/** Of the process and not of a caller: a kill ends all that runs here, whoever has asked for it. */
let record: ProgramRecord | null = null;

/** From now on programs are recorded there, until this is called with null. */
export function recordPrograms(into: ProgramRecord | null): void {
    record = into;
}

/**
 * Runs a program with an argument list, never through a shell, as the leader of its own process group.
 * An abort or the time-out ends the whole group: SIGTERM, and SIGKILL after 5 s. Nobody is left behind:
 * `git` and `docker compose` start children that would otherwise outlive them, and what is still in the group
 * when the leader has gone is killed too.
 * Resolves whatever the exit code is. @throws EXEC_TIMEOUT; EXEC_FAILED when the program cannot be started; the signal's own reason when aborted
 */
export async function runProgram(file: string, argv: readonly string[], options: ExecOptions): Promise<ExecResult> {
    options.signal?.throwIfAborted();
    const recordedIn = record;
    const child = start(file, argv, options, recordedIn);
    return await new Promise<ExecResult>((resolve, reject) => {
        const killAfterMs = options.killAfterMs ?? KILL_AFTER_MS;
        let ended: Error | null = null;
        let killTimer: NodeJS.Timeout | undefined;
        let drainTimer: NodeJS.Timeout | undefined;

        const end = (reason: Error) => {
            if (ended !== null) {
                return;
            }
            ended = reason;
            killGroup(child, "SIGTERM");
            killTimer = setTimeout(() => killGroup(child, "SIGKILL"), killAfterMs);
        };
        const handOn = (stream: "out" | "err") => (text: string) => {
            try {
                options.onLines?.(stream, text);
            } catch (error) {
                end(asError(error));
            }
        };
        const keep = options.maxKeepBytes ?? DEFAULT_KEEP_BYTES;
        const stdout = new OutputTail(keep, handOn("out"));
        const stderr = new OutputTail(keep, handOn("err"));
        const onAbort = () => end(asError(options.signal?.reason));
        const timeout = options.timeoutMs === undefined ? undefined : setTimeout(() => end(timeoutError(file, options.timeoutMs ?? 0)), options.timeoutMs);
        options.signal?.addEventListener("abort", onAbort, { once: true });
        const cleanUp = () => {
            clearTimeout(timeout);
            clearTimeout(killTimer);
            clearTimeout(drainTimer);
            options.signal?.removeEventListener("abort", onAbort);
        };

        let stdoutBytes = 0;
        child.stdout?.on("data", (chunk: Buffer) => {
            stdoutBytes += chunk.length;
            if (options.limit !== undefined && stdoutBytes > options.limit.maxBytes) {
                end(options.limit.onTooMuch());
                return;
            }
            stdout.push(chunk);
        });
        child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
        child.stdin?.on("error", () => {
            // The child closed its input early; its exit code says why.
        });
        if (options.input !== undefined) {
            child.stdin?.end(options.input);
        }
        child.once("error", (error) => {
            cleanUp();
            reject(startError(file, options.cwd, error));
        });
        child.once("exit", () => {
            // What the leader started and left behind would hold the pipes open.
            killGroup(child, "SIGKILL");
            recordedIn?.ended(child.pid ?? 0);
            // What left the group with setsid() may still hold them: what it prints is no longer ours.
            drainTimer = setTimeout(() => {
                setImmediate(() => {
                    child.stdout?.destroy();
                    child.stderr?.destroy();
                });
            }, killAfterMs);
        });
        child.once("close", (exitCode) => {
            cleanUp();
            stdout.end();
            stderr.end();
            if (ended !== null) {
                reject(ended);
                return;
            }
            resolve({ exitCode, stdout: stdout.text, stderr: stderr.text });
        });
    });
}

function start(file: string, argv: readonly string[], options: ExecOptions, recordedIn: ProgramRecord | null): ChildProcess {
    try {
        const child = spawn(file, [...argv], {
            cwd: options.cwd,
            env: { ...options.env, ...recordedIn?.environment },
            detached: true,
            shell: false,
            stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
        });
        if (child.pid !== undefined) {
            recordedIn?.began(child.pid);
        }
        return child;
    } catch (error) {
        // A NUL in an argument, or a list of arguments that is too long.
        throw startError(file, options.cwd, error);
    }
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
    if (child.pid === undefined) {
        return;
    }
    try {
        process.kill(-child.pid, signal);
    } catch {
        // The group is gone already.
    }
}

function startError(file: string, cwd: string | undefined, cause: unknown): DeployError {
    if (cwd !== undefined && !existsSync(cwd)) {
        return new DeployError("EXEC_FAILED", `${file} could not be started: the folder ${cwd} is not there.`, { cause });
    }
    const code = (cause as { code?: unknown } | null)?.code;
    if (code === "ENOENT") {
        return new DeployError("EXEC_FAILED", `${file} could not be started: install it, or put its folder into PATH.`, { cause });
    }
    return new DeployError("EXEC_FAILED", `${file} could not be started (${typeof code === "string" ? code : "unknown reason"}).`, { cause });
}

function timeoutError(file: string, timeoutMs: number): DeployError {
    return new DeployError("EXEC_TIMEOUT", `${file} did not finish within ${Math.max(1, Math.round(timeoutMs / 1000))} s.`);
}

function asError(reason: unknown): Error {
    return reason instanceof Error ? reason : new Error(String(reason));
}
