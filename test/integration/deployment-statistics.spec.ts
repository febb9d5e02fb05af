import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Deployment } from "../../backend/domain/entities.ts";
import { aDeployment } from "../fixtures/rows.ts";
import { temporaryDatabase, type TemporaryDatabase } from "../fixtures/temporary-database.ts";

const MINUTE_MS = 60_000;
const DAY = 20_000;
const START = DAY * 24 * 60 * MINUTE_MS;

let world: TemporaryDatabase;
beforeEach(async () => {
    world = await temporaryDatabase();
});
afterEach(() => world.remove());

/** One that ended `endedAt` minutes after the first day began, having waited and run for `took` minutes. */
async function ran(status: Deployment["status"], endedAt: number, took = 1, values: Partial<Deployment> = {}): Promise<void> {
    const createdAt = START + (endedAt - took) * MINUTE_MS;
    const deployment = aDeployment({ createdAt, ...values });
    const { deployments } = world.stores;
    await deployments.enqueue(deployment);
    if (status === "cancelled") {
        await deployments.transition(deployment.id, "pending", "cancelled", { completedAt: START + endedAt * MINUTE_MS });
        return;
    }
    await deployments.transition(deployment.id, "pending", "building", { startedAt: createdAt });
    await deployments.transition(deployment.id, "building", "deploying");
    await deployments.transition(deployment.id, "deploying", status, { completedAt: START + endedAt * MINUTE_MS });
}

const read = async (utcOffsetMinutes = 0, days = 2, stack = "blog") => await world.stores.deploymentStatistics.read(stack, { firstDay: DAY, lastDay: DAY + days - 1, utcOffsetMinutes });

describe("deployment statistics", () => {
    it("count by day and outcome, by the clock of whoever asks", async () => {
        await ran("successful", 10);
        await ran("failed", 23 * 60);
        await ran("rolled_back", 25 * 60);
        await ran("cancelled", 26 * 60);
        await ran("successful", 49 * 60);
        await ran("successful", 10, 1, { stackId: "shop" });
        const { days, ended, successRate } = await read();
        expect(days).toEqual([
            { date: "2024-10-04", successful: 1, failed: 1, rolledBack: 0, cancelled: 0, medianLeadTime: 60, medianTimeToRestore: null },
            { date: "2024-10-05", successful: 0, failed: 0, rolledBack: 1, cancelled: 1, medianLeadTime: null, medianTimeToRestore: null },
        ]);
        expect([ended, successRate]).toEqual([3, 1 / 3]);
        expect((await read(120)).days).toMatchObject([{ successful: 1, failed: 0 }, { failed: 1, rolledBack: 1, cancelled: 1 }]);
    });

    it("take the median of what pushes waited for, and leave out what people pressed or returned to", async () => {
        for (const [at, took] of [[10, 1], [20, 2], [30, 9], [40, 4]] as const) {
            await ran("successful", at, took);
        }
        await ran("successful", 100, 50, { triggeredBy: "manual" });
        await ran("successful", 200, 50, { kind: "rollback", triggeredBy: "webhook" });
        expect(await read()).toMatchObject({ medianLeadTime: 180, days: [{ successful: 6, medianLeadTime: 180 }, {}] });
    });

    it("measure from the first thing that went wrong to the next healthy release", async () => {
        await ran("failed", 5);
        await ran("failed", 10);
        await ran("cancelled", 12);
        await ran("successful", 25);
        await ran("successful", 30);
        await ran("rolled_back", 60);
        await ran("successful", 70);
        await ran("failed", 90);
        expect(await read()).toMatchObject({ restored: 2, medianTimeToRestore: 15 * 60, days: [{ medianTimeToRestore: 15 * 60 }, {}] });
    });

    it("are all there for a stack without deployments", async () => {
        expect(await read(0, 30)).toMatchObject({ ended: 0, successRate: null, medianLeadTime: null, medianTimeToRestore: null, restored: 0, days: { length: 30 } });
    });

    it("read an index and no row", async () => {
        const plan = await world.database.knex.raw<{ detail: string }[]>("EXPLAIN QUERY PLAN SELECT status, kind, triggered_by, created_at, completed_at FROM deployments INDEXED BY deployments_statistics WHERE stack_id = 'blog' AND completed_at >= 1 AND completed_at < 2");
        expect(plan[0]?.detail).toContain("COVERING INDEX deployments_statistics");
    });
});
