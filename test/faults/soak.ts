import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { docker } from "../fixtures/engine.ts";
import { pause } from "../fixtures/server.ts";
import { openTestBed, type LinkedStack, type TestBed } from "../fixtures/test-bed.ts";
import { composeFile, idleService, webService } from "../fixtures/web-service.ts";
import { machineText } from "./machine-text.ts";
import { childrenOf } from "./trial.ts";

/**
 * Pushes to 20 stacks for as long as is said: what the server holds must not grow.
 * `npx tsx test/faults/soak.ts [minutes] [stacks]`, default 60 and 20. Prints a row for every tenth of the time, and ends with 1 when a push did not end well or something grew.
 */

const minutes = Number(process.argv[2] ?? 60);
const count = Number(process.argv[3] ?? 20);
const KEEP_RELEASES = 2;
const SAMPLES = 10;
/** Leaves a small machine time for what else it does. */
const PUSH_EVERY_MS = 3000;
/** One of so many pushes builds an image; the others change a file only. */
const BUILD_EVERY = 5;

interface Sample {
    minute: number;
    pushes: number;
    rssMib: number;
    openFiles: number;
    children: number;
    mirrorsMib: number;
    images: number;
    containers: number;
}

async function folderMib(folder: string): Promise<number> {
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const sizes = await Promise.all(files.map(async (entry) => (await stat(path.join(entry.parentPath, entry.name)).catch(() => ({ size: 0 }))).size));
    return sizes.reduce((sum, size) => sum + size, 0) / 2 ** 20;
}

async function sample(bed: TestBed, stacks: LinkedStack[], minute: number, pushes: number): Promise<Sample> {
    const { pid, dataDirectory } = bed.server;
    const lines = async (...argv: string[]) => (await docker(argv)).stdout.split("\n").filter((line) => stacks.some(({ name }) => line.includes(name))).length;
    return {
        minute,
        pushes,
        rssMib: Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024,
        openFiles: (await readdir(`/proc/${pid}/fd`)).length,
        children: (await childrenOf(pid)).length,
        mirrorsMib: await folderMib(path.join(dataDirectory, "git-deploy", "mirrors")),
        images: await lines("image", "ls", "--format", "{{.Repository}}:{{.Tag}}"),
        containers: await lines("ps", "-a", "--format", "{{.Names}}"),
    };
}

async function settle(stacks: LinkedStack[]): Promise<string[]> {
    const broken: string[] = [];
    for (const stack of stacks) {
        for (const open of await stack.deployments("&status=pending,building,deploying")) {
            await stack.finished(open.id, 300_000);
        }
        const bad = (await stack.deployments("&status=failed,rolled_back")).map(({ status, errorCode, error }) => `${stack.name}: ${status} ${errorCode ?? ""} ${error ?? ""}`);
        broken.push(...bad);
    }
    return broken;
}

const bed = await openTestBed({ env: { GIT_DEPLOY_LOG_LEVEL: "warn" } });
try {
    const stacks: LinkedStack[] = [];
    for (let at = 0; at < count; at += 1) {
        // Without networks of their own: Docker has ranges for about thirty.
        const stack = await bed.link({ purpose: `soak-${at}`, buildConfig: { settleTime: 0, keepReleases: KEEP_RELEASES, timeout: 600 } });
        await stack.push({ ...webService({ port: stack.port, version: "v0" }), "compose.yaml": composeFile({ port: stack.port, healthCheckEvery: "5s", service: ["network_mode: bridge"], services: at % 2 === 0 ? `${idleService("worker")}\n        network_mode: bridge` : "" }) });
        stacks.push(stack);
    }
    const broken = await settle(stacks);
    const samples: Sample[] = [];
    const startedAt = performance.now();
    const lengthMs = minutes * 60_000;
    let pushes = 0;
    for (let tenth = 1; tenth <= SAMPLES; tenth += 1) {
        while (performance.now() - startedAt < (lengthMs * tenth) / SAMPLES) {
            const stack = stacks[pushes % stacks.length];
            pushes += 1;
            const reply = await stack?.push(pushes % BUILD_EVERY === 0 ? { "www/index.html": `v${pushes}\n` } : { "notes.txt": `note ${pushes}\n` });
            if (reply?.reply.status !== 202) {
                broken.push(`push ${pushes} was answered ${String(reply?.reply.status)}`);
            }
            await pause(PUSH_EVERY_MS);
        }
        broken.push(...(await settle(stacks)));
        samples.push(await sample(bed, stacks, (performance.now() - startedAt) / 60_000, pushes));
        process.stderr.write(`${JSON.stringify(samples.at(-1))}\n`);
    }
    console.log(`${machineText()}; ${count} stacks, ${minutes} minutes, ${pushes} pushes, ${KEEP_RELEASES} releases kept\n\n| minute | pushes | memory MiB | open files | git and docker processes | mirrors MiB | image tags | containers |\n|---|---|---|---|---|---|---|---|`);
    for (const one of samples) {
        console.log(`| ${one.minute.toFixed(1)} | ${one.pushes} | ${one.rssMib.toFixed(0)} | ${one.openFiles} | ${one.children} | ${one.mirrorsMib.toFixed(1)} | ${one.images} | ${one.containers} |`);
    }
    const half = samples[SAMPLES / 2 - 1];
    const last = samples.at(-1);
    const growth = (key: keyof Sample) => (last?.[key] ?? 0) - (half?.[key] ?? 0);
    const limits: [keyof Sample, number][] = [["rssMib", 30], ["openFiles", 10], ["children", 2], ["images", count], ["containers", 0]];
    broken.push(...limits.filter(([key, limit]) => growth(key) > limit).map(([key]) => `${key} grew by ${growth(key).toFixed(0)} in the second half`));
    console.log(`\n${broken.length === 0 ? "Nothing grew, and every push ended well." : `BROKEN:\n${[...new Set(broken)].slice(0, 20).join("\n")}`}`);
    process.exitCode = broken.length === 0 ? 0 : 1;
} finally {
    await bed.close();
}
