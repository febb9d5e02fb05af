import { flushPromises, mount } from "@vue/test-utils";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Component } from "vue";
import type { Router } from "vue-router";
import en from "../../frontend/src/lang/en.json";
import DeliveryRow from "../../frontend/src/components/git/DeliveryRow.vue";
import { readFilter, toListInput, toQuery } from "../../frontend/src/components/git/delivery-filter.ts";
import FoldCard from "../../frontend/src/components/git/FoldCard.vue";
import ListEditor from "../../frontend/src/components/git/ListEditor.vue";
import PausedNotice from "../../frontend/src/components/git/PausedNotice.vue";
import RepositoryForm from "../../frontend/src/components/git/RepositoryForm.vue";
import RulesSection from "../../frontend/src/components/git/RulesSection.vue";
import type { Variable } from "../../frontend/src/components/git/variable.ts";
import VariablesEditor from "../../frontend/src/components/git/VariablesEditor.vue";
import WebhookCard from "../../frontend/src/components/git/WebhookCard.vue";
import type { BuildConfigDraft } from "../../frontend/src/composables/use-build-config.ts";
import { useToasts } from "../../frontend/src/composables/use-toasts.ts";
import { readVerdict } from "../../frontend/src/components/git/verdict.ts";
import DeliveriesPage from "../../frontend/src/pages/DeliveriesPage.vue";
import { ServerError } from "../../frontend/src/server/server-error.ts";
import type { WebhookEventView } from "../../common/views.ts";
import { repositoryRow, surroundings, TestServer } from "./fixtures/test-server.ts";

const DELIVERY: WebhookEventView = {
    id: "e1", repositoryId: "r1", provider: "github", eventType: "push", deliveryId: "72d3162e", payload: null, headers: {}, verified: true, processed: true,
    verdict: "ignore: PATHS_UNCHANGED. Nothing changed that counts.", deploymentId: null, commitSha: null, branch: null, tag: null, receivedAt: "2026-01-31T10:00:00.000Z", processedAt: "2026-01-31T10:00:00.000Z", error: null,
};

afterEach(() => vi.unstubAllGlobals());

describe("a delivery", () => {
    it("says why in the language of the page, with the server's own sentence below", async () => {
        const open = async (delivery: WebhookEventView, locale: string) => {
            const around = surroundings();
            const i18n = around.plugins[0] as { global: { locale: { value: string }; setLocaleMessage: (locale: string, texts: object) => void } };
            i18n.global.setLocaleMessage("de", { ...en, ignoreReason: { PATHS_UNCHANGED: "Nichts davon." }, errors: { ...en.errors, SIGNATURE_INVALID: "Falsche Signatur." } });
            i18n.global.locale.value = locale;
            const row = mount(DeliveryRow, { props: { delivery, stackName: "blog", hasReason: true }, global: around });
            row.get<HTMLDetailsElement>("[data-testid=delivery-row]").element.open = true;
            await row.get("[data-testid=delivery-row]").trigger("toggle");
            return row;
        };
        const ignored = await open(DELIVERY, "de");
        expect([ignored.get("summary .reason"), ignored.get("[data-testid=delivery-reason]"), ignored.get("[data-testid=delivery-reason-detail]")].map((found) => found.text())).toEqual(["Nichts davon.", "Nichts davon.", "Nothing changed that counts."]);
        const refused = await open({ ...DELIVERY, verified: false, verdict: "reject: SIGNATURE_INVALID", error: "The signature is wrong." }, "de");
        expect([refused.get("[data-testid=delivery-reason]"), refused.get("[data-testid=delivery-reason-detail]")].map((found) => found.text())).toEqual(["Falsche Signatur.", "The signature is wrong."]);
        const english = await open(DELIVERY, "en");
        expect([english.get("[data-testid=delivery-reason]").text(), english.find("[data-testid=delivery-reason-detail]").exists()]).toEqual(["Nothing changed that counts.", false]);
    });

    it("names the commit and where it was pushed to, where its deployment tells it", () => {
        const row = (changes: Partial<WebhookEventView>) => mount(DeliveryRow, { props: { delivery: { ...DELIVERY, ...changes }, stackName: "blog" }, global: surroundings() }).get("summary").text();
        expect(row({ commitSha: "9c2f1ab4d0e35a7788b1c2d3e4f5061728394a5b", branch: "main" })).toMatch(/push.*9c2f1ab.*main/);
        expect(row({ commitSha: "9c2f1ab4d0e35a7788b1c2d3e4f5061728394a5b", tag: "v1.2" })).toMatch(/push.*9c2f1ab.*v1\.2/);
        // As an agent of an earlier version sends it.
        expect(row({ commitSha: undefined } as never)).toMatch(/^other pathspush/);
    });

    it("asks for headers and payload when it is opened, and only then", async () => {
        const world = new TestServer();
        world.answers["getWebhookEvent"] = () => ({ event: { ...DELIVERY, payload: '{"ref":"refs/heads/main"}', headers: { "x-github-event": "push", "content-type": "application/json" } } });
        const row = mount(DeliveryRow, { props: { delivery: DELIVERY, stackName: "blog", hasReason: true }, global: surroundings(world), attachTo: document.body });
        expect(row.get("summary").text()).toContain("Nothing changed that counts.");
        expect(world.calls).toEqual([]);
        row.get<HTMLDetailsElement>("[data-testid=delivery-row]").element.open = true;
        await row.get("[data-testid=delivery-row]").trigger("toggle");
        await flushPromises();
        expect(world.callsOf("getWebhookEvent")).toEqual([["e1"]]);
        expect(row.get("[data-testid=delivery-headers]").findAll("dt").map((name) => name.text())).toEqual(["content-type", "x-github-event"]);
        expect(row.get("[data-testid=delivery-payload]").text()).toBe('{\n  "ref": "refs/heads/main"\n}');
        row.unmount();
    });
});

