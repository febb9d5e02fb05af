import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { effectScope, nextTick, ref } from "vue";
import { useTypedFilter } from "../../frontend/src/composables/use-typed-filter.ts";

const PAUSE_MS = 300;

function world() {
    const filter = ref({ q: "", branch: "", status: "failed", page: 3 });
    const scope = effectScope();
    const { typed, change } = scope.run(() => useTypedFilter(filter, ["q", "branch"]))!;
    const type = async (text: string) => {
        typed.q = text;
        await nextTick();
    };
    return { filter, scope, typed, change, type };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the typed fields of a filter", () => {
    it("are handed on when the typing pauses, without blanks, from the first page on", async () => {
        const { filter, type } = world();
        await type(" lo");
        vi.advanceTimersByTime(PAUSE_MS - 1);
        await type(" login ");
        vi.advanceTimersByTime(PAUSE_MS - 1);
        expect(filter.value.q).toBe("");
        vi.advanceTimersByTime(1);
        expect(filter.value).toEqual({ q: "login", branch: "", status: "failed", page: 1 });
    });

    it("leave the page alone where only blanks were typed", async () => {
        const { filter, type } = world();
        await type("  ");
        vi.advanceTimersByTime(PAUSE_MS);
        expect(filter.value.page).toBe(3);
    });

    it("follow the address line", async () => {
        const { filter, typed } = world();
        filter.value = { ...filter.value, q: "back", page: 2 };
        await nextTick();
        expect(typed).toEqual({ q: "back", branch: "" });
        vi.advanceTimersByTime(PAUSE_MS);
        expect(filter.value.page).toBe(2);
    });

    it("say nothing any more when the list is gone", async () => {
        const { filter, scope, type } = world();
        await type("login");
        scope.stop();
        vi.advanceTimersByTime(PAUSE_MS);
        expect(filter.value.q).toBe("");
    });
});
