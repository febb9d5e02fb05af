import { spawn } from "node:child_process";
import path from "node:path";

/** Running programs for the test command. */

export const root = path.dirname(path.dirname(import.meta.dirname));
export const MINUTE_MS = 60_000;

export interface Finished {
    exitCode: number | null;
    output: string;
    hasTimedOut: boolean;
}

export interface RunOptions {
    timeoutMs?: number;
    env?: Record<string, string>;
    /** Show the output at the end in one piece instead of as it comes, for things that run side by side. */
    isQuiet?: boolean;
}

/** Runs a program with its whole process group; the output is shown and kept. */
export async function run(file: string, argv: string[], options: RunOptions = {}): Promise<Finished> {
    const child = spawn(file, argv, {
        cwd: root,
        env: { ...process.env, ...options.env },
        stdio: ["ignore", "pipe", "pipe"],
        detached: true,
    });
    const kill = () => {
        try {
            process.kill(-(child.pid ?? 0), "SIGKILL");
        } catch {
            // It ended by itself.
        }
    };
    process.once("exit", kill);
    let output = "";
    let hasTimedOut = false;
    const timer = setTimeout(() => {
        hasTimedOut = true;
        kill();
    }, options.timeoutMs ?? 10 * MINUTE_MS);
    for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => {
            output += text;
            if (options.isQuiet !== true) {
                process.stdout.write(text);
            }
        });
    }
    const exitCode = await new Promise<number | null>((resolve) => {
        child.once("error", (error) => {
            output += `${file}: ${error.message}\n`;
            resolve(127);
        });
        child.once("close", resolve);
    });
    clearTimeout(timer);
    process.removeListener("exit", kill);
    return { exitCode, output, hasTimedOut };
}

export function say(text: string): void {
    process.stdout.write(`${text}\n`);
}

export function secondsSince(start: number): number {
    return (performance.now() - start) / 1000;
}

/** npm with these arguments, by the very npm that runs us where one does. */
export async function runNpm(argv: string[], options: RunOptions = {}): Promise<Finished> {
    const npm = process.env["npm_execpath"];
    return npm === undefined ? await run("npm", argv, options) : await run(process.execPath, [npm, ...argv], options);
}
