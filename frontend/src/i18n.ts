import { createI18n } from "vue-i18n";
import en from "./lang/en.json";

/** English is built in; other languages will be loaded when they are chosen. */
export function createTranslations() {
    return createI18n({ legacy: false, locale: "en", fallbackLocale: "en", messages: { en } });
}
