import { flushPromises, mount } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createI18n } from "vue-i18n";
import { createMemoryHistory, createRouter } from "vue-router";
import type { DeploymentDetail, StepView } from "../../common/views.ts";
import ToastStack from "../../frontend/src/components/ToastStack.vue";
import en from "../../frontend/src/lang/en.json";
import DeploymentPage from "../../frontend/src/pages/DeploymentPage.vue";
import { SERVER } from "../../frontend/src/server/server.ts";
import { ServerError } from "../../frontend/src/server/server-error.ts";
import { line, LogFile } from "./fixtures/log-file.ts";
import { deploymentRow, surroundings, TestServer } from "./fixtures/test-server.ts";

/** happy-dom lays nothing out: the log is so high, and its rows as high as they are taken for. Pixels. */
const VIEW_HEIGHT = 400;

beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(VIEW_HEIGHT);
});
afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
});

function stepView(changes: Partial<StepView>): StepView {
    return { id: changes.name ?? "", deploymentId: "d1", name: "build", status: "successful", startedAt: "2026-01-31T10:00:00.000Z", completedAt: "2026-01-31T10:00:05.000Z", duration: 5, error: null, ...changes } as StepView;
}

async function open(file: LogFile, changes: Partial<DeploymentDetail> = {}, hash = "") {
    const world = new TestServer();
    file.serve(world);
    const detail: DeploymentDetail = { ...deploymentRow(), steps: [stepView({ name: "fetch" }), stepView({ name: "build" })], buildLogs: "", deploymentLogs: "", logSize: 1, waitsFor: null, ...changes };
    world.answers["getDeployment"] ??= () => ({ deployment: detail });
    world.answers["getGitRepository"] = () => ({ gitRepository: null });
    world.answers["getDeploymentList"] = () => ({ items: [detail], total: 1, page: 1, perPage: 1 });
    world.answers["serviceStatusList"] = () => ({ serviceStatusList: { web: [{ status: "healthy", name: "blog-web-1" }], cache: "exited" } });
    const blank = { render: () => null };
    const router = createRouter({
        history: createMemoryHistory(),
        routes: [
            { path: "/:stackName", name: "stack-deployments", component: blank },
            { path: "/:stackName/:deploymentId", name: "deployment", component: blank },
        ],
    });
    await router.push(`/blog/d1${hash}`);
    const page = mount(DeploymentPage, {
        props: { stackName: "blog", deploymentId: "d1" },
        global: { plugins: [createI18n({ legacy: false, locale: "en", messages: { en } }), router], provide: { [SERVER as symbol]: world.server } },
        attachTo: document.body,
    });
    const settle = async (): Promise<void> => {
        for (let round = 0; round < 6; round += 1) {
            await flushPromises();
            await vi.advanceTimersByTimeAsync(40);
        }
    };
    await settle();
    const lines = (): string[] => page.findAll(".log-line").map((row) => row.get(".log-text").text());
    const scrollTo = async (top: number): Promise<void> => {
        page.get("[data-testid=log-lines]").element.scrollTop = top;
        await page.get("[data-testid=log-lines]").trigger("scroll");
        await settle();
    };
    return { world, page, router, settle, lines, scrollTo };
}

const steps = line("Fetching", { step: "fetch", stream: "note" }) + line("one") + line("two \x1b[31mred\x1b[0m <b>text</b>", { level: "warn" }) + line("three", { stream: "err", level: "error" });

