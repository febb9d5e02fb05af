import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { io, type Socket } from "socket.io-client";
import { freePort, pause } from "../../test/fixtures/server.ts";

/** Our server as `npm start` runs it, and Dockge as its own documentation runs it, started and measured alike. */

const root = path.resolve(import.meta.dirname, "../..");
const upstream = process.env["DOCKGE_UPSTREAM_DIR"] ?? "";
const node = process.env["DOCKGE_NODE"] ?? process.execPath;
const ADMIN = { username: "admin", password: "correct-horse-1" };
const ANSWER_MS = 120_000;

const COMMANDS = {
    ours: { cwd: root, argv: ["dist/backend/index.js"] },
    dockge: { cwd: upstream, argv: ["--import", "tsx", "backend/index.ts"] },
    "dockge as in its image": { cwd: upstream, argv: ["node_modules/tsx/dist/cli.mjs", "backend/index.ts"] },
};
export type ServerKind = keyof typeof COMMANDS;

/** @throws when the environment does not name a built Dockge */
export function requireUpstream(): void {
    if (upstream === "") {
        console.error("Name a built checkout of Dockge in DOCKGE_UPSTREAM_DIR, and a Node 22 in DOCKGE_NODE.");
        process.exit(2);
    }
}

export interface MeasuredServer {
    pid: number;
    url: string;
    folder: string;
    stacksDirectory: string;
    /** From the start of the process until it accepts a connection and answers. */
    startMs: number;
    stop(): Promise<void>;
}

/** @param folder with `data` and `stacks`, kept; without it a temporary one that `stop()` deletes */
export async function startServerOf(kind: ServerKind, options: { folder?: string; env?: Record<string, string> } = {}): Promise<MeasuredServer> {
    const folder = options.folder ?? (await mkdtemp(path.join(os.tmpdir(), "git-deploy-bench-")));
    const [data, stacks] = [path.join(folder, "data"), path.join(folder, "stacks")];
    await mkdir(data, { recursive: true });
    await mkdir(stacks, { recursive: true });
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const { cwd, argv } = COMMANDS[kind];
    const startedAt = performance.now();
    const env = { PATH: process.env["PATH"] ?? "", HOME: os.homedir(), DOCKGE_PORT: String(port), DOCKGE_HOSTNAME: "127.0.0.1", DOCKGE_DATA_DIR: data, DOCKGE_STACKS_DIR: stacks, ...options.env };
    const child = spawn(node, argv, { cwd, env, detached: true, stdio: "ignore" });
    await answering(url, child, kind);
    const startMs = performance.now() - startedAt;
    const stop = async () => {
        const isOver = new Promise((resolve) => child.once("exit", resolve));
        process.kill(-(child.pid ?? 0), "SIGKILL");
        await isOver;
        if (options.folder === undefined) {
            await rm(folder, { recursive: true, force: true });
        }
    };
    return { pid: child.pid ?? 0, url, folder, stacksDirectory: stacks, startMs, stop };
}

async function answering(url: string, child: ChildProcess, kind: ServerKind): Promise<void> {
    for (;;) {
        try {
            await (await fetch(`${url}/robots.txt`)).text();
            return;
        } catch {
            if (child.exitCode !== null) {
                throw new Error(`${kind} did not start. Build it first.`);
            }
            await pause(3);
        }
    }
}

export type BenchSocket = Socket & { token: string };

/** A logged-in connection; the first one of a data folder makes the user. @param token of an earlier log-in, as log-ins by password are few a minute */
export async function logIn(url: string, token?: string): Promise<BenchSocket> {
    const socket = io(url, { transports: ["websocket"], forceNew: true });
    if (token !== undefined) {
        return await useToken(socket, token);
    }
    await new Promise<void>((resolve) => socket.once("connect", resolve));
    await socket.timeout(ANSWER_MS).emitWithAck("setup", ADMIN.username, ADMIN.password);
    const answer = (await socket.timeout(ANSWER_MS).emitWithAck("login", { ...ADMIN, token: "" })) as { ok: boolean; token?: string };
    return required(answer.ok, socket, answer.token ?? "");
}

export async function useToken(socket: Socket, token: string): Promise<BenchSocket> {
    await new Promise<void>((resolve) => socket.once("connect", resolve));
    const { ok } = (await socket.timeout(ANSWER_MS).emitWithAck("loginByToken", token)) as { ok: boolean };
    return required(ok, socket, token);
}

function required(ok: boolean, socket: Socket, token: string): BenchSocket {
    if (!ok) {
        throw new Error("The bench could not log in.");
    }
    return Object.assign(socket, { token });
}

/** Through the envelope that Dockge's own pages use. */
export async function callAgent(socket: Socket, event: string, ...argv: unknown[]): Promise<{ ok: boolean; msg?: unknown }> {
    return (await socket.timeout(ANSWER_MS).emitWithAck("agent", "", event, ...argv)) as { ok: boolean; msg?: unknown };
}
