import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { scopeSelector } from "../../frontend/scope-styles.ts";
import { openLink } from "../../frontend/src/embed/agent-server.ts";
import { findDockgePage, type DockgePage, type DockgeRoute } from "../../frontend/src/embed/dockge-page.ts";
import { bringUpToDate } from "../../frontend/src/embed/marks.ts";
import { makeShell } from "../../frontend/src/embed/shell.ts";
import { followPageLanguage, type PageLanguage } from "../../frontend/src/embed/page-language.ts";
import en from "../../frontend/src/lang/en.json";
import type { Texts } from "../../frontend/src/lang/languages.ts";
import { addressOf, placeOf } from "../../frontend/src/embed/places.ts";

/** The parts of Dockge's page that ours are put into, as 1.5.0 draws them. */
const STACK_PAGE = `
    <main><div class="container-fluid"><div class="row">
        <div><div><a href="/compose" class="btn btn-primary mb-3">Compose</a></div>
            <div class="stack-list"><a class="item" href="/compose/blog"><div class="title">blog</div></a><a class="item active" href="/compose/wiki/host:5001"></a></div></div>
        <div><div><h1 class="mb-3">blog</h1><div class="mb-3">buttons</div></div></div>
    </div></div></main>`;

const english: PageLanguage = { locale: "en", texts: en, onChange: () => undefined };

type Listener = (...args: unknown[]) => void;

/** Dockge's socket: what is asked stays unanswered until a test answers. */
class FakeSocket {
    connected = true;
    readonly asked: unknown[][] = [];
    answer: ((...args: unknown[]) => unknown) | null = null;
    timeoutMs = 0;
    readonly #listeners = new Map<string, Set<Listener>>();

    on(event: string, listener: Listener): this {
        this.#listeners.set(event, (this.#listeners.get(event) ?? new Set()).add(listener));
        return this;
    }

    off(event: string, listener: Listener): this {
        this.#listeners.get(event)?.delete(listener);
        return this;
    }

    timeout(ms: number) {
        this.timeoutMs = ms;
        return {
            emitWithAck: (...args: unknown[]): Promise<unknown> => {
                this.asked.push(args);
                return this.answer === null ? Promise.reject(new Error("operation has timed out")) : Promise.resolve(this.answer(...args));
            },
        };
    }

    push(event: string, ...args: unknown[]): void {
        this.#listeners.get(event)?.forEach((listener) => listener(...args));
    }
}

function route(path: string, params: Record<string, string> = {}): DockgeRoute {
    return { path, fullPath: path, params, matched: [{}] };
}

let socket: FakeSocket;
let current: { value: DockgeRoute };
let root: Record<string, unknown>;
const pushed: string[] = [];

function dockgePage(): DockgePage {
    const found = findDockgePage(document);
    if ("missing" in found) {
        throw new Error(found.missing.join());
    }
    return found.page;
}

beforeEach(() => {
    document.body.innerHTML = `<div id="app">${STACK_PAGE}</div>`;
    pushed.length = 0;
    socket = new FakeSocket();
    current = { value: route("/compose/blog", { stackName: "blog" }) };
    root = {
        loggedIn: true,
        completeStackList: { blog_: { name: "blog", status: 3, isManagedByDockge: true }, foreign_: { name: "foreign", status: 3, isManagedByDockge: false } },
        agentStatusList: { "host:5001": "online", "away:5001": "offline" },
        getSocket: () => socket,
        $t: (key: string) => `[${key}]`,
    };
    const router = { currentRoute: current, isReady: vi.fn(), hasRoute: () => true, addRoute: vi.fn(), push: (to: string) => Promise.resolve(pushed.push(to)), replace: vi.fn(), afterEach: vi.fn() };
    Object.assign(document.querySelector("#app") ?? {}, { __vue_app__: { config: { globalProperties: { $router: router } } }, _vnode: { component: { proxy: root } } });
});

afterEach(() => {
    document.body.innerHTML = "";
});

