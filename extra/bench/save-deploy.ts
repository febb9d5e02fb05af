import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Socket } from "socket.io-client";
import { BASE_IMAGE, ensureBaseImage } from "../../test/fixtures/base-image.ts";
import { docker, removeProject, uniqueProject } from "../../test/fixtures/engine.ts";
import { alternate, printTable, ratio, spread, timed } from "./measure.ts";
import { callAgent, logIn, requireUpstream, startServerOf, type MeasuredServer } from "./servers.ts";

/**
 * The button that saves and deploys a stack without Git, against an unmodified Dockge, and against writing the file and `docker compose up -d` by hand.
 * `DOCKGE_UPSTREAM_DIR=<a built checkout> DOCKGE_NODE=<Node 22> npx tsx extra/bench/save-deploy.ts [rounds]`; build this project first.
 */

const rounds = Number(process.argv[2] ?? 9);

/** The container is made anew each time, and ends at once when it is asked to. */
const composeFile = (round: number) => `services:\n    web:\n        image: ${BASE_IMAGE}\n        pull_policy: never\n        stop_signal: SIGKILL\n        network_mode: none\n        command: ["sleep", "100000"]\n        environment:\n            ROUND: "${round}"\n`;

async function deployed(socket: Socket, name: string, round: number): Promise<number> {
    return await timed(async () => {
        const answer = await callAgent(socket, "deployStack", name, composeFile(round), "", round === 0);
        if (!answer.ok) {
            throw new Error(`The deployment was refused: ${JSON.stringify(answer)}`);
        }
    });
}

requireUpstream();
await ensureBaseImage();
const folder = await mkdtemp(path.join(os.tmpdir(), "git-deploy-bench-"));
const names = { ours: uniqueProject("bench"), dockge: uniqueProject("bench"), plain: uniqueProject("bench") };
const servers: MeasuredServer[] = [];
try {
    const start = async (kind: "ours" | "dockge") => {
        const server = await startServerOf(kind, { folder: path.join(folder, kind) });
        servers.push(server);
        return await logIn(server.url);
    };
    const [ours, dockge] = [await start("ours"), await start("dockge")];
    const plain = path.join(folder, names.plain);
    await mkdir(plain);
    const samples = await alternate(rounds, {
        "Git Deploy": (round) => deployed(ours, names.ours, round),
        Dockge: (round) => deployed(dockge, names.dockge, round),
        "the file written, `docker compose up -d`": (round) =>
            timed(async () => {
                await writeFile(path.join(plain, "compose.yaml"), composeFile(round));
                await docker(["compose", "up", "-d", "--remove-orphans"], { cwd: plain });
            }),
    });
    const base = samples["the file written, `docker compose up -d`"];
    printTable(["a trivial stack", "saved and deployed, ms", "against Compose alone"], Object.entries(samples).map(([name, times]) => [name, spread(times), ratio(times, base)]));
} finally {
    await Promise.all(servers.map((server) => server.stop()));
    await Promise.all(Object.values(names).map(removeProject));
    await rm(folder, { recursive: true, force: true });
}
process.exit(0);
