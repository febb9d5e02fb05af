import { flushPromises, mount } from "@vue/test-utils";
import { computed, ref, shallowRef } from "vue";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { matchedRouteKey } from "vue-router";
import ServiceRow from "../../frontend/src/components/stack/ServiceRow.vue";
import { OPEN_STACK } from "../../frontend/src/components/stack/open-stack.ts";
import { SESSION } from "../../frontend/src/composables/use-session.ts";
import { STACKS } from "../../frontend/src/composables/use-stacks.ts";
import type { Service } from "../../frontend/src/composables/use-services.ts";
import ComposeTab from "../../frontend/src/pages/ComposeTab.vue";
import type { Stack } from "../../frontend/src/server/dockge-wire.ts";
import { ServerError } from "../../frontend/src/server/server-error.ts";
import { repositoryRow, surroundings, TestServer } from "./fixtures/test-server.ts";

const YAML = "services:\n  web:\n    image: nginx\n  job:\n    build: .\n";
const USAGE = { BlockIO: "0B / 0B", CPUPerc: "1.50%", Container: "1", ID: "1", MemPerc: "0.1%", MemUsage: "12MiB / 8GiB", Name: "shop-web-1", NetIO: "1kB / 2kB", PIDs: "3" };
const PORT = { address: "0.0.0.0", publicPort: 8080, privatePort: 80, protocol: "tcp" };

/** The page asks before it is left; there is nothing to leave to. */
const ROUTE = { value: { leaveGuards: new Set(), updateGuards: new Set() } };

/** A plain field instead of the editor, which a page without layout cannot hold. */
const CodeEditor = { props: ["modelValue", "isReadOnly", "testid"], template: "<textarea :value='modelValue' :readonly='isReadOnly' :data-testid='testid' @input=\"$emit('update:modelValue', $event.target.value)\"></textarea>", methods: { goTo: () => undefined } };

const deployed = (trackedFiles: { compose: boolean; env: boolean }) => repositoryRow({ deployedCommit: "9c2f1ab", trackedFiles });

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
afterEach(() => void vi.useRealTimers());

async function open(changes: Partial<Stack> = {}, answers: TestServer["answers"] = {}, username = "ann") {
    const server = new TestServer();
    server.answers = {
        serviceStatusList: () => ({ serviceStatusList: { web: [{ status: "running", name: "shop-web-1", ports: [PORT] }] } }),
        dockerStats: () => ({ dockerStats: { "shop-web-1": USAGE } }),
        terminalJoin: () => ({ buffer: "" }),
        ...answers,
    };
    const stack: Stack = { name: "shop", status: 3, tags: [], isManagedByDockge: true, composeFileName: "compose.yaml", endpoint: "", composeYAML: YAML, composeENV: "", contentHash: "h1", primaryHostname: "apps.example.org", ...changes };
    const value = shallowRef<Stack | null>(stack);
    const openStack = { value, isLoading: ref(false), error: shallowRef(null), reload: vi.fn(async () => {}), status: computed(() => 3) };
    const session = { username: ref(username), isEnded: ref(false) };
    const around = surroundings(server);
    const stacks = { list: computed(() => []), isLoaded: ref(true), find: () => undefined, refresh: () => {} };
    const page = mount(ComposeTab, {
        props: { stackName: "shop" },
        attachTo: document.body,
        global: { ...around, provide: { ...around.provide, [OPEN_STACK as symbol]: openStack, [matchedRouteKey as symbol]: ROUTE, [STACKS as symbol]: stacks, [SESSION as symbol]: session }, stubs: { CodeEditor, LogsPanel: true, ShellLink: true } },
    });
    await vi.dynamicImportSettled();
    await flushPromises();
    const button = (testid: string, within = "") => page.find(`${within} [data-testid=${testid}]`);
    return { page, server, openStack, button, session };
}