describe("Dockge's page", () => {
    it("is used when all that we rely on is there, and else named by what is missing", () => {
        expect(findDockgePage(document)).toHaveProperty("page");
        delete root["getSocket"];
        delete root["completeStackList"];
        expect(findDockgePage(document)).toEqual({ missing: ["root.getSocket", "root.completeStackList"] });
        document.body.innerHTML = "";
        expect(findDockgePage(document)).toEqual({ missing: ["#app"] });
    });

    it("gets tabs below the title of a managed stack, once, and again when Dockge has redrawn it", () => {
        const page = dockgePage();
        bringUpToDate(page, english);
        bringUpToDate(page, english);
        const tabs = [...document.querySelectorAll<HTMLAnchorElement>("h1 + .git-deploy a")];
        expect(tabs.map((tab) => [tab.textContent?.trim(), tab.getAttribute("href"), tab.getAttribute("aria-current")])).toEqual([
            ["Compose", "/compose/blog", "page"],
            ["Git", "/stacks/blog/git", null],
            ["Deployments", "/stacks/blog/deployments", null],
        ]);
        expect(document.querySelectorAll('[data-testid="new-from-git"]')).toHaveLength(1);
        tabs[1]?.click();
        expect(pushed).toEqual(["/stacks/blog/git"]);

        document.querySelector("h1")?.replaceWith(Object.assign(document.createElement("h1"), { className: "mb-3" }));
        bringUpToDate(page, english);
        expect(document.querySelectorAll("h1 + .git-deploy")).toHaveLength(1);
        expect(document.querySelectorAll(".page-tabs")).toHaveLength(1);
    });

    it.each([
        ["a stack that Dockge does not manage", route("/compose/foreign", { stackName: "foreign" })],
        ["a new stack", route("/compose")],
        ["the console", route("/console")],
    ])("gets no tabs on %s", (_what, where) => {
        bringUpToDate(dockgePage(), english);
        current.value = where;
        bringUpToDate(dockgePage(), english);
        expect(document.querySelectorAll(".page-tabs")).toHaveLength(0);
    });

    it("keeps the list's highlight on our pages, and takes only its own away", () => {
        const items = () => [...document.querySelectorAll(".item")].map((item) => item.classList.contains("active"));
        current.value = route("/stacks/blog/git", { stackName: "blog" });
        bringUpToDate(dockgePage(), english);
        expect(items()).toEqual([true, true]);
        current.value = route("/compose/wiki/host:5001", { stackName: "wiki", endpoint: "host:5001" });
        bringUpToDate(dockgePage(), english);
        expect(items()).toEqual([false, true]);
    });
});

describe("the language of Dockge's page", () => {
    const texts = (locale: string): Promise<Texts> => Promise.resolve({ ...en, tabs: { ...en.tabs, git: `Git (${locale})` } });
    const bar = () => document.querySelector<HTMLElement>("h1 + .git-deploy");

    beforeEach(() => localStorage.clear());
    afterEach(() => document.documentElement.removeAttribute("lang"));

    it.each([
        ["zh-CN", "zh-CN"],
        ["zh-TW", "zh-CN"],
        ["de-CH", "de"],
        ["ja", "ja"],
        ["pt-BR", "en"],
        ["ar", "en"],
    ])("is ours, or close to it: %s", async (dockges, ours) => {
        localStorage.setItem("locale", dockges);
        expect((await followPageLanguage(texts)).locale).toBe(ours);
    });

    it("is followed when another one is chosen there, in the tabs as well", async () => {
        document.documentElement.lang = "fr";
        const language = await followPageLanguage(texts);
        bringUpToDate(dockgePage(), language);
        expect([bar()?.lang, bar()?.textContent]).toEqual(["fr", expect.stringContaining("Git (fr)")]);
        const changed = new Promise<void>((resolve) => language.onChange(resolve));
        document.documentElement.lang = "ja";
        await changed;
        bringUpToDate(dockgePage(), language);
        expect([bar()?.lang, bar()?.textContent]).toEqual(["ja", expect.stringContaining("Git (ja)")]);
        expect(document.querySelectorAll("[data-testid=new-from-git]")).toHaveLength(1);
        expect(document.querySelector<HTMLElement>("[data-testid=new-from-git]")?.lang).toBe("ja");
    });
});

