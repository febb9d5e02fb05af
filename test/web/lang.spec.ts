import { describe, expect, it } from "vitest";
import { createI18n } from "vue-i18n";
import { createTranslations } from "../../frontend/src/i18n.ts";
import en from "../../frontend/src/lang/en.json";
import { loadTexts, LOCALES, type Locale } from "../../frontend/src/lang/languages.ts";
import { flatTexts } from "../fixtures/flat-texts.ts";

const english = flatTexts(en);
const others = LOCALES.filter((locale) => locale !== "en");
const files = new Map<Locale, Map<string, string>>(await Promise.all(others.map(async (locale) => [locale, flatTexts(await loadTexts(locale))] as const)));
const textsOf = (locale: Locale): Map<string, string> => files.get(locale) ?? new Map<string, string>();

/** Names and terms that are the same in every language, by key. The steps are the words of the providers' own forms. */
const SAME_KEYS = /^(app|provider|git\.keyTypes|deployKey\.steps|webhook\.steps|stackStatus)\.|^(stack\.(env|composeFile|gitOwnsLink)|rulesTest\.messageExample|variables\.name|safety\.tookMs|deliveries\.size)$/;
const SAME_WORDS = ["API", "Compose", "Commit", "CPU", "CSV", "Dockerfile", "Git", "JSON", "REST API", "Shell", "Stack", "Stacks", "Token", "URL", "Webhook", "Webhook URL"];
/** Words that a language has in common with English. */
const COGNATES: Partial<Record<Locale, readonly string[]>> = {
    de: ["Branch", "Branches", "Build", "Container", "Deployments", "Details", "Log", "Median", "Name", "Name (optional)", "Payload", "Release", "Repository", "Secret", "Server", "Shell in {service}", "Status", "Tag", "Tags", "Version", "live", "offline", "online", "{name} (offline)"],
    fr: ["Action", "Branches", "Build", "Console", "Down", "Health check", "Licence", "Pages", "Script", "Secret", "Services", "Sessions", "Signature", "Tag", "Tags", "Version", "ping", "pull request", "webhook", "{hours} h {minutes} min", "{minutes} min {seconds} s", "{seconds} s"],
    es: ["Build", "Down", "Script", "ping", "pull request", "webhook", "{hours} h {minutes} min", "{minutes} min {seconds} s", "{seconds} s"],
    ja: ["Down", "ping"],
    "zh-CN": ["ping"],
};

const placeholdersOf = (text: string): string[] => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ""))].sort();
const formsOf = (text: string): string[] => text.split(" | ");
/** Japanese and Chinese count one and many alike. */
const hasPlural = (locale: Locale): boolean => new Intl.PluralRules(locale).resolvedOptions().pluralCategories.length > 1;

describe.each(others)("the language %s", (locale) => {
    const texts = textsOf(locale);

    it("has a text for each key of English and for nothing else", () => {
        expect([...english.keys()].filter((key) => !texts.has(key))).toEqual([]);
        expect([...texts.keys()].filter((key) => !english.has(key))).toEqual([]);
    });

    it("has no empty text and none that is not translated", () => {
        const isSame = (text: string): boolean => SAME_WORDS.includes(text) || (COGNATES[locale] ?? []).includes(text);
        expect([...texts].filter(([key, text]) => text.trim() === "" || (text === english.get(key) && !SAME_KEYS.test(key) && !isSame(text))).map(([key, text]) => `${key}: ${text}`)).toEqual([]);
    });

    it("has the placeholders and plural forms of English", () => {
        const wrong = [...texts].filter(([key, text]) => {
            const model = english.get(key) ?? "";
            const counts = [formsOf(model).length, ...(hasPlural(locale) ? [] : [1])];
            return placeholdersOf(text).join() !== placeholdersOf(model).join() || !counts.includes(formsOf(text).length);
        });
        expect(wrong.map(([key, text]) => `${key}: ${text}`)).toEqual([]);
    });

    it("can be read by vue-i18n, with every value put in", () => {
        const { global } = createI18n({ legacy: false, locale, warnHtmlMessage: false, messages: { [locale]: Object.fromEntries([...texts].map(([key, text]) => [key.replaceAll(".", "/"), text])) } });
        const wrong = [...texts].filter(([key, text]) => {
            const isPlural = formsOf(text).length > 1;
            return formsOf(text).some((form, index) => {
                const count = index + (formsOf(text).length === 2 ? 1 : 0);
                const valueOf = (name: string): string => (isPlural && name === "count" ? String(count) : `<${name}>`);
                const values = Object.fromEntries(placeholdersOf(text).map((name) => [name, valueOf(name)]));
                const shown = global.t(key.replaceAll(".", "/"), values, count);
                return /[{}|]/.test(shown) || placeholdersOf(form).some((name) => !shown.includes(valueOf(name)));
            });
        });
        expect(wrong.map(([key, text]) => `${key}: ${text}`)).toEqual([]);
    });
});

describe("French", () => {
    it("counts nothing as one", () => {
        const { global } = createTranslations();
        global.setLocaleMessage("fr", { lines: "{count} ligne | {count} lignes", stacks: "aucune | {count} stack | {count} stacks" } as never);
        global.locale.value = "fr" as never;
        const said = (key: string, counts: number[]) => counts.map((count) => global.t(key, { count }, count));
        expect(said("lines", [0, 1, 2, 7])).toEqual(["0 ligne", "1 ligne", "2 lignes", "7 lignes"]);
        expect(said("stacks", [0, 1, 2])).toEqual(["aucune", "1 stack", "2 stacks"]);
    });
});
