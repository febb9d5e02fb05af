import { flushPromises, mount } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { DeploymentView } from "../../common/views.ts";
import DeploymentRow from "../../frontend/src/components/deployments/DeploymentRow.vue";
import ErrorAlert from "../../frontend/src/components/ErrorAlert.vue";
import AppearanceSettings from "../../frontend/src/components/settings/AppearanceSettings.vue";
import StackListItem from "../../frontend/src/components/stack/StackListItem.vue";
import { applyLanguage } from "../../frontend/src/composables/use-language.ts";
import { formatDuration } from "../../frontend/src/composables/use-relative-time.ts";
import { createTranslations, showLanguage } from "../../frontend/src/i18n.ts";
import de from "../../frontend/src/lang/de.json";
import en from "../../frontend/src/lang/en.json";
import { closestLocale, preferredLocale, type Texts } from "../../frontend/src/lang/languages.ts";
import { ServerError } from "../../frontend/src/server/server-error.ts";
import { deploymentRow, surroundings } from "./fixtures/test-server.ts";

function speakers(...languages: string[]): void {
    vi.spyOn(navigator, "languages", "get").mockReturnValue(languages);
}

beforeEach(() => localStorage.clear());
afterEach(() => {
    vi.restoreAllMocks();
    document.documentElement.removeAttribute("lang");
});

describe("the language", () => {
    it.each([
        [["de-AT"], "de"],
        [["zh-TW", "en"], "zh-CN"],
        [["zh_hans_cn"], "zh-CN"],
        [["pt-BR", "es-MX", "en"], "es"],
        [["tlh", ""], "en"],
        [[], "en"],
    ])("for %j is %s", (wanted, locale) => {
        expect(closestLocale(wanted)).toBe(locale);
    });

    it("is the one that was chosen, here or in Dockge, before those of the browser", () => {
        speakers("fr-CA", "en");
        expect(preferredLocale()).toBe("fr");
        localStorage.setItem("locale", "ja");
        expect(preferredLocale()).toBe("ja");
        localStorage.setItem("locale", "uk-UA");
        expect(preferredLocale()).toBe("fr");
    });

    it("is chosen in the settings, kept under Dockge's key, and said in the page's lang; and is the browser's again", async () => {
        speakers("es");
        const translations = createTranslations();
        await applyLanguage(translations.global);
        const page = mount(AppearanceSettings, { global: { plugins: [translations] } });
        expect([document.documentElement.lang, page.get("h2").text()]).toEqual(["es", "Apariencia"]);
        const choice = page.get<HTMLSelectElement>("[data-testid=language]");
        expect(choice.findAll("option").map((option) => option.text())).toEqual(["Como el navegador (Español)", "English", "Deutsch", "Français", "Español", "日本語", "简体中文"]);

        await choice.setValue("de");
        await vi.waitFor(() => expect(document.documentElement.lang).toBe("de"));
        expect([localStorage.getItem("locale"), page.get("h2").text()]).toEqual(["de", de.settings.appearance]);

        await choice.setValue("");
        await vi.waitFor(() => expect(document.documentElement.lang).toBe("es"));
        expect(localStorage.getItem("locale")).toBeNull();
    });

    it("is the last that was chosen, however slow its texts are, and stays when they cannot be fetched", async () => {
        const { global } = createTranslations();
        let deliver: (texts: Texts) => void = () => undefined;
        const slow = showLanguage(global, "ja", () => new Promise((resolve) => (deliver = resolve)));
        await showLanguage(global, "de", () => Promise.resolve(en));
        deliver(en);
        await slow;
        expect(global.locale.value).toBe("de");
        vi.spyOn(console, "warn").mockReturnValue();
        await showLanguage(global, "fr", () => Promise.reject(new Error("offline")));
        await flushPromises();
        expect(global.locale.value).toBe("de");
    });
});

describe("an error in another language", () => {
    it("is told by its code, with the server's English sentence below, marked as English", async () => {
        const translations = createTranslations();
        await showLanguage(translations.global, "de");
        const alert = mount(ErrorAlert, { props: { error: new ServerError("GIT_AUTH_FAILED", "GitHub refused the token.") }, global: { plugins: [translations] } });
        expect(alert.get("[data-testid=error-message]").text()).toBe(de.errors.GIT_AUTH_FAILED);
        expect(alert.get("[lang=en]").text()).toBe("GitHub refused the token.");
    });

    it("has the cause in a row of the history and in the stack list as well, and only the sentence for what was cancelled", async () => {
        const { plugins, provide } = surroundings();
        const translations = createTranslations();
        await showLanguage(translations.global, "de");
        const global = { plugins: [translations, plugins[1]], provide } as never;
        const said = "The stack could not be started: port is already allocated";
        const failed = deploymentRow({ status: "failed", errorCode: "UP_FAILED", error: said });
        const row = (deployment: DeploymentView) => mount(DeploymentRow, { props: { deployment, repository: null }, global });
        expect(row(failed).get("[data-testid=row-reason]").text()).toBe(de.errors.UP_FAILED);
        expect(row(failed).get("[data-testid=row-cause][lang=en]").text()).toBe(said);
        expect(row(deploymentRow({ status: "cancelled", errorCode: "SUPERSEDED", error: "A newer deployment took its place." })).find("[data-testid=row-cause]").exists()).toBe(false);
        const stack = { name: "blog", status: 3, tags: [], isManagedByDockge: true, composeFileName: "compose.yaml", endpoint: "", latestDeployment: failed, gitRepository: null } as const;
        expect(mount(StackListItem, { props: { stack: stack as never }, global }).get("[data-testid=stack-failed]").attributes("title")).toBe(`${de.errors.UP_FAILED}\n${said}`);
    });

    it("shows what a server newer than the page says", async () => {
        const translations = createTranslations();
        await showLanguage(translations.global, "de");
        const alert = mount(ErrorAlert, { props: { error: new ServerError("SOMETHING_NEW" as "INTERNAL", "A new sentence.") }, global: { plugins: [translations] } });
        expect(alert.get("[data-testid=error-message]").text()).toBe("A new sentence.");
    });
});

describe("a duration", () => {
    it.each([
        ["en", 3_725, "1 h 02 min"],
        ["de", 65, "1 Min. 05 Sek."],
        ["ja", 8, "8 秒"],
    ] as const)("in %s", async (locale, seconds, text) => {
        const { global } = createTranslations();
        await showLanguage(global, locale);
        expect(formatDuration(seconds, global.t)).toBe(text);
    });
});
