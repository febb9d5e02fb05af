import { describe, expect, it } from "vitest";
import type { LeftCommands, LeftPrograms, Logger } from "../../../backend/domain/ports.ts";
import { recover } from "../../../backend/queue/recover.ts";
import { QueueWorld } from "../../fixtures/queue-world.ts";
import { aDeployment, silentLogger } from "../../fixtures/rows.ts";

/** What `recover` does, in its order, with a build and a release that were cut short. */
async function recovered(leftPrograms: LeftPrograms, leftCommands: LeftCommands = { endLeft: async () => false }): Promise<{ calls: string[]; logged: string[]; world: QueueWorld }> {
    const world = new QueueWorld();
    const calls: string[] = [];
    const logged: string[] = [];
    world.store.rows.push(aDeployment({ id: "d1", status: "building" }), aDeployment({ status: "deploying", stackId: "shop" }));
    const logger: Logger = { ...silentLogger, warn: (_fields, message) => logged.push(message), error: (_fields, message) => logged.push(message) };
    const release = world.store.release.bind(world.store);
    world.store.release = async (id) => {
        calls.push("row released");
        await release(id);
    };
    await recover({
        leftPrograms: {
            end: async () => {
                const ended = await leftPrograms.end();
                calls.push("programs ended");
                return ended;
            },
        },
        leftCommands: {
            endLeft: async (runId) => {
                calls.push(`commands of ${runId} ended`);
                return await leftCommands.endLeft(runId);
            },
        },
        workDirectories: { sweep: async () => void calls.push("work directories removed") },
        store: world.store,
        worker: world.worker,
        clock: world.clock,
        logger,
    });
    return { calls, logged, world };
}

describe("recover", () => {
    it("lets nothing begin again, and removes no folder, before the programs of the last process are gone", async () => {
        const { calls, logged } = await recovered({ end: async () => ({ found: 2, remaining: 0 }) });
        expect(calls).toEqual(["programs ended", "commands of d1 ended", "work directories removed", "row released", "row released"]);
        expect(logged[0]).toBe("what the last run of this server had left running was ended");
    });

    it("says nothing of programs when there were none, and says it when one cannot be ended", async () => {
        expect((await recovered({ end: async () => ({ found: 0, remaining: 0 }) })).logged).toHaveLength(1);
        expect((await recovered({ end: async () => ({ found: 2, remaining: 1 }) })).logged[0]).toBe("not all that the last run of this server had left running could be ended");
    });

    it("takes the runs up also when the programs cannot be looked for", async () => {
        const { calls, logged, world } = await recovered({ end: async () => await Promise.reject(new Error("the folder is gone")) });
        expect(calls).toEqual(["commands of d1 ended", "work directories removed", "row released", "row released"]);
        expect(logged[0]).toBe("what the last run of this server had left running was not looked for");
        await world.start();
        expect(world.runs.map(({ isRelease }) => isRelease)).toContain(true);
    });

    it("tells of a command that went on in a container, and takes the runs up also when the Engine is away", async () => {
        const none = { end: async () => ({ found: 0, remaining: 0 }) };
        expect((await recovered(none, { endLeft: async () => true })).logged[0]).toBe("a build command that the last run of this server had left running in a container was ended");
        const { logged, world } = await recovered(none, { endLeft: async () => await Promise.reject(new Error("no socket")) });
        expect(logged[0]).toBe("it is not known whether a build command of the last run of this server still runs in a container");
        await world.start();
        expect(world.runs).toHaveLength(2);
    });
});
