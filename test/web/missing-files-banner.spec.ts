import { mount } from "@vue/test-utils";
import { nextTick } from "vue";
import { expect, it, vi } from "vitest";
import MissingFilesBanner from "../../frontend/src/components/MissingFilesBanner.vue";
import { surroundings } from "./fixtures/test-server.ts";

it("a part of the page that cannot be fetched is told of, with a button that loads the page anew", async () => {
    const reload = vi.spyOn(location, "reload").mockImplementation(() => undefined);
    const banner = mount(MissingFilesBanner, { global: surroundings() });
    expect(banner.find("[data-testid=files-missing]").exists()).toBe(false);
    window.dispatchEvent(new Event("vite:preloadError"));
    await nextTick();
    await banner.get("[data-testid=files-missing] button").trigger("click");
    expect(reload).toHaveBeenCalledTimes(1);
    banner.unmount();
});