describe("a verdict", () => {
    it.each([
        ["deploy", "deploy", null, ""],
        ["duplicate", "deploy", null, ""],
        ["ignore: PING. The webhook works.", "ignore", "PING", "The webhook works."],
        ["reject: SIGNATURE_INVALID", "reject", "SIGNATURE_INVALID", ""],
        [null, "none", null, ""],
    ])("%s", (text, kind, code, reason) => expect(readVerdict(text)).toEqual({ kind, code, reason }));
});

describe("DeliveriesPage", () => {
    const open = async (items: WebhookEventView[], query = "") => {
        const world = new TestServer();
        world.answers["getGitRepository"] = () => ({ gitRepository: repositoryRow() });
        world.answers["getWebhookEventList"] = () => ({ items, total: items.length, page: 1, perPage: 20 });
        const global = surroundings(world);
        const router = global.plugins[1] as Router;
        await router.push(`/compose/blog/git/deliveries${query}`);
        const page = mount(DeliveriesPage, { props: { stackName: "blog" }, global });
        await flushPromises();
        return { world, page, router };
    };

    it("asks for a page without payloads, by the filters of the address", async () => {
        const { world, page } = await open([DELIVERY], "?verdict=ignore&q=push&page=2");
        expect(world.callsOf("getWebhookEventList")).toEqual([["blog", { page: 2, perPage: 20, detail: "brief", verdict: ["ignore"], q: "push" }]]);
        expect(page.get("[data-testid=delivery-row]").attributes("data-verdict")).toBe("ignore");
        expect(page.get<HTMLSelectElement>("[data-testid=delivery-verdict]").element.value).toBe("ignore");
    });

    it("changes shown rows live, asks for new ones, and leaves other repositories alone", async () => {
        const { world, page } = await open([DELIVERY]);
        world.push("webhookEventReceived", { event: { ...DELIVERY, verdict: "deploy", deploymentId: "d1" } });
        world.push("webhookEventReceived", { event: { ...DELIVERY, id: "e9", repositoryId: "r9" } });
        await flushPromises();
        expect(page.get("[data-testid=delivery-row]").attributes("data-verdict")).toBe("deploy");
        expect(world.callsOf("getWebhookEventList")).toHaveLength(1);
        world.push("webhookEventReceived", { event: { ...DELIVERY, id: "e2" } });
        await flushPromises();
        expect(world.callsOf("getWebhookEventList")).toHaveLength(2);
    });

    it("tells an empty list from filters that let nothing in", async () => {
        expect((await open([])).page.text()).toContain("Nothing arrived yet");
        const { page, router } = await open([], "?verdict=reject");
        expect(page.text()).toContain("No delivery matches these filters");
        await page.get(".empty button").trigger("click");
        await flushPromises();
        expect(router.currentRoute.value.query).toEqual({});
    });

    it("keeps in the address what is set", () => {
        expect(toQuery(readFilter({ verdict: "deploy", q: "", page: "1" }))).toEqual({ verdict: "deploy" });
        expect(toListInput(readFilter({ verdict: "odd", page: "x" }))).toEqual({ page: 1, perPage: 20, detail: "brief" });
    });
});

