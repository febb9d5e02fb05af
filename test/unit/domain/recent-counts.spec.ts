import { describe, expect, it } from "vitest";
import { RecentCounts } from "../../../backend/domain/recent-counts.ts";

describe("recent counts", () => {
    it("begin again a minute after the first one", () => {
        const counts = new RecentCounts();
        expect([counts.add("a", 0).count, counts.add("a", 30_000), counts.add("a", 59_999).count]).toEqual([1, { count: 2, leftMs: 30_000 }, 3]);
        expect(counts.add("a", 60_000)).toEqual({ count: 1, leftMs: 60_000 });
    });

    it("remember those that count most recently, however many others come by", () => {
        const counts = new RecentCounts(3);
        for (let other = 0; other < 1000; other += 1) {
            counts.add(`other ${other}`, 0);
            counts.add("busy", 0);
        }
        expect(counts.add("busy", 0).count).toBe(1001);
        expect(counts.add("other 999", 0).count).toBe(2);
        expect(counts.add("other 0", 0).count).toBe(1);
    });
});
