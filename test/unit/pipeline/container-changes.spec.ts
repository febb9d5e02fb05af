import { describe, expect, it } from "vitest";
import { ContainerChanges } from "../../../backend/pipeline/container-changes.ts";

const HOUR_MS = 3_600_000;

function world() {
    const never = new AbortController().signal;
    const watching: { tell: (project: string | null) => void; signal: AbortSignal }[] = [];
    const changes = new ContainerChanges(
        {
            docker: { watch: (tell, signal) => void watching.push({ tell, signal }) },
            // Only a signal ends this sleep.
            clock: { sleep: async (_ms, signal = never) => await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("woken")), { once: true })) },
        },
        "blog",
    );
    return { changes, watching, never };
}

describe("waiting for a project's containers", () => {
    it("ends with its next change, and not with another project's", async () => {
        const { changes, watching, never } = world();
        let isOver = false;
        const wait = changes.wait(HOUR_MS, never).then(() => (isOver = true));
        watching[0]?.tell("shop");
        await new Promise((resolve) => setImmediate(resolve));
        expect(isOver).toBe(false);
        watching[0]?.tell("blog");
        await wait;
    });

    it("does not begin when something has changed since the last, or may have while nobody listened", async () => {
        const { changes, watching, never } = world();
        const first = changes.wait(HOUR_MS, never);
        watching[0]?.tell(null);
        await first;
        watching[0]?.tell("blog");
        await changes.wait(HOUR_MS, never);
        expect(watching).toHaveLength(1);
        changes.close();
        expect(watching[0]?.signal.aborted).toBe(true);
    });

    it("ends with the reason of a deadline", async () => {
        const { changes } = world();
        const deadline = new AbortController();
        const wait = changes.wait(HOUR_MS, deadline.signal);
        deadline.abort(new Error("too late"));
        await expect(wait).rejects.toThrow("too late");
    });
});
