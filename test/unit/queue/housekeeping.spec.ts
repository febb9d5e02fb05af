import { describe, expect, it } from "vitest";
import { Housekeeping } from "../../../backend/queue/housekeeping.ts";
import { FakeClock } from "../../fixtures/fake-clock.ts";
import { NOW, silentLogger } from "../../fixtures/rows.ts";

describe("housekeeping", () => {
    it("prunes a few minutes after the start and every six hours, though one task fails each time", async () => {
        const clock = new FakeClock(NOW);
        const prunedAt: number[] = [];
        const tasks = [
            { name: "logs", prune: async () => Promise.reject(new Error("disk")) },
            { name: "payloads", prune: async (now: number) => prunedAt.push(now) },
        ];
        const housekeeping = new Housekeeping({ tasks, clock, logger: silentLogger });
        housekeeping.start();
        await clock.advance(7 * 60 * 60_000);
        expect(prunedAt).toEqual([NOW + 5 * 60_000, NOW + 5 * 60_000 + 6 * 60 * 60_000]);
        await housekeeping.stop();
        expect(clock.sleeperCount).toBe(0);
    });
});
