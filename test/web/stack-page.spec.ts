import { flushPromises, mount } from "@vue/test-utils";
import { computed, ref } from "vue";
import { describe, expect, it } from "vitest";
import { AGENTS } from "../../frontend/src/composables/use-agents.ts";
import { STACKS } from "../../frontend/src/composables/use-stacks.ts";
import { useToasts } from "../../frontend/src/composables/use-toasts.ts";
import StackPage from "../../frontend/src/pages/StackPage.vue";
import { ServerError } from "../../frontend/src/server/server-error.ts";
import { surroundings, TestServer } from "./fixtures/test-server.ts";

describe("the page of a stack", () => {
    it("that is not there says so, without tabs; one that is deleted while it is open stays", async () => {
        const server = new TestServer();
        server.answers = { getStack: (name: string) => (name === "shop" ? { stack: { name } } : Promise.reject(new ServerError("STACK_NOT_FOUND", "Stack not found"))) };
        const stacks = { list: computed(() => []), isLoaded: ref(true), find: () => undefined, refresh: () => {} };
        const around = surroundings(server);
        const page = mount(StackPage, { props: { stackName: "gone" }, global: { ...around, provide: { ...around.provide, [STACKS as symbol]: stacks, [AGENTS as symbol]: { find: () => undefined } } } });
        await flushPromises();
        expect(page.get("[data-testid=stack-not-found]").text()).toContain("There is no stack gone");
        expect(page.find("nav").exists()).toBe(false);
        await page.setProps({ stackName: "shop" });
        await flushPromises();
        expect(page.find("nav").exists()).toBe(true);
        server.answers["getStack"] = () => Promise.reject(new ServerError("STACK_NOT_FOUND", "Stack not found"));
        server.generation.value += 1;
        await flushPromises();
        expect(page.find("[data-testid=stack-not-found]").exists()).toBe(false);
        page.unmount();
    });
});

describe("a failure", () => {
    it("is said once, however often it happens", () => {
        const { failure, list, close } = useToasts();
        failure(new ServerError("PULL_FAILED", "No such image."));
        failure(new ServerError("PULL_FAILED", "No such image."));
        failure(new ServerError("PULL_FAILED", "Another image."));
        expect(list.value.map(({ text }) => text)).toEqual(["No such image.", "Another image."]);
        list.value.forEach(({ id }) => close(id));
    });
});