describe("FoldCard", () => {
    const open = async (width: number, address = "/") => {
        vi.stubGlobal("innerWidth", width);
        const global = surroundings();
        await (global.plugins[1] as Router).push(address);
        return mount(FoldCard, { props: { title: "Webhook", anchor: "webhook", summary: "Last delivery", isFoldedOnPhone: true }, slots: { default: "inside" }, global });
    };

    it("is folded on a phone with a word on what is inside, and open where there is room or the address names it", async () => {
        const isOpen = (card: Awaited<ReturnType<typeof open>>) => card.get<HTMLDetailsElement>("details").element.open;
        const onPhone = await open(360);
        expect([isOpen(onPhone), onPhone.get("summary").text()]).toEqual([false, "WebhookLast delivery"]);
        expect(isOpen(await open(1440))).toBe(true);
        expect(isOpen(await open(360, "/compose/blog/git#webhook"))).toBe(true);
        expect(isOpen(await open(360, "/compose/blog/git#build"))).toBe(false);
    });
});

describe("linking", () => {
    const FOUND = { branches: ["main"], tags: [], defaultBranch: "main", headCommit: "9".repeat(40), suggestion: null };
    const open = (test = vi.fn().mockResolvedValue(FOUND)) => {
        const save = vi.fn().mockResolvedValue(repositoryRow());
        const form = mount(RepositoryForm, { props: { repository: null, test, save }, global: surroundings(), attachTo: document.body });
        return { form, save, test, click: async (name: string) => { await form.get(`[data-testid=${name}]`).trigger("click"); await flushPromises(); } };
    };

    it("asks before it links what the test could not reach", async () => {
        const { form, save, click } = open(vi.fn().mockRejectedValue(new ServerError("GIT_AUTH_FAILED", "The token may not read it.")));
        await form.get("[data-testid=git-url]").setValue("https://github.com/me/app.git");
        await click("test-connection");
        await form.trigger("submit");
        await flushPromises();
        expect(save).not.toHaveBeenCalled();
        const dialog = document.querySelector<HTMLDialogElement>("[data-testid=confirm-dialog]");
        expect(dialog?.textContent).toContain("The token may not read it.");
        dialog?.querySelector<HTMLButtonElement>("[data-testid=confirm-ok]")?.click();
        await flushPromises();
        expect(save).toHaveBeenCalledTimes(1);
        form.unmount();
    });

    it("does not ask once another address is typed", async () => {
        const { form, save, click } = open(vi.fn().mockRejectedValue(new ServerError("GIT_UNREACHABLE", "No.")));
        await form.get("[data-testid=git-url]").setValue("https://github.com/me/app.git");
        await click("test-connection");
        await form.get("[data-testid=git-url]").setValue("https://github.com/me/other.git");
        await form.trigger("submit");
        await flushPromises();
        expect(save).toHaveBeenCalledTimes(1);
        form.unmount();
    });

    it("does not ask, and forgets what the test said, once another token is typed", async () => {
        const { form, save, click } = open(vi.fn().mockRejectedValue(new ServerError("GIT_AUTH_FAILED", "The token may not read it.")));
        await form.get("[data-testid=git-url]").setValue("https://git.example.org/me/app.git");
        await form.get("[data-testid=auth-type]").setValue("http_token");
        await form.get("[data-testid=git-token]").setValue("mistyped");
        await click("test-connection");
        expect(form.text()).toContain("The token may not read it.");
        await form.get("[data-testid=git-token]").setValue("t0ken");
        expect(form.text()).not.toContain("The token may not read it.");
        await form.trigger("submit");
        await flushPromises();
        expect(save).toHaveBeenCalledTimes(1);
        form.unmount();
    });

    it("forgets why it was not saved once something else is typed", async () => {
        const { form, save } = open();
        save.mockRejectedValue(new ServerError("GIT_URL_INVALID", "Use https://."));
        await form.get("[data-testid=git-url]").setValue("http://git.home.lan/app.git");
        await form.trigger("submit");
        await flushPromises();
        expect(form.get("[data-testid=error-code]").text()).toBe("GIT_URL_INVALID");
        await form.get("[data-testid=git-url]").setValue("https://git.home.lan/app.git");
        expect(form.find("[data-testid=error-code]").exists()).toBe(false);
        form.unmount();
    });

    it("offers the branches there are in place of one that is missing, and tests the chosen one", async () => {
        const test = vi.fn().mockRejectedValueOnce(new ServerError("GIT_REF_MISSING", "No branch master.", { branches: ["develop", "main"] })).mockResolvedValue(FOUND);
        const { form, click } = open(test);
        await form.get("[data-testid=git-url]").setValue("https://github.com/me/app.git");
        await form.get("[data-testid=git-branch]").setValue("master");
        await click("test-connection");
        await form.findAll("[data-testid=other-branches] button")[1]?.trigger("click");
        await flushPromises();
        expect(test.mock.lastCall?.[0]).toMatchObject({ branch: "main" });
        expect(form.find("[data-testid=other-branches]").exists()).toBe(false);
        expect(form.find("[data-testid=test-result]").exists()).toBe(true);
        form.unmount();
    });
});

