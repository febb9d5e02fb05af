import { describe, expect, it } from "vitest";
import { StackLocks } from "../../../../backend/host/stacks/exclusive.ts";

function gate() {
    let open = () => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    return { opened, open };
}

describe("StackLocks", () => {
    it("runs what waits in the order it was asked for, one at a time", async () => {
        const locks = new StackLocks();
        const first = gate();
        const order: string[] = [];
        const runs = [
            locks.wait("web", "first", async () => {
                await first.opened;
                order.push("first");
            }),
            locks.wait("web", "second", async () => void order.push("second")),
            locks.wait("web", "third", async () => void order.push("third")),
        ];
        await Promise.resolve();
        expect(order).toEqual([]);
        first.open();
        await Promise.all(runs);
        expect(order).toEqual(["first", "second", "third"]);
        expect(locks.holder("web")).toBeNull();
    });

    it("refuses a button at once, and says what runs", async () => {
        const locks = new StackLocks();
        const { opened, open } = gate();
        const running = locks.wait("web", "commit 1234abc is being released", () => opened);
        await expect(locks.claim("web", "it is being restarted", async () => {})).rejects.toMatchObject({
            code: "STACK_BUSY",
            message: "The stack web is busy: commit 1234abc is being released. Try again when that has finished.",
        });
        open();
        await running;
        await expect(locks.claim("web", "it is being restarted", async () => "done")).resolves.toBe("done");
    });

    it("does not let one stack wait for another", async () => {
        const locks = new StackLocks();
        const { opened, open } = gate();
        const running = locks.wait("web", "a release", () => opened);
        await expect(locks.claim("db", "it is being started", async () => "free")).resolves.toBe("free");
        open();
        await running;
    });

    it("lets the next one run when one fails", async () => {
        const locks = new StackLocks();
        const failing = locks.wait("web", "first", () => Promise.reject(new Error("broken")));
        const next = locks.wait("web", "second", async () => "ran");
        await expect(failing).rejects.toThrow("broken");
        await expect(next).resolves.toBe("ran");
    });

    it("is idle only when everything that waits has run too", async () => {
        const locks = new StackLocks();
        const { opened, open } = gate();
        const seen: string[] = [];
        void locks.wait("web", "first", () => opened);
        void locks.wait("web", "second", async () => void seen.push("second"));
        const idle = locks.idle().then(() => seen.push("idle"));
        open();
        await idle;
        expect(seen).toEqual(["second", "idle"]);
    });
});
