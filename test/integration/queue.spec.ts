import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isFinal } from "../../common/deployment.ts";
import { lockDataDirectory } from "../../backend/adapters/data-directory-lock.ts";
import { systemClock } from "../../backend/clock.ts";
import { DeploymentJournal } from "../../backend/domain/deployment-journal.ts";
import type { Deployment } from "../../backend/domain/entities.ts";
import type { Outcome } from "../../backend/domain/outcome.ts";
import { recover } from "../../backend/queue/recover.ts";
import { Worker } from "../../backend/queue/worker.ts";
import { aDeployment, NOW, random, silentLogger } from "../fixtures/rows.ts";
import { temporaryDatabase, type TemporaryDatabase } from "../fixtures/temporary-database.ts";

const PROCESS = path.join(import.meta.dirname, "../fixtures/queue-process.ts");

function start(...args: string[]): ChildProcess {
    return spawn(process.execPath, ["--import", "tsx", PROCESS, ...args], { stdio: ["ignore", "pipe", "inherit"] });
}

async function linesOf(child: ChildProcess): Promise<string[]> {
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout! })) {
        lines.push(line);
    }
    return lines;
}

async function firstLine(child: ChildProcess): Promise<string> {
    const [line] = (await once(createInterface({ input: child.stdout! }), "line")) as [string];
    return line;
}

async function kill(child: ChildProcess): Promise<void> {
    child.kill("SIGKILL");
    await once(child, "close");
}

describe("the queue on a real file", () => {
    let world: TemporaryDatabase;
    const children: ChildProcess[] = [];
    beforeEach(async () => {
        world = await temporaryDatabase();
    });
    afterEach(async () => {
        await Promise.all(children.splice(0).map(async (child) => (child.exitCode === null && child.signalCode === null ? await kill(child) : undefined)));
        await world.remove();
    });

    /** The worker of a restarted server; resolves with what became of the row. */
    async function restart(deployment: Deployment, outcome: Outcome): Promise<{ row: Deployment | null; calls: string[] }> {
        const { deployments, buildConfigs } = world.stores;
        const calls: string[] = [];
        let onEnd: () => void = () => undefined;
        const ended = new Promise<void>((resolve) => (onEnd = resolve));
        const journal = new DeploymentJournal({
            store: deployments,
            publisher: { publish: () => undefined },
            views: {
                deployment: async (row) => {
                    if (row.id === deployment.id && isFinal(row.status)) {
                        onEnd();
                    }
                    return {} as never;
                },
                step: () => ({}) as never,
            },
            clock: systemClock,
            random,
        });
        const worker = new Worker({
            store: deployments,
            journal,
            configs: buildConfigs,
            clock: systemClock,
            random,
            logger: silentLogger,
            concurrency: 1,
            run: async (row, { isResumed }) => {
                calls.push(isResumed ? "run again" : "run");
                await journal.transition(row, "deploying");
                return outcome;
            },
            resume: async () => {
                calls.push("resume");
                return await Promise.resolve(outcome);
            },
        });
        await recover({ leftPrograms: { end: async () => ({ found: 0, remaining: 0 }) }, leftCommands: { endLeft: async () => false }, workDirectories: { sweep: async () => undefined }, store: deployments, worker, clock: systemClock, logger: silentLogger });
        expect((await deployments.steps(deployment.id)).filter((step) => step.status === "running")).toEqual([]);
        worker.start();
        await ended;
        await worker.stop(5000);
        return { row: await deployments.byId(deployment.id), calls };
    }

    it("never gives one row to two processes", async () => {
        const stacks = Array.from({ length: 60 }, (_value, index) => `stack-${index}`);
        for (const stackId of stacks) {
            await world.stores.deployments.enqueue(aDeployment({ stackId, createdAt: NOW }));
        }
        const claimers = [start("claim", world.directory), start("claim", world.directory), start("claim", world.directory)];
        children.push(...claimers);
        const claimed = (await Promise.all(claimers.map(linesOf))).flat();
        expect(claimed).toHaveLength(stacks.length);
        expect(new Set(claimed).size).toBe(stacks.length);
        expect(await world.stores.deployments.counts()).toContainEqual({ status: "building", count: stacks.length });
    });

    it("runs a build again whose server was killed", async () => {
        const deployment = aDeployment();
        await world.stores.deployments.enqueue(deployment);
        const server = start("hang", world.directory, "building");
        children.push(server);
        expect(await firstLine(server)).toBe(`building ${deployment.id}`);
        await kill(server);
        const newer = aDeployment({ createdAt: NOW + 1 });
        await world.stores.deployments.enqueue(newer);
        const { row, calls } = await restart(deployment, { status: "successful" });
        expect(row).toMatchObject({ status: "successful" });
        expect(calls[0]).toBe("run again");
        // What was pushed meanwhile is still there.
        expect(await world.stores.deployments.byId(newer.id)).not.toMatchObject({ status: "cancelled" });
    });

    it("takes a release up whose server was killed", async () => {
        const deployment = aDeployment();
        await world.stores.deployments.enqueue(deployment);
        const server = start("hang", world.directory, "deploying");
        children.push(server);
        expect(await firstLine(server)).toBe(`deploying ${deployment.id}`);
        await kill(server);
        const { row, calls } = await restart(deployment, { status: "successful" });
        expect(row).toMatchObject({ status: "successful" });
        expect(calls).toEqual(["resume"]);
    });

    it("keeps a second server off the folder, until the first has died however it died", async () => {
        await world.stores.deployments.enqueue(aDeployment());
        const server = start("hang", world.directory, "building");
        children.push(server);
        await firstLine(server);
        await expect(lockDataDirectory(world.directory)).rejects.toMatchObject({ code: "DATA_DIR_LOCKED" });
        await kill(server);
        const lock = await lockDataDirectory(world.directory);
        await expect(lockDataDirectory(world.directory)).rejects.toMatchObject({ code: "DATA_DIR_LOCKED" });
        await lock.release();
        await (await lockDataDirectory(world.directory)).release();
    });
});