describe("adding a row", () => {
    it.each([
        ["Rows 2", ListEditor, ["docs/**"]],
        ["NAME 2", VariablesEditor, [{ name: "A", value: "1" }]],
    ])("leads into it: %s", async (label, editor, before) => {
        const page = mount(editor as Component, { props: { modelValue: before as string[], label: "Rows", addLabel: "Add", "onUpdate:modelValue": (next: string[]) => page.setProps({ modelValue: next }) }, global: surroundings(), attachTo: document.body });
        await page.findAll("button").at(-1)?.trigger("click");
        await flushPromises();
        expect(document.activeElement?.getAttribute("aria-label")).toBe(label);
        page.unmount();
    });
});

describe("a pause after a rollback", () => {
    it("says after its end what becomes of the pushes in between", async () => {
        const page = mount(PausedNotice, { props: { since: "2026-01-31T10:00:00.000Z", resume: () => Promise.resolve() }, global: surroundings() });
        await page.get("[data-testid=resume-auto-deploy]").trigger("click");
        await flushPromises();
        expect(useToasts().list.value.map(({ text }) => text)).toContain(en.paused.resumed);
        page.unmount();
    });

    it("leads the keyboard on to what follows, as its own button is gone", async () => {
        const page = mount(
            { components: { PausedNotice }, data: () => ({ isPaused: true }), template: `<div><PausedNotice v-if="isPaused" since="2026-01-31T10:00:00.000Z" :resume="async () => { isPaused = false; }" /><p>words</p><div><button data-testid="next"></button></div></div>` },
            { global: surroundings(), attachTo: document.body },
        );
        page.get<HTMLElement>("[data-testid=resume-auto-deploy]").element.focus();
        await page.get("[data-testid=resume-auto-deploy]").trigger("click");
        await flushPromises();
        expect(document.activeElement?.getAttribute("data-testid")).toBe("next");
        page.unmount();
    });
});

describe("variables as text in the editor", () => {
    it("become variables again, and change nothing while a line cannot be read", async () => {
        const editor = mount(VariablesEditor, {
            props: { modelValue: [{ name: "A", value: "1", secret: false }], label: "Variables", addLabel: "Add", hasSecrets: true, canBeText: true, "onUpdate:modelValue": (modelValue) => void editor.setProps({ modelValue }) },
            global: surroundings(),
        });
        await editor.get("[data-testid=toggle-text]").trigger("click");
        const text = editor.get<HTMLTextAreaElement>("[data-testid=variables-text]");
        expect(text.element.value).toBe("A=1");
        await text.setValue("A=1\nnonsense");
        expect(editor.text()).toContain("Line 2");
        expect(editor.props("modelValue")).toEqual([{ name: "A", value: "1", secret: false }]);
        await text.setValue("A=2\nB_TOKEN=t");
        expect(editor.props("modelValue")).toEqual([{ name: "A", value: "2", secret: false }, { name: "B_TOKEN", value: "t", secret: true }]);
    });
});

