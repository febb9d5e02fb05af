import { describe, expect, it } from "vitest";
import type { LeftPrograms, Logger } from "../../../backend/domain/ports.ts";
import { recover } from "../../../backend/queue/recover.ts";
import { QueueWorld } from "../../fixtures/queue-world.ts";
import { aDeployment, silentLogger } from "../../fixtures/rows.ts";

/** What `recover` does, in its order, with a build and a release that were cut short. */
async function recovered(leftPrograms: LeftPrograms): Promise<{ calls: string[]; logged: string[]; world: QueueWorld }> {
    const world = new QueueWorld();
    const calls: string[] = [];
    const logged: string[] = [];
    world.store.rows.push(aDeployment({ status: "building" }), aDeployment({ status: "deploying", stackId: "shop" }));
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
        expect(calls).toEqual(["programs ended", "work directories removed", "row released", "row released"]);
        expect(logged[0]).toBe("what the last run of this server had left running was ended");
    });

    it("says nothing of programs when there were none, and says it when one cannot be ended", async () => {
        expect((await recovered({ end: async () => ({ found: 0, remaining: 0 }) })).logged).toHaveLength(1);
        expect((await recovered({ end: async () => ({ found: 2, remaining: 1 }) })).logged[0]).toBe("not all that the last run of this server had left running could be ended");
    });

    it("takes the runs up also when the programs cannot be looked for", async () => {
        const { calls, logged, world } = await recovered({ end: async () => await Promise.reject(new Error("the folder is gone")) });
        expect(calls).toEqual(["work directories removed", "row released", "row released"]);
        expect(logged[0]).toBe("what the last run of this server had left running was not looked for");
        await world.start();
        expect(world.runs.map(({ isRelease }) => isRelease)).toContain(true);
    });
});
