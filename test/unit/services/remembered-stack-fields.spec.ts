import { describe, expect, it } from "vitest";
import { RememberedStackFields } from "../../../backend/services/remembered-stack-fields.ts";

function world() {
    const state = { mark: "1", reads: 0, now: 0 };
    const fields = new RememberedStackFields({
        read: (names) => ((state.reads += 1), Promise.resolve(new Map(names.map((name) => [name, { gitRepository: null, buildConfig: null, latestDeployment: null, deploymentHistory: [] }])))),
        changeMark: () => Promise.resolve(state.mark),
        clock: { monotonic: () => state.now },
    });
    return { state, fields };
}

describe("what Git knows of the stacks in the list", () => {
    it("is read once while the database does not change", async () => {
        const { state, fields } = world();
        const first = await fields.fields(["a", "b"]);
        expect(await fields.fields(["a", "b"])).toBe(first);
        expect(state.reads).toBe(1);
        state.mark = "2";
        expect(await fields.fields(["a", "b"])).not.toBe(first);
        expect([...(await fields.fields(["a", "c"])).keys()]).toEqual(["a", "c"]);
    });

    it("is read again after a minute, since a secret's time of grace ends by the clock", async () => {
        const { state, fields } = world();
        await fields.fields(["a", "b"]);
        state.now = 60_001;
        await fields.fields(["a", "b"]);
        expect(state.reads).toBe(2);
    });

    it("of one stack is always read, and does not drive out the list's", async () => {
        const { state, fields } = world();
        await fields.fields(["a", "b"]);
        await fields.fields(["a"]);
        await fields.fields(["a"]);
        await fields.fields(["a", "b"]);
        expect(state.reads).toBe(3);
    });
});
