import { closestLocale, loadTexts, type Locale, type Texts } from "../lang/languages.ts";
import en from "../lang/en.json";

/** The language of Dockge's page, or the closest that we have. */
export interface PageLanguage {
    readonly locale: Locale;
    readonly texts: Texts;
    /** Called after each change. */
    onChange(listener: () => void): void;
}

/** Dockge says in the page's `lang` what it speaks, and changes it when another language is chosen and loaded. */
export async function followPageLanguage(load: typeof loadTexts = loadTexts): Promise<PageLanguage> {
    const page = document.documentElement;
    const listeners: (() => void)[] = [];
    const language = { locale: "en" as Locale, texts: en, onChange: (listener: () => void) => void listeners.push(listener) };
    // At first Dockge's own texts may still be on their way; what it is going to speak is in its storage by then, from the last time.
    const wanted = (said: string | null): Locale => closestLocale([said ?? page.lang, ...navigator.languages]);

    async function show(locale: Locale): Promise<void> {
        try {
            const texts = await load(locale);
            // While these were loaded, another one may have been chosen.
            if (locale === latest) {
                Object.assign(language, { locale, texts });
                listeners.forEach((listener) => listener());
            }
        } catch (error) {
            console.warn(`Git Deploy: the texts in ${locale} could not be loaded.`, error);
        }
    }

    let latest = wanted(localStorage.getItem("locale"));
    await show(latest);
    new MutationObserver(() => {
        const next = wanted(null);
        if (next !== latest) {
            latest = next;
            void show(next);
        }
    }).observe(page, { attributeFilter: ["lang"] });
    return language;
}

/** Says of an element of ours what is in it, whatever the page around it speaks and in which direction. */
export function markLanguage(element: HTMLElement, { locale }: Pick<PageLanguage, "locale">): void {
    element.lang = locale;
    element.dir = "ltr";
}
