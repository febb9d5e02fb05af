import { mount } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { defineComponent } from "vue";
import { useReleaseEnd } from "../../frontend/src/composables/use-release-end.ts";
import { deploymentRow, surroundings, TestServer } from "./fixtures/test-server.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the progress of a release", () => {
    const clear = vi.fn();
    const open = (): TestServer => {
        clear.mockClear();
        const world = new TestServer();
        mount(defineComponent({ setup: () => useReleaseEnd(() => "blog", () => "compose--blog", clear), render: () => null }), { global: surroundings(world) });
        return world;
    };

    it("is cleared a moment after its deployment has ended", () => {
        const world = open();
        world.push("deploymentUpdated", { deployment: deploymentRow({ status: "deploying", completedAt: null }), steps: [] });
        world.push("deploymentUpdated", { deployment: deploymentRow({ stackId: "other" }), steps: [] });
        vi.advanceTimersByTime(60_000);
        expect(clear).not.toHaveBeenCalled();
        world.push("deploymentUpdated", { deployment: deploymentRow(), steps: [] });
        vi.advanceTimersByTime(5_000);
        expect(clear).toHaveBeenCalledOnce();
    });

    it("stays when something else has begun there", () => {
        const world = open();
        world.push("deploymentUpdated", { deployment: deploymentRow(), steps: [] });
        world.push("terminalWrite", "compose--blog", "Container blog-web-1  Stopping");
        vi.advanceTimersByTime(60_000);
        expect(clear).not.toHaveBeenCalled();
    });
});
