import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Socket } from "socket.io-client";
import { BASE_IMAGE, ensureBaseImage } from "../../test/fixtures/base-image.ts";
import { docker } from "../../test/fixtures/engine.ts";
import { pause } from "../../test/fixtures/server.ts";
import { alternate, printTable, ratio, spread, timed, usageOfTree } from "./measure.ts";
import { callAgent, logIn, requireUpstream, startServerOf, type MeasuredServer } from "./servers.ts";

/**
 * From a browser's request to the stack list in its hands, with very many stacks of which some run, against an unmodified Dockge and
 * `docker compose ls` alone; then what both do while nobody asks for anything. The containers bear the labels that Compose would have given them.
 * `DOCKGE_UPSTREAM_DIR=<a built checkout> DOCKGE_NODE=<Node 22> npx tsx extra/bench/stack-list.ts [rounds] [stacks] [running]`; build this project first.
 */

const rounds = Number(process.argv[2] ?? 15);
const stacks = Number(process.argv[3] ?? 1000);
const running = Number(process.argv[4] ?? 50);
const IDLE_S = 60;
/** Until Node has tidied up its memory after the work before. */
const SETTLE_S = 20;
const LABEL = "git-deploy-bench";

async function makeStacks(directory: string): Promise<void> {
    for (let number = 1; number <= stacks; number += 1) {
        const folder = path.join(directory, `stack-${number}`);
        await mkdir(folder, { recursive: true });
        await writeFile(path.join(folder, "compose.yaml"), `services:\n    web:\n        image: ${BASE_IMAGE}\n`);
    }
    for (let number = 1; number <= running; number += 1) {
        const name = `stack-${number}`;
        const labels = {
            [LABEL]: "1",
            "com.docker.compose.project": name,
            "com.docker.compose.service": "web",
            "com.docker.compose.oneoff": "False",
            "com.docker.compose.container-number": "1",
            "com.docker.compose.config-hash": "0",
            "com.docker.compose.project.working_dir": path.join(directory, name),
            "com.docker.compose.project.config_files": path.join(directory, name, "compose.yaml"),
        };
        await docker(["run", "-d", "--network", "none", ...Object.entries(labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]), BASE_IMAGE, "sleep", "100000"]);
    }
}

async function removeContainers(): Promise<void> {
    const ids = (await docker(["ps", "-aq", "--filter", `label=${LABEL}`])).stdout.split("\n").filter((id) => id !== "");
    if (ids.length > 0) {
        await docker(["rm", "-f", ...ids]);
    }
}

/** Asks and waits for the list itself, which both servers send beside the answer. */
async function listed(socket: Socket): Promise<number> {
    return await timed(async () => {
        const arrived = new Promise<object>((resolve) => {
            const onAgent = (event: string, answer: { stackList?: object }) => {
                if (event === "stackList") {
                    socket.off("agent", onAgent);
                    resolve(answer.stackList ?? {});
                }
            };
            socket.on("agent", onAgent);
        });
        await callAgent(socket, "requestStackList");
        const count = Object.keys(await arrived).length;
        if (count < stacks) {
            throw new Error(`The list has ${count} stacks.`);
        }
    });
}

async function idleCpu(server: MeasuredServer): Promise<string> {
    const before = (await usageOfTree(server.pid)).cpuSeconds;
    await pause(IDLE_S * 1000);
    return (((await usageOfTree(server.pid)).cpuSeconds - before) / IDLE_S * 100).toFixed(2);
}

requireUpstream();
await ensureBaseImage();
const folder = await mkdtemp(path.join(os.tmpdir(), "git-deploy-bench-"));
const stacksDirectory = path.join(folder, "stacks");
const servers: MeasuredServer[] = [];
try {
    await makeStacks(stacksDirectory);
    const start = async (kind: "ours" | "dockge") => {
        const server = await startServerOf(kind, { folder: path.join(folder, kind), env: { DOCKGE_STACKS_DIR: stacksDirectory } });
        servers.push(server);
        return { server, socket: await logIn(server.url) };
    };
    const ours = await start("ours");
    const dockge = await start("dockge");
    const samples = await alternate(rounds, {
        "Git Deploy": () => listed(ours.socket),
        Dockge: () => listed(dockge.socket),
        "`docker compose ls --all` alone": () => timed(() => docker(["compose", "ls", "--all", "--format", "json"])),
    });
    await pause(SETTLE_S * 1000);
    const idle: Record<string, string> = { "Git Deploy": await idleCpu(ours.server), Dockge: await idleCpu(dockge.server) };
    printTable(
        [`${stacks.toLocaleString("en")} stacks, ${running} of them run`, "list delivered, ms", "against Dockge", `processor over ${IDLE_S} idle seconds with one browser, %`],
        Object.entries(samples).map(([name, times]) => [name, spread(times, 1), ratio(times, samples.Dockge), idle[name] ?? ""]),
    );
} finally {
    await Promise.all(servers.map((server) => server.stop()));
    await removeContainers();
    await rm(folder, { recursive: true, force: true });
}
process.exit(0);