describe("the log of a deployment", () => {
    it("says that it waits, and then that there is none", async () => {
        const file = new LogFile("");
        const { page, world, settle } = await open(file, { status: "building", completedAt: null });
        expect(page.get("[data-testid=log-nothing]").text()).toBe("Waiting for the first line…");
        file.append(world, line("first", { step: "fetch" }));
        await settle();
        expect(page.find("[data-testid=log-nothing]").exists()).toBe(false);
        page.unmount();
        const empty = new LogFile("");
        empty.isComplete = true;
        const ended = await open(empty);
        expect(ended.page.get("[data-testid=log-nothing]").text()).toBe("This deployment has no log.");
        ended.page.unmount();
    });

    it("shows colours as spans and markup as text, a heading for each step, and times when they are wanted", async () => {
        const { page } = await open(new LogFile(steps));
        expect(page.findAll("[data-testid=log-section]").map((each) => each.attributes("data-step"))).toEqual(["fetch", "build"]);
        expect(page.get(".ansi-red").text()).toBe("red");
        expect(page.find(".log-text b").exists()).toBe(false);
        expect(page.find("time.log-time").exists()).toBe(false);
        await page.get("[data-testid=log-timestamps]").trigger("click");
        expect(page.get("time.log-time").attributes("datetime")).toBe("2026-01-31T10:00:00.000Z");
        page.unmount();
    });

    it("says that it is too long to copy, which is no error", async () => {
        const { page } = await open(new LogFile(line("x").repeat(100_001)));
        await page.get("[data-testid=log-copy]").trigger("click");
        const toasts = mount(ToastStack, { global: surroundings() });
        expect(toasts.get("[data-testid=toast-notice]").text()).toContain("100,001 lines are too many");
        expect(toasts.find("[data-testid=error-code]").exists()).toBe(false);
        await toasts.get("button").trigger("click");
        expect(toasts.find("[data-testid=toast-notice]").exists()).toBe(false);
        page.unmount();
    });

    it("folds one step and all of them", async () => {
        const { page, lines } = await open(new LogFile(steps));
        await page.get("[data-step=build]").trigger("click");
        expect(lines()).toEqual(["Fetching"]);
        expect(page.get("[data-step=build]").attributes("aria-expanded")).toBe("false");
        await page.get("[data-testid=log-fold-all]").trigger("click");
        expect(lines()).toEqual([]);
        await page.get("[data-testid=log-fold-all]").trigger("click");
        expect(lines()).toHaveLength(4);
        page.unmount();
    });

    it("shows only warnings, errors, what came on stderr, or one step", async () => {
        const { page, lines, settle } = await open(new LogFile(steps));
        const filter = async (name: string): Promise<string[]> => {
            await page.get("[data-testid=log-level]").setValue(name);
            await settle();
            return lines();
        };
        expect(await filter("warn")).toEqual(["two red <b>text</b>", "three"]);
        expect(await filter("error")).toEqual(["three"]);
        expect(await filter("stderr")).toEqual(["three"]);
        await page.get("[data-testid=log-level]").setValue("all");
        await page.get("[data-testid=step-fetch]").trigger("click");
        await settle();
        expect(lines()).toEqual(["Fetching"]);
        expect(page.get("[data-testid=log-count]").text()).toBe("Lines: 1");
        page.unmount();
    });

    it("searches a long log, goes from hit to hit, and draws only some rows of it", async () => {
        const file = new LogFile(Array.from({ length: 20_000 }, (_, index) => line(index % 5_000 === 0 ? `needle ${index}` : `hay ${index}`)).join(""), 100_000);
        const { page, settle } = await open(file);
        expect(page.findAll(".log-line").length).toBeLessThan(80);
        await page.get("[data-testid=log-search]").setValue("NEEDLE");
        await settle();
        await settle();
        const count = (): string => page.get("[data-testid=log-search-count]").text();
        expect(count()).toMatch(/of 4$/);
        const first = Number(/^\d/.exec(count())?.[0]);
        await page.get("[data-testid=log-search]").trigger("keydown", { key: "Enter" });
        await settle();
        expect(count()).toBe(`${(first % 4) + 1} of 4`);
        expect(page.get(".is-hit mark").text()).toBe("needle");
        await page.get("[data-testid=log-search]").setValue("nowhere");
        await settle();
        await settle();
        expect(count()).toBe("not found");
        page.unmount();
    });

    it("follows the end, lets go when somebody scrolls up, and comes back at the end", async () => {
        const file = new LogFile(Array.from({ length: 500 }, (_, index) => line(`line ${index}`)).join(""));
        const { page, world, settle, lines, scrollTo } = await open(file, { status: "building", completedAt: null });
        expect(lines().at(-1)).toBe("line 499");
        file.append(world, line("line 500"));
        await settle();
        expect(lines().at(-1)).toBe("line 500");
        await scrollTo(2_000);
        file.append(world, line("line 501"));
        await settle();
        expect(lines()).not.toContain("line 501");
        expect(page.find("[data-testid=log-follow]").exists()).toBe(true);
        await page.get("[data-testid=log-follow]").trigger("click");
        await settle();
        expect(lines().at(-1)).toBe("line 501");
        page.unmount();
    });

    it("shows its first line to whoever scrolls up in steps", async () => {
        const { page, lines, scrollTo } = await open(new LogFile(Array.from({ length: 500 }, (_, index) => line(`line ${index}`)).join("")));
        await scrollTo(2_000);
        await scrollTo(0);
        expect(lines()[0]).toBe("line 0");
        page.unmount();
    });

    it("opens at the line of the address, and puts chosen lines into it", async () => {
        const file = new LogFile(Array.from({ length: 5_000 }, (_, index) => line(`line ${index + 1}`)).join(""), 50_000);
        const { page, router, settle } = await open(file, {}, "#L2500");
        expect(page.get(".is-selected").text()).toContain("line 2500");
        await page.get("[data-line='2502'] .log-number").trigger("click");
        await settle();
        await page.get("[data-line='2504'] .log-number").trigger("click", { shiftKey: true });
        await settle();
        expect(router.currentRoute.value.hash).toBe("#L2502-L2504");
        expect(page.findAll(".is-selected")).toHaveLength(3);
        await page.get("[data-testid=log-clear-selection]").trigger("click");
        await settle();
        expect(page.findAll(".is-selected")).toHaveLength(0);
        page.unmount();
    });

    it("fills the window until Escape", async () => {
        const { page } = await open(new LogFile(steps));
        await page.get("[data-testid=log-full]").trigger("click");
        expect(page.get("[data-testid=log-pane]").classes()).toContain("is-full");
        await page.get("[data-testid=log-lines]").trigger("keydown", { key: "Escape" });
        expect(page.get("[data-testid=log-pane]").classes()).not.toContain("is-full");
        page.unmount();
    });

    it("says when it cannot be loaded, and tries again", async () => {
        const file = new LogFile(steps);
        const { page, world, lines, settle } = await open(file);
        world.answers["joinDeploymentLog"] = () => {
            throw new ServerError("NO_ANSWER", "The server did not answer in time.");
        };
        world.generation.value += 1;
        await settle();
        expect(page.get("[data-testid=log-pane] [role=alert]").text()).toContain("The log could not be loaded");
        file.text += line("written meanwhile");
        file.serve(world);
        await page.get("[data-testid=log-retry]").trigger("click");
        await settle();
        expect(page.find("[data-testid=log-pane] [role=alert]").exists()).toBe(false);
        expect(lines()).toHaveLength(5);
        page.unmount();
    });
});

