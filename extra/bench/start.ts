import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { pause } from "../../test/fixtures/server.ts";
import { alternate, printTable, ratio, spread, usageOfTree } from "./measure.ts";
import { requireUpstream, startServerOf, type ServerKind } from "./servers.ts";

/**
 * From the start of the process to the first answer, and the memory of the process tree when it has idled, against an unmodified Dockge.
 * `DOCKGE_UPSTREAM_DIR=<a built checkout> DOCKGE_NODE=<Node 22> npx tsx extra/bench/start.ts [rounds]`; build this project first.
 */

const rounds = Number(process.argv[2] ?? 9);
const IDLE_MS = Number(process.argv[3] ?? 8000);

requireUpstream();
const folder = await mkdtemp(path.join(os.tmpdir(), "git-deploy-bench-"));

async function sample(kind: ServerKind) {
    const server = await startServerOf(kind, { folder: path.join(folder, kind.replaceAll(" ", "-")) });
    const startCpuMs = (await usageOfTree(server.pid)).cpuSeconds * 1000;
    await pause(IDLE_MS);
    const { memoryMib } = await usageOfTree(server.pid);
    await server.stop();
    return { startMs: server.startMs, startCpuMs, memoryMib };
}

const samples = await alternate(rounds, {
    "Git Deploy": () => sample("ours"),
    "Dockge, `node --import tsx`": () => sample("dockge"),
    "Dockge, `tsx` as in its image": () => sample("dockge as in its image"),
});
await rm(folder, { recursive: true, force: true });
const base = samples["Dockge, `node --import tsx`"];
printTable(
    ["", "start, ms", "against Dockge", "processor time for it, ms", "against Dockge", "idle memory, MiB", "against Dockge"],
    Object.entries(samples).map(([name, all]) => [
        name,
        spread(all.map((one) => one.startMs)),
        ratio(all.map((one) => one.startMs), base.map((one) => one.startMs)),
        spread(all.map((one) => one.startCpuMs)),
        ratio(all.map((one) => one.startCpuMs), base.map((one) => one.startCpuMs)),
        spread(all.map((one) => one.memoryMib)),
        ratio(all.map((one) => one.memoryMib), base.map((one) => one.memoryMib)),
    ]),
);
