import { inject, onScopeDispose } from "vue";
import { SESSION } from "./use-session.ts";

/**
 * What was being typed when the session was ended from elsewhere, for the log-in that follows. In the memory of this page alone: variables
 * hold secrets, and browsers write even sessionStorage to the disk. A reload asks before it takes changes away.
 */
const kept = new Map<string, { readonly username: string; readonly draft: unknown }>();

/** Somebody else has logged in: what the former person typed is not theirs. */
function dropOthers(username: string): void {
    for (const [key, draft] of kept) {
        if (draft.username !== username) {
            kept.delete(key);
        }
    }
}

/**
 * Keeps what is typed into a form through a session that ends elsewhere. `key` names the form, `typed` tells what is not saved, or null.
 * Dockge's own page has its own sessions: there nothing is kept.
 * @returns takes out, once, what the same person had typed
 */
export function useKeptDraft<T>(key: () => string, typed: () => T | null): () => T | null {
    const session = inject(SESSION, null);
    onScopeDispose(() => {
        const draft = session?.isEnded.value === true ? typed() : null;
        if (session !== null && draft !== null) {
            kept.set(key(), { username: session.username.value, draft });
        }
    });
    return () => {
        dropOthers(session?.username.value ?? "");
        const draft = kept.get(key())?.draft ?? null;
        kept.delete(key());
        return draft as T | null;
    };
}