describe("our page in Dockge's", () => {
    it("says that it is to be loaded again when an upgrade has taken a screen's files away", async () => {
        current.value = route("/stacks/blog/git", { stackName: "blog" });
        const setShown = vi.fn();
        let lose = (): void => undefined;
        const { component } = makeShell(dockgePage(), english, (onLost) => {
            lose = onLost;
            return Promise.resolve({ element: document.createElement("div"), setShown });
        });
        const comment = document.createComment("");
        document.querySelector("#app")?.append(comment);
        component.mounted.call({ $el: comment });
        await vi.waitFor(() => expect(setShown).toHaveBeenCalledWith(true));
        expect(document.querySelectorAll("#app p")).toHaveLength(0);
        lose();
        lose();
        expect(setShown).toHaveBeenLastCalledWith(false);
        expect([...document.querySelectorAll("#app p")].map((text) => text.textContent)).toEqual([en.embed.loadFailed]);
        component.beforeUnmount();
        expect(document.querySelectorAll("#app p")).toHaveLength(0);
    });
});

describe("an address", () => {
    it.each(["", "host:5001", "git", "deployments"])("leads to a stack and its tab and back, with the agent %j", (endpoint) => {
        for (const tab of ["compose", "git", "deployments"] as const) {
            const place = { tab, stackName: "git", endpoint };
            expect(placeOf(route(addressOf(tab, place), { stackName: "git", endpoint }))).toEqual(place);
        }
        const place = { tab: "git", stackName: "git", endpoint } as const;
        expect(placeOf(route(`${addressOf("git", place)}/deliveries`, { stackName: "git", endpoint }))).toEqual(place);
    });
});

describe("the connection of Dockge's page", () => {
    it("sends our verbs in the agent envelope, to the agent that has the stack", async () => {
        socket.answer = () => ({ ok: true, gitRepository: null });
        await openLink(dockgePage()).server("host:5001").call("getGitRepository", "blog");
        expect(socket.asked).toEqual([["agent", "host:5001", "getGitRepository", "blog"]]);
    });

    it("says what to do about an agent that never answers or is offline, and asks the latter nothing", async () => {
        const link = openLink(dockgePage());
        await expect(link.server("host:5001").call("getGitRepository", "blog")).rejects.toMatchObject({ code: "AGENT_SILENT", text: { key: "embed.agentSilent", values: { endpoint: "host:5001" } } });
        expect(socket.timeoutMs).toBeLessThan(20_000);
        await expect(link.server("").call("getGitRepository", "blog")).rejects.toMatchObject({ code: "NO_ANSWER" });
        await expect(link.server("away:5001").call("getGitRepository", "blog")).rejects.toMatchObject({ code: "AGENT_OFFLINE" });
        expect(socket.asked).toHaveLength(2);
    });

    it("hears only the pushes of its own server, until it stops listening", () => {
        const link = openLink(dockgePage());
        const heard: unknown[] = [];
        const stop = link.server("host:5001").on("deploymentLog", ({ text }) => heard.push(text));
        socket.push("agent", "deploymentLog", { text: "theirs", endpoint: "" });
        socket.push("agent", "deploymentLog", { text: "ours", endpoint: "host:5001" });
        stop();
        socket.push("agent", "deploymentLog", { text: "late", endpoint: "host:5001" });
        expect(heard).toEqual(["ours"]);
    });

    it("is ready again once Dockge has logged in after a reconnect", () => {
        const link = openLink(dockgePage());
        expect(link.generation.value).toBe(1);
        socket.push("info", { primaryHostname: null });
        expect(link.generation.value).toBe(1);
        socket.push("info", { version: "1.5.0" });
        expect(link.generation.value).toBe(2);
    });
});

describe("our styles", () => {
    it.each([
        [".btn:hover", ":is(.git-deploy, #git-deploy) .btn:hover"],
        [":root", ":is(.git-deploy, #git-deploy)"],
        ["[data-bs-theme=dark]", ".dark :is(.git-deploy, #git-deploy)"],
        ['[data-bs-theme="light"] .x', ".light :is(.git-deploy, #git-deploy) .x"],
        ["body", "#git-deploy"],
        ["*", ":is(.git-deploy, #git-deploy) *"],
    ])("are kept to our own elements: %s", (selector, scoped) => {
        expect(scopeSelector(selector)).toBe(scoped);
    });
});
