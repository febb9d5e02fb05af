import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { io } from "socket.io-client";
import { launchBrowser } from "../../test/fixtures/browser.ts";
import { freePort, pause } from "../../test/fixtures/server.ts";

/**
 * What being inside Dockge costs: start, idle memory and page load of an unmodified Dockge with and without us, in turns in one run.
 * `DOCKGE_UPSTREAM_DIR=<a built checkout> DOCKGE_NODE=<node 22> npx tsx extra/bench/attached.ts [rounds]`; build this project first.
 */

const root = path.resolve(import.meta.dirname, "../..");
const dockge = process.env["DOCKGE_UPSTREAM_DIR"] ?? "";
const node = process.env["DOCKGE_NODE"] ?? process.execPath;
const rounds = Number(process.argv[2] ?? 7);
const IDLE_MS = 8000;

const VARIANTS = {
    "Dockge, node --import tsx": [node, "--import", "tsx", "backend/index.ts"],
    "Dockge, tsx as in its image": [node, "node_modules/tsx/dist/cli.mjs", "backend/index.ts"],
    "Dockge with Git Deploy": [node, path.join(root, "dist/backend/attach.js")],
};
type Variant = keyof typeof VARIANTS;

interface Sample {
    startMs: number;
    connectedMs: number;
    memoryMib: number;
    pageMs: number;
}

interface Running {
    child: ChildProcess;
    url: string;
    /** To the first answer. */
    startMs: number;
    /** To the first connection of a browser's socket. */
    connectedMs: number;
}

async function start(variant: Variant, folder: string): Promise<Running> {
    const port = await freePort();
    const [file = node, ...argv] = VARIANTS[variant];
    const url = `http://127.0.0.1:${port}`;
    const startedAt = performance.now();
    const child = spawn(file, argv, {
        cwd: dockge,
        detached: true,
        stdio: "ignore",
        env: {
            PATH: process.env["PATH"] ?? "",
            HOME: os.homedir(),
            DOCKGE_PORT: String(port),
            DOCKGE_HOSTNAME: "127.0.0.1",
            DOCKGE_DATA_DIR: path.join(folder, "data"),
            DOCKGE_STACKS_DIR: path.join(folder, "stacks"),
        },
    });
    for (;;) {
        try {
            await fetch(url);
            const startMs = performance.now() - startedAt;
            await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
            return { child, url, startMs, connectedMs: performance.now() - startedAt };
        } catch {
            if (child.exitCode !== null) {
                throw new Error(`${variant} did not start.`);
            }
            await pause(5);
        }
    }
}

async function stop({ child }: Running): Promise<void> {
    const isOver = new Promise((resolve) => child.once("exit", resolve));
    process.kill(-(child.pid ?? 0), "SIGKILL");
    await isOver;
}

/** Resident memory of the process and everything it has started, in MiB. */
async function memoryOf(pid: number): Promise<number> {
    let kib = 0;
    for (const name of (await readdir("/proc")).filter((each) => /^\d+$/.test(each))) {
        try {
            const stat = await readFile(`/proc/${name}/stat`, "utf8");
            const group = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]);
            if (group === pid) {
                kib += Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${name}/status`, "utf8"))?.[1] ?? 0);
            }
        } catch {
            // It ended meanwhile.
        }
    }
    return kib / 1024;
}

async function makeUser(url: string): Promise<string> {
    const socket = io(url);
    try {
        await socket.timeout(10_000).emitWithAck("setup", "admin", "correct-horse-1");
        const { token } = (await socket.timeout(10_000).emitWithAck("login", { username: "admin", password: "correct-horse-1", token: "" })) as { token: string };
        return token;
    } finally {
        socket.close();
    }
}

async function sample(variant: Variant, folder: string): Promise<Sample> {
    const running = await start(variant, folder);
    const browser = await launchBrowser();
    try {
        await pause(IDLE_MS);
        const memoryMib = await memoryOf(running.child.pid ?? 0);
        const token = await makeUser(running.url);
        const { page } = await browser.open("about:blank");
        await page.addInitScript({ content: `localStorage.setItem("token", ${JSON.stringify(token)})` });
        const startedAt = performance.now();
        await page.goto(running.url);
        await page.locator(".stack-list").waitFor();
        return { startMs: running.startMs, connectedMs: running.connectedMs, memoryMib, pageMs: performance.now() - startedAt };
    } finally {
        await browser.close();
        await stop(running);
    }
}

function spread(values: number[]): string {
    const sorted = values.toSorted((a, b) => a - b);
    const at = (part: number) => Math.round(sorted[Math.floor((sorted.length - 1) * part)] ?? 0);
    return `${at(0.5)} [${at(0)}–${at(1)}]`;
}

if (dockge === "") {
    console.error("Name a built checkout of Dockge in DOCKGE_UPSTREAM_DIR.");
    process.exit(2);
}
const folder = await mkdtemp(path.join(os.tmpdir(), "git-deploy-bench-"));
const samples = Object.fromEntries(Object.keys(VARIANTS).map((name) => [name, [] as Sample[]])) as Record<Variant, Sample[]>;
try {
    for (let round = 0; round <= rounds; round += 1) {
        for (const variant of Object.keys(VARIANTS) as Variant[]) {
            const result = await sample(variant, folder);
            // The first round fills caches and makes the database.
            if (round > 0) {
                samples[variant].push(result);
            }
        }
    }
} finally {
    await rm(folder, { recursive: true, force: true });
}
console.log(`${os.cpus()[0]?.model ?? "?"}, ${os.cpus().length} CPUs, Node ${process.version}, medians [min–max] of ${rounds}\n`);
console.log("| | start, ms | first socket, ms | idle memory, MiB | page with the stack list, ms |\n|---|---|---|---|---|");
for (const [name, all] of Object.entries(samples)) {
    console.log(`| ${name} | ${spread(all.map((one) => one.startMs))} | ${spread(all.map((one) => one.connectedMs))} | ${spread(all.map((one) => one.memoryMib))} | ${spread(all.map((one) => one.pageMs))} |`);
}
