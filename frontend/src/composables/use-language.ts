import { readonly, ref, watchEffect, type Ref } from "vue";
import { useI18n } from "vue-i18n";
import { showLanguage, type Translations } from "../i18n.ts";
import { closestLocale, preferredLocale, storedLocale, storeLocale, type Locale } from "../lang/languages.ts";

const chosen = ref(storedLocale());

/** Shows the preferred language, says so in the page's `lang`, and keeps that true. Called once, before the first paint. */
export async function applyLanguage(translations: Translations): Promise<void> {
    await showLanguage(translations, preferredLocale());
    watchEffect(() => document.documentElement.setAttribute("lang", translations.locale.value));
}

export interface Language {
    /** Null while the browser's languages decide. */
    readonly chosen: Readonly<Ref<Locale | null>>;
    /** What they decide on. */
    readonly ofBrowser: Locale;
    readonly choose: (next: Locale | null) => Promise<void>;
}

export function useLanguage(): Language {
    const translations = useI18n({ useScope: "global" });
    return {
        chosen: readonly(chosen),
        ofBrowser: closestLocale(navigator.languages),
        choose: (next) => {
            chosen.value = next;
            storeLocale(next);
            return showLanguage(translations, preferredLocale());
        },
    };
}
