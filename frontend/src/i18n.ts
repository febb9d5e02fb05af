import { createI18n, type Composer } from "vue-i18n";
import en from "./lang/en.json";
import { loadTexts, type Locale } from "./lang/languages.ts";

/** "0 lignes" in English's way would be wrong in French, which says it like one. */
function frenchPlural(count: number, formCount: number): number {
    return formCount === 2 ? (count < 2 ? 0 : 1) : Math.min(count, formCount - 1);
}

/** English is built in, as what is shown until another language is there, or when it cannot be fetched. */
export function createTranslations() {
    return createI18n({
        legacy: false,
        locale: "en",
        fallbackLocale: "en",
        messages: { en },
        pluralRules: { fr: frenchPlural },
    });
}

export type Translations = Pick<Composer, "locale" | "setLocaleMessage">;

/** Which was asked for last: a slow file must not win over a later choice. */
let wanted: Locale = "en";

/** Shows the page in that language as soon as its texts are there. It stays as it is when they cannot be fetched. */
export async function showLanguage(translations: Translations, locale: Locale, load: typeof loadTexts = loadTexts): Promise<void> {
    wanted = locale;
    try {
        translations.setLocaleMessage(locale, await load(locale));
    } catch (error) {
        console.warn(`The texts in ${locale} could not be loaded.`, error);
        return;
    }
    if (wanted === locale) {
        translations.locale.value = locale;
    }
}
