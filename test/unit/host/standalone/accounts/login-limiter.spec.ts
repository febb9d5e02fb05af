import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LoginLimiter } from "../../../../../backend/host/standalone/accounts/login-limiter.ts";

describe("LoginLimiter", () => {
    let limiter: LoginLimiter;
    beforeEach(() => {
        vi.useFakeTimers();
        limiter = new LoginLimiter();
    });
    afterEach(() => vi.useRealTimers());

    const refused = { code: "TOO_MANY_REQUESTS" };
    const attempts = async (count: number, address: string | ((index: number) => string)) => {
        for (let index = 0; index < count; index += 1) {
            await limiter.attempt(typeof address === "string" ? address : address(index));
        }
    };

    it("lets one address try twenty times a minute, and leaves the others alone", async () => {
        await attempts(20, "192.0.2.1");
        await expect(limiter.attempt("192.0.2.1")).rejects.toMatchObject(refused);
        await expect(limiter.attempt("192.0.2.2")).resolves.toBeUndefined();
        vi.advanceTimersByTime(60_001);
        await expect(limiter.attempt("192.0.2.1")).resolves.toBeUndefined();
    });

    it("takes all IPv6 addresses of one network for one", async () => {
        await attempts(20, (index) => `2001:db8::${index + 1}`);
        await expect(limiter.attempt("2001:db8::ffff")).rejects.toMatchObject(refused);
        await expect(limiter.attempt("2001:db8:0:1::1")).resolves.toBeUndefined();
    });

    it("does not count what was right", async () => {
        for (let index = 0; index < 50; index += 1) {
            await limiter.attempt("192.0.2.1");
            await limiter.succeeded("192.0.2.1");
        }
        await expect(limiter.attempt("192.0.2.1")).resolves.toBeUndefined();
    });

    it("is not used up by guessing from everywhere, for those who have logged in before", async () => {
        await limiter.attempt("198.51.100.7");
        await limiter.succeeded("198.51.100.7");
        limiter.remember("198.51.100.7");
        await attempts(200, (index) => `192.0.2.${index}`);
        await expect(limiter.attempt("192.0.2.250")).rejects.toMatchObject(refused);
        await expect(limiter.attempt("198.51.100.7")).resolves.toBeUndefined();
    });

    it("keeps nothing of an address that is gone", async () => {
        await attempts(150, (index) => `192.0.2.${index}`);
        expect(vi.getTimerCount()).toBeGreaterThanOrEqual(150);
        vi.advanceTimersByTime(60_001);
        expect(vi.getTimerCount()).toBe(0);
    });
});
