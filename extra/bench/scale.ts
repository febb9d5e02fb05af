import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { aBuildConfig, aRepository } from "../../test/fixtures/rows.ts";
import { BASE_IMAGE, ensureBaseImage } from "../../test/fixtures/base-image.ts";
import { removeProject, uniqueProject } from "../../test/fixtures/engine.ts";
import { pause } from "../../test/fixtures/server.ts";
import { temporaryDatabase } from "../../test/fixtures/temporary-database.ts";
import { printTable, spread, timed, usageOfTree } from "./measure.ts";
import { callAgent, logIn, startServerOf } from "./servers.ts";

/**
 * What more stacks cost: start, idle memory and processor time, and saving and deploying one stack among them. Each stack is linked to a repository.
 * `DOCKGE_NODE=<Node 22> npx tsx extra/bench/scale.ts [rounds] [numbers of stacks, with commas]`; build this project first.
 */

const rounds = Number(process.argv[2] ?? 3);
const sizes = (process.argv[3] ?? "10,100,1000").split(",").map(Number);
const IDLE_S = 15;

const composeFile = (round: number) => `services:\n    web:\n        image: ${BASE_IMAGE}\n        pull_policy: never\n        stop_signal: SIGKILL\n        network_mode: none\n        command: ["sleep", "100000"]\n        environment:\n            ROUND: "${round}"\n`;

async function makeStacks(folder: string, count: number): Promise<void> {
    await mkdir(path.join(folder, "data"), { recursive: true });
    const { database, stores } = await temporaryDatabase(path.join(folder, "data"));
    // Only while it is filled.
    await database.knex.raw("PRAGMA synchronous=OFF");
    for (let number = 1; number <= count; number += 1) {
        const stackId = `stack-${number}`;
        await mkdir(path.join(folder, "stacks", stackId), { recursive: true });
        await writeFile(path.join(folder, "stacks", stackId, "compose.yaml"), composeFile(0));
        const repository = aRepository({ id: randomUUID(), stackId });
        await stores.repositories.insert(repository);
        await stores.buildConfigs.insert(aBuildConfig({ stackId, repositoryId: repository.id }));
    }
    await database.close();
}

async function measure(count: number): Promise<string[]> {
    const folder = await mkdtemp(path.join(os.tmpdir(), "git-deploy-bench-"));
    const name = uniqueProject("bench");
    const samples = { start: [] as number[], memory: [] as number[], idle: [] as number[], deploy: [] as number[] };
    try {
        await makeStacks(folder, count);
        for (let round = 0; round <= rounds; round += 1) {
            const server = await startServerOf("ours", { folder });
            try {
                const socket = await logIn(server.url);
                // The list that a log-in brings is not part of a deployment.
                await pause(2000);
                const deployMs = await timed(async () => await callAgent(socket, "deployStack", name, composeFile(round), "", round === 0));
                await pause(3000);
                const before = await usageOfTree(server.pid);
                await pause(IDLE_S * 1000);
                const after = await usageOfTree(server.pid);
                socket.close();
                if (round > 0) {
                    samples.start.push(server.startMs);
                    samples.memory.push(after.memoryMib);
                    samples.idle.push(((after.cpuSeconds - before.cpuSeconds) / IDLE_S) * 100);
                    samples.deploy.push(deployMs);
                }
            } finally {
                await server.stop();
            }
        }
    } finally {
        await removeProject(name);
        await rm(folder, { recursive: true, force: true });
    }
    return [count.toLocaleString("en"), spread(samples.start), spread(samples.memory), spread(samples.idle, 2), spread(samples.deploy)];
}

await ensureBaseImage();
const rows: string[][] = [];
for (const count of sizes) {
    rows.push(await measure(count));
}
printTable(["stacks", "start, ms", "idle memory with one browser, MiB", "processor while idle, %", "one stack saved and deployed, ms"], rows);
process.exit(0);
