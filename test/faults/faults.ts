import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { startEngineProxy } from "../fixtures/engine-proxy.ts";
import { freePort, TestServer } from "../fixtures/server.ts";
import { startSshServer } from "../fixtures/ssh-server.ts";
import { openTestBed, type TestBed } from "../fixtures/test-bed.ts";
import { machineText } from "./machine-text.ts";
import { diskFaults } from "./scenarios/disk-faults.ts";
import { engineFaults } from "./scenarios/engine-faults.ts";
import { gitFaults } from "./scenarios/git-faults.ts";
import { machineFaults } from "./scenarios/machine-faults.ts";
import type { Fault, Finding } from "./trial.ts";

/**
 * Everything around the server fails, one after the other: the Engine, the Git server, the disk, the database, the registry, a container.
 * `npx tsx test/faults/faults.ts [part of a name]`; needs root for the small disks. Prints a table, and ends with 1 when something was not as it should be.
 */

const only = process.argv[2] ?? "";
const folder = await mkdtemp(path.join(os.tmpdir(), "git-deploy-faults-"));
const engine = await startEngineProxy(path.join(folder, "docker.sock"));
const ssh = await startSshServer();
const bed = await openTestBed({ env: { GIT_DEPLOY_DOCKER_SOCKET: engine.socket } });

async function secondServer(first: TestBed): Promise<Finding> {
    const second = new TestServer(path.join(folder, "second"), await freePort(), { dataDirectory: first.server.dataDirectory, stacksDirectory: first.server.stacksDirectory });
    const { exitCode, output } = await second.expectNoStart();
    if (exitCode !== 1 || !output.includes("DATA_DIR_LOCKED") || (await first.server.api.get("/api/v1/stacks")).status !== 200) {
        throw new Error(`the second server ended with ${String(exitCode)} and said: ${output}`);
    }
    return { fault: "a second server on the same data folder", seen: `does not start, exit code 1: ${output.trim().replaceAll(first.server.dataDirectory, "/data")}`, served: "the first goes on", healed: "nothing to heal" };
}

const faults: Fault[] = [...engineFaults(engine), ...gitFaults(ssh), ...machineFaults(), ...diskFaults(), { name: "two servers", run: secondServer }];
const findings: Finding[] = [];
const broken: string[] = [];
try {
    for (const fault of faults.filter(({ name }) => name.includes(only))) {
        const startedAt = performance.now();
        try {
            findings.push(await fault.run(bed));
            process.stderr.write(`ok      ${fault.name} (${((performance.now() - startedAt) / 1000).toFixed(0)} s)\n`);
        } catch (error) {
            broken.push(`${fault.name}: ${String(error)}`);
            process.stderr.write(`BROKEN  ${fault.name}: ${String(error)}\n`);
        } finally {
            await engine.restore();
            bed.git.behaviour = "normal";
        }
    }
    const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ").trim();
    console.log(`${machineText()}\n\n| fault | what the person sees | what the stack served | afterwards, without a restart |\n|---|---|---|---|`);
    for (const { fault, seen, served, healed } of findings) {
        console.log(`| ${[fault, seen, served, healed].map(cell).join(" | ")} |`);
    }
    console.log(`\n${broken.length === 0 ? "All as it should be." : `BROKEN:\n${broken.join("\n")}`}`);
    process.exitCode = broken.length === 0 ? 0 : 1;
    if (broken.length > 0) {
        process.stderr.write(bed.server.log.split("\n").slice(-60).join("\n"));
    }
} finally {
    await bed.close();
    await ssh.close();
    await engine.close();
    await rm(folder, { recursive: true, force: true });
}