describe("services on the Compose tab", () => {
    it("are those of the file and those that run, with ports, use and buttons for each", async () => {
        const { page } = await open();
        const [web, job] = [page.get("[data-testid=service-web]"), page.get("[data-testid=service-job]")];
        expect(web.text()).toContain("nginx");
        expect(web.get("[data-testid=service-usage]").text()).toContain("1.50%");
        expect(web.get("[data-testid=service-usage]").text()).toContain("12MiB");
        expect(web.get("a[data-testid=service-port]").attributes("href")).toBe("http://apps.example.org:8080");
        expect(web.find("[data-testid=service-stop]").exists()).toBe(true);
        expect(job.text()).toContain("no container");
        expect(job.find("[data-testid=service-start]").exists()).toBe(true);
        page.unmount();
    });

    it("are stopped one at a time, while every other button waits", async () => {
        let answer = () => {};
        const { page, server, button } = await open({}, { stopService: () => new Promise<void>((resolve) => (answer = resolve)) });
        await button("service-stop", "[data-testid=service-web]").trigger("click");
        expect(server.callsOf("stopService")).toEqual([["shop", "web"]]);
        expect(page.get("[data-testid=service-web] [data-testid=service-stop]").find(".spinner").exists()).toBe(true);
        for (const testid of ["service-start", "stack-deploy", "stack-restart", "stack-build", "stack-delete"]) {
            expect(button(testid).attributes("disabled"), testid).toBeDefined();
        }
        answer();
        await flushPromises();
        expect(button("service-start").attributes("disabled")).toBeUndefined();
        page.unmount();
    });

    it("are measured every five seconds, unless the server does not know how", async () => {
        const { page, server } = await open();
        vi.advanceTimersByTime(10_000);
        await flushPromises();
        expect(server.callsOf("dockerStats").length).toBeGreaterThan(1);
        page.unmount();
        const older = await open({}, { dockerStats: () => Promise.reject(new ServerError("NO_ANSWER", "no answer")) });
        vi.advanceTimersByTime(20_000);
        await flushPromises();
        expect(older.server.callsOf("dockerStats")).toHaveLength(1);
        older.page.unmount();
    });
});

describe("a port", () => {
    const hrefs = (ports: Partial<typeof PORT>[], hostname = "apps.example.org") => {
        const service: Service = { name: "web", written: null, isRunning: true, containers: [{ name: "a", state: "running", usage: null, ports: ports.map((port) => ({ ...PORT, ...port })) }] };
        const row = mount(ServiceRow, { props: { service, hostname, busy: null, isManaged: true }, global: surroundings() });
        return row.findAll("[data-testid=service-port]").map((port) => port.attributes("href") ?? port.text());
    };

    it("is a link where a browser can follow it", () => {
        expect(hrefs([{}, { publicPort: 443 }, { publicPort: 53, protocol: "udp" }, { publicPort: 81, address: "10.0.0.7" }, { publicPort: 82, address: "fd00::1" }, { publicPort: 83, address: "127.0.0.1" }])).toEqual([
            "http://apps.example.org:8080",
            "https://apps.example.org:443",
            "53/udp",
            "http://10.0.0.7:81",
            "http://[fd00::1]:82",
            "83",
        ]);
        expect(hrefs([{ address: "127.0.0.1" }], "localhost")).toEqual(["http://localhost:8080"]);
    });
});

