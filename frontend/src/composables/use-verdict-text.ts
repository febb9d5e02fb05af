import { useI18n } from "vue-i18n";

/** Why a push does not deploy, in words: a sentence, and the server's own one, in English, where that is not the same. */
export interface VerdictText {
    readonly sentence: string;
    readonly detail: string | null;
}

/** As errors: who reads English gets the server's sentence, which names names; who does not, what its code means, with that sentence as the detail. */
export function useVerdictText(): (verdict: { code: string | null; reason: string }) => VerdictText {
    const i18n = useI18n();
    const { t, locale } = i18n;
    return ({ code, reason }) => {
        const key = `ignoreReason.${code}`;
        if (code === null || !i18n.te(key) || (locale.value === "en" && reason !== "")) {
            return { sentence: reason, detail: null };
        }
        return { sentence: t(key), detail: reason === "" ? null : reason };
    };
}