describe("a variable that is typed into the list", () => {
    const open = (modelValue: Variable[], storedSecrets = new Set<string>()) => {
        const editor = mount(VariablesEditor, { props: { modelValue, storedSecrets, label: "Variables", addLabel: "Add", hasSecrets: true, "onUpdate:modelValue": (next: Variable[]) => void editor.setProps({ modelValue: next }) }, global: surroundings() });
        const type = (index: number, name: string) => editor.get(`[aria-label="NAME ${index + 1}"]`).setValue(name);
        const secrets = () => editor.findAll<HTMLInputElement>("[type=checkbox]").map((box) => box.element.checked);
        return { editor, type, secrets };
    };

    it("is a secret as soon as it is called like one, until a person says that it is none", async () => {
        const { editor, type, secrets } = open([{ name: "", value: "", secret: false }]);
        await type(0, "DB_PASS");
        expect(secrets()).toEqual([true]);
        await type(0, "DB_PASSENGERS");
        expect(secrets()).toEqual([false]);
        await type(0, "DB_PASSWORD");
        await editor.get("[type=checkbox]").setValue(false);
        await type(0, "DB_PASSWORD_2");
        expect(secrets()).toEqual([false]);
    });

    it("leaves those that are there as they are", async () => {
        const { type, secrets } = open([{ name: "API_TOKEN", value: "said to be harmless", secret: false }, { name: "SIGNING_KEY", value: null, secret: true }, { name: "PLAIN", value: "1", secret: true }], new Set(["SIGNING_KEY", "PLAIN"]));
        await type(0, "API_TOKEN_2");
        await type(1, "SIGNING");
        await type(2, "PLAINER");
        expect(secrets()).toEqual([false, true, true]);
    });
});

describe("the webhook's card", () => {
    const said = (changes: object) => {
        const repository = repositoryRow({ lastDelivery: { receivedAt: "2026-01-31T10:00:00.000Z", verified: true, verdict: "ignore: AUTO_DEPLOY_PAUSED. Auto-deploy rests. Resume it to deploy pushes again." }, ...changes });
        const card = mount(WebhookCard, { props: { repository, secret: null, rotate: vi.fn() }, global: surroundings() });
        return card.find("[data-testid=last-ignored]").exists() ? card.get("[data-testid=last-ignored]").text() : null;
    };

    it("says to resume until that is done, and then what is left to do", () => {
        expect(said({ autoDeployPausedAt: "2026-01-31T09:00:00.000Z" })).toContain("Resume it");
        expect(said({ lastSyncedCommit: "b".repeat(40), deployedCommit: "a".repeat(40) })).toMatch(/while auto-deploy was paused.*Deploy now/);
        expect(said({ lastSyncedCommit: "b".repeat(40), deployedCommit: "b".repeat(40) })).toBeNull();
    });

    it("says that an address of this machine is out of reach until a delivery came to it", () => {
        const isSaid = (lastDelivery: object | null) => {
            const repository = repositoryRow({ webhookUrl: "http://localhost:5001/api/webhooks/deploy/r1", lastDelivery } as never);
            return mount(WebhookCard, { props: { repository, secret: null, rotate: vi.fn() }, global: surroundings() }).find("[data-testid=webhook-local]").exists();
        };
        const delivery = { receivedAt: "2026-01-31T10:00:00.000Z", verdict: null };
        expect([null, { ...delivery, verified: false }, { ...delivery, verified: true }].map(isSaid)).toEqual([true, true, false]);
    });

    it("promises no day of grace for a secret that was lost with the key", async () => {
        const asked = async (changes: object) => {
            const card = mount(WebhookCard, { props: { repository: repositoryRow({ previousSecretValidUntil: "2026-02-01T10:00:00.000Z", ...changes }), secret: null, rotate: vi.fn() }, global: surroundings(), attachTo: document.body });
            await card.get("[data-testid=rotate-secret]").trigger("click");
            const text = `${card.text()} ${document.querySelector("[data-testid=confirm-dialog]")?.textContent ?? ""}`;
            card.unmount();
            return text;
        };
        expect(await asked({})).toMatch(/former secret stops working[^]*works for another day/);
        const lost = await asked({ unreadableSecrets: ["webhookSecret"] });
        expect(lost).not.toMatch(/former secret stops working|works for another day/);
        expect(lost).toContain("deliveries are refused until the provider has the new one");
    });
});

describe("when to deploy", () => {
    it("is told with its paths and tags while it is folded", () => {
        const summaryOf = (rules: object) => {
            const draft = { autoDeployOnPush: true, autoDeployBranches: [], autoDeployTags: [], includePaths: [], excludePaths: [], cancelSupersededBuilds: false, ...rules } as unknown as BuildConfigDraft;
            return mount(RulesSection, { props: { modelValue: draft, stackName: "blog", branch: "main" }, global: { ...surroundings(), stubs: { RulesTester: true } } }).get(".fold-state").text();
        };
        expect(summaryOf({})).toBe("on push to main");
        expect(summaryOf({ autoDeployTags: ["v.*"], includePaths: ["src/**", "lib/**"], excludePaths: ["docs/**", ""] })).toBe("on push to main · or tags v.* · only src/**, lib/** · without docs/**");
        expect(summaryOf({ autoDeployOnPush: false, excludePaths: ["docs/**"] })).toBe("by hand");
    });
});
