import { flushPromises, mount } from "@vue/test-utils";
import { defineComponent, h, ref } from "vue";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RouterView, type Router } from "vue-router";
import AppHeader from "../../frontend/src/components/AppHeader.vue";
import { SESSION } from "../../frontend/src/composables/use-session.ts";
import { useUnsavedChanges } from "../../frontend/src/composables/use-unsaved-changes.ts";
import { surroundings } from "./fixtures/test-server.ts";

const confirm = vi.fn(() => false);
beforeEach(() => {
    confirm.mockClear();
    vi.stubGlobal("confirm", confirm);
});
afterEach(() => void vi.unstubAllGlobals());

/** Two forms on the page of a stack, as on the Git tab, below the header of the app. */
async function open() {
    const { plugins, provide } = surroundings();
    const [isFirstChanged, isSecondChanged] = [ref(false), ref(false)];
    const form = (isChanged: typeof isFirstChanged) => ({
        setup: () => {
            useUnsavedChanges(() => isChanged.value);
            return () => h("form");
        },
    });
    const [First, Second] = [form(isFirstChanged), form(isSecondChanged)];
    const logOut = vi.fn();
    const isShown = ref(true);
    const App = defineComponent({ setup: () => () => [h(AppHeader), h(RouterView), isShown.value ? [h(First), h(Second)] : null] });
    const page = mount(App, { global: { plugins, provide: { ...provide, [SESSION as symbol]: { username: ref("ann"), canLogOut: ref(true), logOut } } } });
    const router: Router = page.vm.$router;
    await router.push("/compose/shop");
    const unload = () => {
        const event = new Event("beforeunload", { cancelable: true });
        window.dispatchEvent(event);
        return event.defaultPrevented;
    };
    return { page, router, isFirstChanged, isSecondChanged, isShown, logOut, unload };
}

describe("changes that are not saved", () => {
    it("are asked about once before another stack is opened on the same page", async () => {
        const { page, router, isFirstChanged, isSecondChanged } = await open();
        isFirstChanged.value = isSecondChanged.value = true;
        await router.push("/compose/blog");
        expect(confirm).toHaveBeenCalledTimes(1);
        expect(router.currentRoute.value.path).toBe("/compose/shop");
        await router.push("/compose/shop/agent.example:5001");
        expect(router.currentRoute.value.path).toBe("/compose/shop");
        confirm.mockReturnValueOnce(true);
        await router.push("/compose/blog");
        expect(router.currentRoute.value.path).toBe("/compose/blog");
        page.unmount();
    });

    it("are asked about when any form of the page has them, and not for a filter in the address", async () => {
        const { page, router, isSecondChanged } = await open();
        isSecondChanged.value = true;
        await router.push("/compose/shop?status=failed#log");
        expect(confirm).not.toHaveBeenCalled();
        await router.push("/");
        expect(confirm).toHaveBeenCalledTimes(1);
        page.unmount();
    });

    it("hold a reload and the closing of the tab", async () => {
        const { page, isFirstChanged, unload } = await open();
        expect(unload()).toBe(false);
        isFirstChanged.value = true;
        expect(unload()).toBe(true);
        page.unmount();
    });

    it("are asked about before a log-out", async () => {
        const { page, isFirstChanged, logOut } = await open();
        isFirstChanged.value = true;
        await page.get("[data-testid=logout]").trigger("click");
        expect([confirm.mock.calls.length, logOut.mock.calls.length]).toEqual([1, 0]);
        confirm.mockReturnValueOnce(true);
        await page.get("[data-testid=logout]").trigger("click");
        expect(logOut).toHaveBeenCalledTimes(1);
        page.unmount();
    });

    it("are nobody's once the form is gone, and nothing is asked without any", async () => {
        const { page, router, isFirstChanged, isShown, unload } = await open();
        await router.push("/compose/blog");
        isFirstChanged.value = true;
        isShown.value = false;
        await flushPromises();
        await router.push("/");
        expect([confirm.mock.calls.length, unload(), router.currentRoute.value.path]).toEqual([0, false, "/"]);
        page.unmount();
    });
});
