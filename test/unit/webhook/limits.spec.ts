import { describe, expect, it } from "vitest";
import { WebhookRateLimits } from "../../../backend/webhook/limits.ts";

const limits = () => new WebhookRateLimits({ perAddress: 1, perRepository: 1, rejectedPerSender: 1, rejectedRecords: 1 }, { monotonic: () => 0 });

describe("webhook rate limits", () => {
    it("count one network of IPv6 as one sender, however it is written", () => {
        const counted = limits();
        expect(counted.countRequest("2001:db8::1")).toBeNull();
        expect(counted.countRequest("2001:db8:0:0:1:2:3:4")).toBeGreaterThan(0);
        expect(counted.countRequest("2001:db8:0:1::1")).toBeNull();
        expect(counted.countRequest("::ffff:192.0.2.1")).toBeNull();
        expect(counted.countRequest("192.0.2.1")).toBeGreaterThan(0);
        expect(counted.countRequest("192.0.2.2")).toBeNull();
    });

    it("count genuine and rejected deliveries apart", () => {
        const counted = limits();
        expect(counted.countRejected("r1", "192.0.2.1")).toBeNull();
        expect(counted.countRejected("r1", "192.0.2.1")).toBeGreaterThan(0);
        expect(counted.countRejected("r2", "192.0.2.1")).toBeNull();
        expect(counted.countGenuine("r1")).toBeNull();
        expect(counted.countGenuine("r1")).toBeGreaterThan(0);
        expect(counted.mayRecordRejected("r1")).toBe(true);
        expect(counted.mayRecordRejected("r1")).toBe(false);
    });
});
