import { useI18n } from "vue-i18n";
import { readEndReason } from "../server/end-reason.ts";
import type { ServerError } from "../server/server-error.ts";

/** A failure in words: a sentence, and the server's own one where that is not the same. */
export interface ErrorText {
    readonly sentence: string;
    /** In English, as the server says everything. */
    readonly detail: string | null;
    /** What to do, where the sentence itself does not say it. */
    readonly hint: string | null;
}

/** Codes whose sentence from the server ends with what to do. */
const ADVISED: ReadonlySet<string> = new Set(["PULL_FAILED", "DEADLINE_EXCEEDED", "DISK_FULL", "NETWORKS_EXHAUSTED", "DOCKER_UNAVAILABLE"]);

type Failure = Pick<ServerError, "message"> & { readonly code: string | null; readonly text?: ServerError["text"] };

/**
 * The server speaks English and says more than its code does. Who reads English gets that sentence; who does not, what the code means,
 * with the server's sentence below it; where that sentence can be read, as of how a run ended, all of it is said in the reader's language.
 */
export function useErrorText(): { wordsOf: (failure: Failure) => ErrorText } {
    const i18n = useI18n();
    const { t, locale } = i18n;
    const te = (key: string): boolean => i18n.te(key);

    function wordsOf({ code, message, text }: Failure): ErrorText {
        const hint = te(`hints.${code}`) ? t(`hints.${code}`) : null;
        if (text !== null && text !== undefined) {
            return { sentence: t(text.key, { ...text.values }), detail: null, hint };
        }
        const key = `errors.${code}`;
        if (!te(key) || (locale.value === "en" && message !== "")) {
            return { sentence: message, detail: null, hint: code !== null && ADVISED.has(code) ? null : hint };
        }
        const read = readEndReason(code, message);
        if (read !== null) {
            return { sentence: t(read.key, read.values), detail: null, hint };
        }
        return { sentence: t(key), detail: message === "" ? null : message, hint };
    }

    return { wordsOf };
}
