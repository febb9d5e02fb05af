import type en from "./en.json";

/** The languages of the page by Dockge's own names for them, each called as its readers call it. */
export const LANGUAGES = {
    en: "English",
    de: "Deutsch",
    fr: "Français",
    es: "Español",
    ja: "日本語",
    "zh-CN": "简体中文",
} as const;

export type Locale = keyof typeof LANGUAGES;
export type Texts = typeof en;

export const LOCALES = Object.keys(LANGUAGES) as Locale[];

/** Dockge's key; on a server that both have, a choice made in one of them counts in the other. */
const LOCALE_KEY = "locale";

/**
 * The first of these languages that there is, else English. A region is ignored where there is only one kind of a language:
 * de-AT is served by de, and zh-TW by zh-CN, which its readers understand better than English.
 */
export function closestLocale(wanted: readonly string[]): Locale {
    for (const tag of wanted) {
        const known = LOCALES.find((locale) => languageOf(locale) === languageOf(tag));
        if (known !== undefined) {
            return known;
        }
    }
    return "en";
}

/** A language that we do not have may have been chosen in Dockge: then the browser's languages count, as without a choice. */
export function preferredLocale(): Locale {
    return closestLocale([localStorage.getItem(LOCALE_KEY) ?? "", ...navigator.languages]);
}

/** Null while the browser's languages decide. */
export function storedLocale(): Locale | null {
    const stored = localStorage.getItem(LOCALE_KEY);
    return LOCALES.find((locale) => locale === stored) ?? null;
}

export function storeLocale(locale: Locale | null): void {
    if (locale === null) {
        localStorage.removeItem(LOCALE_KEY);
    } else {
        localStorage.setItem(LOCALE_KEY, locale);
    }
}

/** All texts of a language: each is a file that is fetched when it is wanted. A test holds them to the keys of English. */
export async function loadTexts(locale: Locale): Promise<Texts> {
    return (await FILES[locale]()).default as Texts;
}

const FILES: Record<Locale, () => Promise<{ default: unknown }>> = {
    en: () => import("./en.json"),
    de: () => import("./de.json"),
    fr: () => import("./fr.json"),
    es: () => import("./es.json"),
    ja: () => import("./ja.json"),
    "zh-CN": () => import("./zh-CN.json"),
};

function languageOf(tag: string): string {
    return tag.toLowerCase().split(/[-_]/, 1)[0] ?? "";
}
