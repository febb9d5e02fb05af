import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "./domain/ports.ts";

export const systemClock: Clock = {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    sleep: async (ms, signal) => {
        try {
            await delay(ms, undefined, signal === undefined ? {} : { signal });
        } catch (error) {
            // Node rejects with an error of its own that hides the reason.
            signal?.throwIfAborted();
            throw error;
        }
    },
};
