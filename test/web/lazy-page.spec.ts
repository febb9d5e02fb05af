import { createMemoryHistory, createRouter } from "vue-router";
import { flushPromises } from "@vue/test-utils";
import { expect, it } from "vitest";
import { lazyPage } from "../../frontend/src/lazy-page.ts";

it("pages of nested addresses that cannot be fetched fail as one navigation, and as nothing else", async () => {
    const unheard: unknown[] = [];
    const hear = (reason: unknown): void => void unheard.push(reason);
    process.on("unhandledRejection", hear);
    const gone = (name: string) => lazyPage(() => Promise.reject(new Error(`${name} is gone`)));
    const router = createRouter({ history: createMemoryHistory(), routes: [{ path: "/", component: gone("outer"), children: [{ path: "inner", component: gone("inner") }] }] });
    const failures: string[] = [];
    router.onError((error: Error) => failures.push(error.message));
    await expect(router.push("/inner")).rejects.toThrow("outer is gone");
    await flushPromises();
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", hear);
    expect([failures, unheard]).toEqual([["outer is gone"], []]);
});
