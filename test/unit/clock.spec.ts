import { expect, it } from "vitest";
import { systemClock } from "../../backend/clock.ts";
import { DeployError } from "../../backend/domain/errors.ts";

it("a sleep that is cut short ends with the reason, which becomes the sentence that people read", async () => {
    const reason = new DeployError("DEADLINE_EXCEEDED", "The deployment did not finish in time.");
    const limit = new AbortController();
    const sleeping = systemClock.sleep(60_000, limit.signal);
    limit.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
    await expect(systemClock.sleep(1, limit.signal)).rejects.toBe(reason);
});
