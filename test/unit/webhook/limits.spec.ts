import { describe, expect, it } from "vitest";
import { WebhookRateLimits } from "../../../backend/webhook/limits.ts";

const limits = () => new WebhookRateLimits({ perAddress: 1, perRepository: 1, rejectedPerSender: 1, rejectedRecords: 1 });

describe("webhook rate limits", () => {
    it("count one network of IPv6 as one sender, however it is written", async () => {
        const counted = limits();
        expect(await counted.countRequest("2001:db8::1")).toBeNull();
        expect(await counted.countRequest("2001:db8:0:0:1:2:3:4")).toBeGreaterThan(0);
        expect(await counted.countRequest("2001:db8:0:1::1")).toBeNull();
        expect(await counted.countRequest("::ffff:192.0.2.1")).toBeNull();
        expect(await counted.countRequest("192.0.2.1")).toBeGreaterThan(0);
        expect(await counted.countRequest("192.0.2.2")).toBeNull();
    });

    it("count genuine and rejected deliveries apart", async () => {
        const counted = limits();
        expect(await counted.countRejected("r1", "192.0.2.1")).toBeNull();
        expect(await counted.countRejected("r1", "192.0.2.1")).toBeGreaterThan(0);
        expect(await counted.countRejected("r2", "192.0.2.1")).toBeNull();
        expect(await counted.countGenuine("r1")).toBeNull();
        expect(await counted.countGenuine("r1")).toBeGreaterThan(0);
        expect(await counted.mayRecordRejected("r1")).toBe(true);
        expect(await counted.mayRecordRejected("r1")).toBe(false);
    });
});