describe("the page around it", () => {
    it("opens a failed run at the failing line and leads back to it", async () => {
        const text = Array.from({ length: 3_000 }, (_, index) => line(index === 1_200 ? "npm ERR! code ERESOLVE" : `line ${index}`, index === 1_200 ? { stream: "err", level: "error" } : {})).join("");
        const { page, lines, settle, scrollTo } = await open(new LogFile(text + line("cleanup done", { step: "cleanup" })), { status: "failed", error: "The build failed.", errorCode: "BUILD_FAILED", steps: [stepView({ status: "failed" }), stepView({ name: "cleanup" })] });
        expect(page.get("[data-testid=failure-text]").text()).toBe("The build failed.");
        expect(page.get(".is-failing").text()).toContain("ERESOLVE");
        await scrollTo(0);
        expect(lines()).not.toContain("npm ERR! code ERESOLVE");
        const scrollPage = vi.spyOn(page.get("[data-testid=log-pane]").element, "scrollIntoView");
        await page.get("[data-testid=show-failing-line]").trigger("click");
        await settle();
        expect(lines()).toContain("npm ERR! code ERESOLVE");
        expect(scrollPage).toHaveBeenCalledWith({ block: "nearest" });
        expect(document.activeElement).toBe(page.get("[data-testid=log-lines]").element);
        page.unmount();
    });

    it("says what the running step does just now, and how the services are", async () => {
        const { page } = await open(new LogFile(line("Waiting for web: starting", { step: "health", stream: "note" })), { status: "deploying", completedAt: null, duration: null, steps: [stepView({ name: "health", status: "running", completedAt: null, duration: null })] });
        expect(page.get("[data-testid=step-activity]").text()).toBe("Waiting for web: starting");
        expect(page.findAll("[data-testid=service-health] li").map((each) => each.text())).toEqual(["webhealthy", "cacheexited"]);
        page.unmount();
    });

    it.each([
        [{ kind: "deployment", deploymentId: "d0", commitSha: "abcdef1234" } as const, "Show abcdef1"],
        [{ kind: "retry", at: new Date(Date.now() + 30_000).toISOString() } as const, "The next one begins in"],
        [{ kind: "worker" } as const, "deployments of other stacks"],
    ])("says what a queued deployment waits for: %o", async (waitsFor, text) => {
        const { page } = await open(new LogFile(""), { status: "pending", startedAt: null, completedAt: null, duration: null, steps: [], waitsFor });
        expect(page.get("[data-testid=waits-for]").text()).toContain(text);
        expect(page.find("[data-testid=service-health]").exists()).toBe(false);
        page.unmount();
    });
});
