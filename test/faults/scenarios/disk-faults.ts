import { randomBytes } from "node:crypto";
import { SmallDisk } from "../../fixtures/small-disk.ts";
import { pause, TestServer, freePort } from "../../fixtures/server.ts";
import { GIT_TOKEN, TestBed } from "../../fixtures/test-bed.ts";
import { dockerfile } from "../../fixtures/web-service.ts";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { Trial, type Fault, type Finding } from "../trial.ts";

const DISK_MIB = 24;
const MIB = 1024 * 1024;

/** The disk of the data folder or of the stacks is full, at each step that writes. */
export function diskFaults(): Fault[] {
    return [
        onSmallDisk("full disk in fetch", async (bed, _disk, trial, name) => {
            const good = (await trial.stack.repository.find("refs/heads/main")) ?? "";
            const done = await failed(trial, { "noise.bin": randomBytes(40 * MIB) });
            // Taken back by a forced push: in the history it would have to be fetched again.
            await trial.stack.repository.branch("main", good);
            trial.expect(done.errorCode === "DISK_FULL", `it ended ${done.errorCode ?? ""}: ${done.error ?? ""}`);
            return await trial.close(name, done, "one");
        }),
        onSmallDisk("full disk in checkout", async (_bed, _disk, trial, name) => {
            // Not zeros: git leaves holes for those.
            const done = await failed(trial, { "sevens.bin": Buffer.alloc(40 * MIB, 7) });
            await trial.stack.commit({ "sevens.bin": null });
            trial.expect(done.errorCode === "DISK_FULL", `it ended ${done.errorCode ?? ""}: ${done.error ?? ""}`);
            return await trial.close(name, done, "one");
        }),
        onSmallDisk("full disk in a build, for database and log", async (_bed, disk, trial, name) => {
            const { deploymentId, version } = await trial.push({ Dockerfile: dockerfile(["RUN for i in $(seq 1 20000); do echo a line of the build that is rather long $i; done; sleep 2"]) });
            await trial.stack.inStep(deploymentId, "build");
            await disk.fill();
            const during = await trial.stack.push({ "www/index.html": "during\n" });
            await trial.watching(async () => await pause(8000));
            await disk.free();
            const done = await trial.stack.finished(deploymentId, 120_000);
            let last = done.status === "successful" ? version : "one";
            if (during.deploymentId !== "") {
                last = (await trial.stack.finished(during.deploymentId)).status === "successful" ? "during" : last;
            }
            const log = await trial.stack.log(deploymentId);
            const lost = /Lines that could not be written here: \d+/.exec(log)?.[0] ?? "no line of the log lost";
            const answer = `a push meanwhile is answered ${during.reply.status}${during.reply.body.code === undefined ? "" : ` \`${during.reply.body.code}\``}`;
            return await trial.close(name, `${done.status} ${done.errorCode === null ? "" : `\`${done.errorCode}\`: ${done.error ?? ""}`}; ${answer}; ${lost}`, last);
        }),
        onSmallDisk("full disk in a release, for database and log", async (_bed, disk, trial, name) => {
            await trial.stack.api.expectOk("PUT", `${trial.stack.path}/build-config`, { settleTime: 3 });
            const { deploymentId, version } = await trial.push();
            await trial.stack.inStatus(deploymentId, "deploying");
            await disk.fill();
            await trial.watching(async () => await pause(10_000));
            await disk.free();
            const done = await trial.stack.finished(deploymentId, 120_000);
            trial.expect(done.status === "successful" || done.status === "rolled_back", `it ended ${done.status} ${done.errorCode ?? ""}: ${done.error ?? ""}`);
            return await trial.close(name, done, done.status === "successful" ? version : "one");
        }),
        onSmallDisk(
            "full disk of the stacks in a release",
            async (_bed, disk, trial, name) => {
                const files = { "sevens.bin": Buffer.alloc(2 * MIB, 7) };
                await disk.fill(1024);
                const done = await failed(trial, files, "rolled_back");
                trial.expect(done.errorCode === "DISK_FULL", `it ended ${done.errorCode ?? ""}: ${done.error ?? ""}`);
                await disk.free();
                return await trial.close(name, done, "one");
            },
            "stacks",
        ),
        { name: "read-only data folder", run: readOnlyFault },
    ];
}

async function failed(trial: Trial, files: Parameters<Trial["push"]>[0], status = "failed") {
    const { deploymentId } = await trial.push(files);
    const done = await trial.watching(async () => await trial.stack.finished(deploymentId));
    trial.expect(done.status === status, `it ended ${done.status} ${done.errorCode ?? ""}: ${done.error ?? ""}`);
    return done;
}

function onSmallDisk(name: string, work: (bed: TestBed, disk: SmallDisk, trial: Trial, name: string) => Promise<Finding>, what: "data" | "stacks" = "data"): Fault {
    return {
        name,
        run: async (shared) => {
            const disk = await SmallDisk.mount(DISK_MIB);
            if (disk === null) {
                throw new Error("mounting a small file system takes root");
            }
            const folder = path.join(disk.folder, what);
            await mkdir(folder);
            const elsewhere = path.join(shared.server.folder, `beside-${path.basename(disk.folder)}`);
            const server = new TestServer(elsewhere, await freePort(), { dataDirectory: what === "data" ? folder : path.join(elsewhere, "data"), stacksDirectory: what === "stacks" ? folder : path.join(elsewhere, "stacks") });
            await mkdir(server.stacksDirectory, { recursive: true });
            await mkdir(server.dataDirectory, { recursive: true });
            const bed = new TestBed(server, shared.git, shared.repositories);
            try {
                await server.start();
                return await work(bed, disk, await Trial.open(bed, { purpose: "disk", repository: { credentials: { token: GIT_TOKEN } } }), name);
            } finally {
                await server.remove();
                await disk.unmount();
                await bed.removeProjects();
            }
        },
    };
}

async function readOnlyFault(shared: TestBed): Promise<Finding> {
    const disk = await SmallDisk.mount(DISK_MIB);
    if (disk === null) {
        throw new Error("mounting a small file system takes root");
    }
    try {
        const server = new TestServer(path.join(shared.server.folder, "read-only"), await freePort(), { dataDirectory: disk.folder, stacksDirectory: shared.server.stacksDirectory });
        if (!disk.setReadOnly(true)) {
            throw new Error("the small disk could not be made read-only");
        }
        const { exitCode, output } = await server.expectNoStart();
        const said = output.trim();
        if (exitCode === 0 || said.includes("    at ") || !said.includes(disk.folder)) {
            throw new Error(`the server ended with ${String(exitCode)} and said: ${said}`);
        }
        disk.setReadOnly(false);
        await server.start();
        await server.remove();
        return { fault: "read-only data folder", seen: `does not start, exit code ${String(exitCode)}: ${said.replaceAll(disk.folder, "/data")}`, served: "containers are not touched", healed: "starts when the folder can be written" };
    } finally {
        await disk.unmount();
    }
}
