import { spawn } from "node:child_process";
import { StringDecoder } from "node:string_decoder";
import { DeployError } from "../domain/errors.ts";

export interface ExecOptions {
    cwd?: string;
    /** The whole environment of the child: nothing is inherited. */
    env: Record<string, string>;
    signal?: AbortSignal;
    timeoutMs?: number;
    /** Written to standard input, which is then closed; without it standard input is empty. */
    input?: string | Buffer;
    /** Each complete line, and at the end the unfinished one. `\r` starts the line over, as terminals do. */
    onLine?: (stream: "out" | "err", text: string) => void;
    /** Bytes of each stream that the result keeps (the end of them); default 1 MiB. */
    maxKeepBytes?: number;
}

export interface ExecResult {
    /** null when a signal ended it. */
    exitCode: number | null;
    stdout: string;
    stderr: string;
}

const KILL_AFTER_MS = 5000;
const DEFAULT_KEEP_BYTES = 1024 * 1024;
/** A line longer than this is handed on in pieces, so that a build without line ends cannot fill the memory. */
const MAX_LINE_LENGTH = 64 * 1024;

/**
 * Runs a program with an argument list, never through a shell, as the leader of its own process group.
 * An abort or the time-out ends the whole group: SIGTERM, and SIGKILL after 5 s. Nobody is left behind:
 * `git` and `docker compose` start children that would otherwise outlive them.
 * Resolves whatever the exit code is. @throws EXEC_TIMEOUT; EXEC_FAILED when the program cannot be started; the signal's own reason when aborted
 */
export async function exec(file: string, argv: readonly string[], options: ExecOptions): Promise<ExecResult> {
    options.signal?.throwIfAborted();
    return await new Promise<ExecResult>((resolve, reject) => {
        const child = spawn(file, [...argv], {
            cwd: options.cwd,
            env: options.env,
            detached: true,
            shell: false,
            stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
        });
        const keep = options.maxKeepBytes ?? DEFAULT_KEEP_BYTES;
        const stdout = new StreamTail(keep, (text) => options.onLine?.("out", text));
        const stderr = new StreamTail(keep, (text) => options.onLine?.("err", text));
        let ended: Error | null = null;
        let killTimer: NodeJS.Timeout | undefined;

        const killGroup = (signal: NodeJS.Signals) => {
            if (child.pid === undefined) {
                return;
            }
            try {
                process.kill(-child.pid, signal);
            } catch {
                // The group is gone already.
            }
        };
        const end = (reason: Error) => {
            if (ended !== null) {
                return;
            }
            ended = reason;
            killGroup("SIGTERM");
            killTimer = setTimeout(() => killGroup("SIGKILL"), KILL_AFTER_MS);
        };
        const onAbort = () => end(asError(options.signal?.reason));
        const timeout =
            options.timeoutMs === undefined
                ? undefined
                : setTimeout(() => end(new DeployError("EXEC_TIMEOUT", `${file} did not finish within ${Math.round((options.timeoutMs ?? 0) / 1000)} s.`)), options.timeoutMs);
        options.signal?.addEventListener("abort", onAbort, { once: true });

        const cleanUp = () => {
            clearTimeout(timeout);
            clearTimeout(killTimer);
            options.signal?.removeEventListener("abort", onAbort);
        };
        child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
        child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
        child.stdin?.on("error", () => {
            // The child closed its input early; its exit code says why.
        });
        if (options.input !== undefined) {
            child.stdin?.end(options.input);
        }
        child.once("error", (error) => {
            cleanUp();
            reject(new DeployError("EXEC_FAILED", `${file} could not be started: is it installed?`, { cause: error }));
        });
        child.once("exit", () => {
            // What the leader started and left behind would hold the pipes open.
            if (ended !== null) {
                killGroup("SIGKILL");
            }
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

function asError(reason: unknown): Error {
    return reason instanceof Error ? reason : new Error(String(reason));
}

/** Keeps the end of a stream and hands on its lines. */
class StreamTail {
    readonly #decoder = new StringDecoder("utf8");
    readonly #maxLength: number;
    readonly #onLine: (text: string) => void;
    readonly #kept: string[] = [];
    #keptLength = 0;
    #line = "";

    constructor(maxLength: number, onLine: (text: string) => void) {
        this.#maxLength = maxLength;
        this.#onLine = onLine;
    }

    push(chunk: Buffer): void {
        this.#take(this.#decoder.write(chunk));
    }

    end(): void {
        this.#take(this.#decoder.end());
        if (this.#line !== "") {
            this.#emit(this.#line);
            this.#line = "";
        }
    }

    get text(): string {
        const text = this.#kept.join("");
        return text.length > this.#maxLength ? text.slice(-this.#maxLength) : text;
    }

    #take(text: string): void {
        if (text === "") {
            return;
        }
        this.#kept.push(text);
        this.#keptLength += text.length;
        while (this.#kept.length > 1 && this.#keptLength - (this.#kept[0]?.length ?? 0) >= this.#maxLength) {
            this.#keptLength -= this.#kept.shift()?.length ?? 0;
        }
        const lines = (this.#line + text).split("\n");
        this.#line = lines.pop() ?? "";
        for (const line of lines) {
            this.#emit(line);
        }
        while (this.#line.length > MAX_LINE_LENGTH) {
            this.#emit(this.#line.slice(0, MAX_LINE_LENGTH));
            this.#line = this.#line.slice(MAX_LINE_LENGTH);
        }
    }

    #emit(line: string): void {
        const withoutEnd = line.endsWith("\r") ? line.slice(0, -1) : line;
        this.#onLine(withoutEnd.slice(withoutEnd.lastIndexOf("\r") + 1));
    }
}