describe("the files on the Compose tab", () => {
    it("are built only as they are saved", async () => {
        const { page, button } = await open();
        expect(button("stack-build").attributes("disabled")).toBeUndefined();
        await page.get("[data-testid=compose-editor]").setValue(`${YAML}# mine\n`);
        expect(button("stack-build").attributes("disabled")).toBeDefined();
        await button("stack-discard").trigger("click");
        expect((page.get("[data-testid=compose-editor]").element as HTMLTextAreaElement).value).toBe(YAML);
        page.unmount();
        const other = await open({ composeYAML: "services:\n  web:\n    image: nginx\n" });
        expect(other.button("stack-build").exists()).toBe(false);
        other.page.unmount();
    });

    it("that somebody else changed are never overwritten by accident, and nothing typed is lost", async () => {
        const { page, server, button } = await open({}, { saveStack: (...args: unknown[]) => (args[4] === null ? {} : Promise.reject(new ServerError("STACK_CHANGED", "changed"))) });
        await page.get("[data-testid=compose-editor]").setValue(`${YAML}# mine\n`);
        await button("stack-save").trigger("click");
        await flushPromises();
        expect((page.get("[data-testid=compose-editor]").element as HTMLTextAreaElement).value).toContain("# mine");
        await button("write-mine").trigger("click");
        await flushPromises();
        expect(server.callsOf("saveStack").map((args) => args[4])).toEqual(["h1", null]);
        page.unmount();
    });

    it("with a mistake lead to its line", async () => {
        const { page, button } = await open({}, { deployStack: () => Promise.reject(new ServerError("COMPOSE_INVALID", "line 4", { line: 4, column: 2 })) });
        await button("stack-deploy").trigger("click");
        await flushPromises();
        expect(button("go-to-mistake").text()).toBe("Go to line 4");
        page.unmount();
    });

    it("are read-only when they are not UTF-8", async () => {
        const { page } = await open({ notUtf8: [".env"] });
        expect(page.get("[data-testid=not-utf8]").text()).toContain(".env");
        expect(page.get("[data-testid=env-editor]").attributes("readonly")).toBeDefined();
        expect(page.get("[data-testid=compose-editor]").attributes("readonly")).toBeUndefined();
        page.unmount();
    });

    it("stay the person's until the first deployment from Git", async () => {
        const linked = await open({ gitRepository: repositoryRow(), buildConfig: null });
        expect(linked.page.find("[data-testid=not-from-git-yet]").exists()).toBe(true);
        expect(linked.page.get("[data-testid=compose-editor]").attributes("readonly")).toBeUndefined();
        expect(linked.page.find("[data-testid=read-only-file]").exists()).toBe(false);
        expect(linked.button("stack-save").exists()).toBe(true);
        linked.page.unmount();
        for (const changes of [{ gitRepository: deployed({ compose: true, env: true }) }, { gitRepository: repositoryRow(), composeYAML: "" }]) {
            const { page, button } = await open({ buildConfig: null, ...changes });
            expect(page.find("[data-testid=read-only-reason]").exists()).toBe(true);
            expect(page.get("[data-testid=compose-editor]").attributes("readonly")).toBeDefined();
            expect(page.findAll("[data-testid=read-only-file]")).toHaveLength(2);
            expect(button("stack-save").exists()).toBe(false);
            page.unmount();
        }
    });

    it("are each read-only only where the repository has them", async () => {
        const { page, server, button } = await open({ gitRepository: deployed({ compose: true, env: false }), composeENV: "A=1\n" });
        expect(page.get("[data-testid=read-only-reason]").text()).toContain("The repository has no .env");
        expect(page.get("[data-testid=read-only-reason] a").attributes("href")).toBe("/compose/shop/git");
        expect(page.get("[data-testid=compose-editor]").attributes("readonly")).toBeDefined();
        expect(button("stack-build").exists()).toBe(false);
        await page.get("[data-testid=env-editor]").setValue("A=2\n");
        await button("stack-save").trigger("click");
        expect(server.callsOf("saveStack")).toEqual([["shop", YAML, "A=2\n", false, "h1"]]);
        page.unmount();

        const own = await open({ gitRepository: deployed({ compose: false, env: true }) });
        expect([own.page.get("[data-testid=compose-editor]"), own.page.get("[data-testid=env-editor]")].map((editor) => editor.attributes("readonly") !== undefined)).toEqual([false, true]);
        expect(own.page.find("[data-testid=not-from-git-yet]").exists()).toBe(false);
        own.page.unmount();
    });

    it("are loaded anew when the page is looked at again, and never over what is typed", async () => {
        const { page, server, openStack } = await open();
        window.dispatchEvent(new Event("focus"));
        server.push("stackList", { ok: true, stackList: {} });
        expect(openStack.reload).toHaveBeenCalledTimes(2);
        await page.get("[data-testid=compose-editor]").setValue(`${YAML}# mine\n`);
        window.dispatchEvent(new Event("focus"));
        expect(openStack.reload).toHaveBeenCalledTimes(2);
        page.unmount();
        window.dispatchEvent(new Event("focus"));
        expect(openStack.reload).toHaveBeenCalledTimes(2);
    });

    it("are saved over what they were when the editing began, whatever was loaded since", async () => {
        const { page, server, openStack, button } = await open({ composeENV: "A=1\n" });
        await page.get("[data-testid=env-editor]").setValue("A=2\n");
        openStack.value.value = { ...openStack.value.value!, composeYAML: `${YAML}# theirs\n`, contentHash: "h2" };
        await button("stack-save").trigger("click");
        server.answers["saveStack"] = () => ({});
        expect(server.callsOf("saveStack").at(-1)?.at(-1)).toBe("h1");
        page.unmount();
    });

    it("are saved again and again, also when a deployment of them failed and while somebody types on", async () => {
        const { page, server, openStack, button } = await open();
        let hash = 1;
        openStack.reload.mockImplementation(async () => {
            const [, composeYAML, composeENV] = server.callsOf("saveStack").concat(server.callsOf("deployStack")).at(-1) as string[];
            openStack.value.value = { ...openStack.value.value!, composeYAML: composeYAML!, composeENV: composeENV!, contentHash: `h${++hash}` };
        });
        const type = async (text: string) => await page.get("[data-testid=env-editor]").setValue(text);
        await type("A=1\n");
        await button("stack-save").trigger("click");
        await flushPromises();
        expect(button("stack-save").attributes("disabled")).toBeDefined();

        await type("A=2\n");
        await button("stack-save").trigger("click");
        await type("A=2\nB=2\n");
        await flushPromises();
        expect(button("stack-save").attributes("disabled")).toBeUndefined();
        server.answers["deployStack"] = () => Promise.reject(new ServerError("UP_FAILED", "no such image"));
        await button("stack-deploy").trigger("click");
        await flushPromises();
        expect(button("stack-save").attributes("disabled")).toBeDefined();
        await type("A=3\n");
        await button("stack-deploy").trigger("click");
        expect([...server.callsOf("saveStack"), ...server.callsOf("deployStack")].map((call) => call.slice(2))).toEqual([
            ["A=1\n", false, "h1"],
            ["A=2\n", false, "h2"],
            ["A=2\nB=2\n", false, "h3"],
            ["A=3\n", false, "h4"],
        ]);
        page.unmount();
    });

    it("of others are kept where only the other file was typed in, when mine is written over theirs", async () => {
        const conflict = (...args: unknown[]) => (args[4] === null ? {} : Promise.reject(new ServerError("STACK_CHANGED", "changed")));
        const { page, server, openStack, button } = await open({ composeENV: "A=1\n" }, { saveStack: conflict });
        await page.get("[data-testid=env-editor]").setValue("A=2\n");
        await button("stack-save").trigger("click");
        await flushPromises();
        openStack.reload.mockImplementation(async () => void (openStack.value.value = { ...openStack.value.value!, composeYAML: `${YAML}# theirs\n`, contentHash: "h2" }));
        await button("write-mine").trigger("click");
        await flushPromises();
        expect(server.callsOf("saveStack").at(-1)).toEqual(["shop", `${YAML}# theirs\n`, "A=2\n", false, null]);
        page.unmount();
    });

    it("come back as they were typed after a session that ended elsewhere, for the same person alone", async () => {
        const type = async () => {
            const opened = await open();
            await opened.page.get("[data-testid=compose-editor]").setValue(`${YAML}# mine\n`);
            return opened;
        };
        const shown = ({ page }: Awaited<ReturnType<typeof open>>) => (page.get("[data-testid=compose-editor]").element as HTMLTextAreaElement).value;
        const first = await type();
        first.session.isEnded.value = true;
        first.page.unmount();
        const again = await open({ composeYAML: `${YAML}# theirs\n`, contentHash: "h2" });
        expect(shown(again)).toBe(`${YAML}# mine\n`);
        await again.button("stack-save").trigger("click");
        expect(again.server.callsOf("saveStack").at(-1)?.at(-1)).toBe("h1");

        again.session.isEnded.value = true;
        again.page.unmount();
        const other = await open({}, {}, "bob");
        expect(shown(other)).toBe(YAML);
        other.page.unmount();
        const third = await type();
        third.session.isEnded.value = true;
        third.page.unmount();
        (await open({ name: "blog" }, {}, "bob")).page.unmount();
        const back = await open();
        expect(shown(back)).toBe(YAML);
        back.page.unmount();
        // Left by a person who was asked: nothing is kept.
        (await type()).page.unmount();
        const later = await open();
        expect(shown(later)).toBe(YAML);
        later.page.unmount();
    });

    it("that are being edited hold the page", async () => {
        const { page } = await open();
        const unload = () => !window.dispatchEvent(new Event("beforeunload", { cancelable: true }));
        expect(unload()).toBe(false);
        await page.get("[data-testid=compose-editor]").setValue(`${YAML}# mine\n`);
        expect(unload()).toBe(true);
        page.unmount();
    });

    it("of a stack from elsewhere are not shown, nor are buttons", async () => {
        const { page, button } = await open({ isManagedByDockge: false, composeYAML: "" });
        expect(page.find("[data-testid=foreign-stack]").exists()).toBe(true);
        expect(page.find("[data-testid=service-web]").exists()).toBe(true);
        for (const testid of ["stack-deploy", "stack-delete", "compose-editor", "service-stop"]) {
            expect(button(testid).exists(), testid).toBe(false);
        }
        page.unmount();
    });
});

describe("deleting", () => {
    it("says what goes and what stays before it happens", async () => {
        const { page, server, button } = await open();
        await button("stack-delete").trigger("click");
        const dialog = document.querySelector("[data-testid=destroyed]")?.textContent ?? "";
        expect(dialog).toContain("shop-web-1");
        expect(dialog).toContain("the folder shop");
        expect(dialog).not.toContain("Git");
        expect(server.callsOf("deleteStack")).toEqual([]);
        document.querySelector<HTMLButtonElement>("[data-testid=confirm-ok]")?.click();
        await flushPromises();
        expect(server.callsOf("deleteStack")).toEqual([["shop"]]);
        page.unmount();
    });
});
