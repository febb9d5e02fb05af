import { useI18n } from "vue-i18n";
import type { ServerError } from "../server/server-error.ts";

/** A failure in words: a sentence, and the server's own one where that is not the same. */
export interface ErrorText {
    readonly sentence: string;
    /** In English, as the server says everything. */
    readonly detail: string | null;
}

type Failure = Pick<ServerError, "message"> & { readonly code: string | null; readonly text?: ServerError["text"] };

/**
 * The server speaks English and says more than its code does. Who reads English gets that sentence; who does not, what the code means,
 * with the server's sentence below it.
 */
export function useErrorText(): { wordsOf: (failure: Failure) => ErrorText; hintOf: (code: string | null) => string | null } {
    const i18n = useI18n();
    const { t, locale } = i18n;
    const te = (key: string): boolean => i18n.te(key);

    function wordsOf({ code, message, text }: Failure): ErrorText {
        if (text !== null && text !== undefined) {
            return { sentence: t(text.key, { ...text.values }), detail: null };
        }
        const key = `errors.${code}`;
        if (!te(key) || (locale.value === "en" && message !== "")) {
            return { sentence: message, detail: null };
        }
        return { sentence: t(key), detail: message === "" ? null : message };
    }

    return {
        wordsOf,
        hintOf: (code) => (te(`hints.${code}`) ? t(`hints.${code}`) : null),
    };
}
