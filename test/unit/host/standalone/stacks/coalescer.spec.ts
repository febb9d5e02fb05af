import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Coalescer } from "../../../../../backend/host/standalone/stacks/coalescer.ts";

describe("Coalescer", () => {
    beforeEach(() => vi.useFakeTimers());
    afterEach(() => vi.useRealTimers());

    it("turns many pokes into one run", async () => {
        const run = vi.fn(() => Promise.resolve());
        const coalescer = new Coalescer(100, run);
        for (let at = 0; at < 20; at += 1) {
            coalescer.poke();
        }
        await vi.advanceTimersByTimeAsync(1000);
        expect(run).toHaveBeenCalledTimes(1);
    });

    it("runs once more after a poke during a run, and never twice at a time", async () => {
        let running = 0;
        let most = 0;
        const run = vi.fn(async () => {
            running += 1;
            most = Math.max(most, running);
            await new Promise((resolve) => setTimeout(resolve, 300));
            running -= 1;
        });
        const coalescer = new Coalescer(100, run);
        coalescer.poke();
        await vi.advanceTimersByTimeAsync(150);
        coalescer.poke();
        coalescer.poke();
        await vi.advanceTimersByTimeAsync(2000);
        expect(run).toHaveBeenCalledTimes(2);
        expect(most).toBe(1);
    });

    it.each([
        { takesMs: 200, restMs: 800 },
        { takesMs: 5000, restMs: 1000 },
    ])("rests for $restMs ms after a run of $takesMs ms, and is as quick as ever after that", async ({ takesMs, restMs }) => {
        const run = vi.fn(() => new Promise<void>((resolve) => setTimeout(resolve, takesMs)));
        const coalescer = new Coalescer(100, run);
        coalescer.poke();
        await vi.advanceTimersByTimeAsync(100 + takesMs);
        coalescer.poke();
        await vi.advanceTimersByTimeAsync(restMs - 1);
        expect(run).toHaveBeenCalledTimes(1);
        await vi.advanceTimersByTimeAsync(1 + takesMs + restMs);
        expect(run).toHaveBeenCalledTimes(2);
        coalescer.poke();
        await vi.advanceTimersByTimeAsync(100);
        expect(run).toHaveBeenCalledTimes(3);
    });

    it("runs nothing after it was stopped", async () => {
        const run = vi.fn(() => Promise.resolve());
        const coalescer = new Coalescer(100, run);
        coalescer.poke();
        coalescer.stop();
        coalescer.poke();
        await vi.advanceTimersByTimeAsync(1000);
        expect(run).not.toHaveBeenCalled();
    });
});
