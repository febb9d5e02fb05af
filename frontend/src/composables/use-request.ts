import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { useServer, type Server } from "../server/server.ts";
import { toServerError, type ServerError } from "../server/server-error.ts";

export interface Loaded<T> {
    readonly value: ShallowRef<T | null>;
    readonly isLoading: Ref<boolean>;
    readonly error: ShallowRef<ServerError | null>;
    readonly reload: () => Promise<void>;
}

/**
 * Something that is asked from the server: at once, again when `sources` change, and again after a reconnect.
 * Of two answers the one that was asked for last counts. What was shown stays while it is asked for again.
 */
export function useLoaded<T>(load: (server: Server) => Promise<T>, sources: () => unknown = () => null): Loaded<T> {
    const server = useServer();
    const value = shallowRef<T | null>(null);
    const isLoading = ref(true);
    const error = shallowRef<ServerError | null>(null);
    let latest = 0;

    async function reload(): Promise<void> {
        const mine = ++latest;
        isLoading.value = true;
        try {
            const loaded = await load(server);
            if (mine === latest) {
                value.value = loaded;
                error.value = null;
            }
        } catch (thrown) {
            if (mine === latest) {
                error.value = toServerError(thrown);
            }
        } finally {
            if (mine === latest) {
                isLoading.value = false;
            }
        }
    }

    watch([sources, server.generation], () => void reload(), { immediate: true });
    onScopeDispose(() => (latest += 1));
    return { value, isLoading, error, reload };
}

export interface Action<A extends unknown[], R> {
    readonly isRunning: Ref<boolean>;
    readonly error: ShallowRef<ServerError | null>;
    /** Undefined when it failed; then `error` says why. A second call while one runs is ignored. */
    readonly run: (...args: A) => Promise<R | undefined>;
    readonly clear: () => void;
}

/** Something a person does: one at a time, its failure kept for display. */
export function useAction<A extends unknown[], R>(act: (...args: A) => Promise<R>): Action<A, R> {
    const isRunning = ref(false);
    const error = shallowRef<ServerError | null>(null);
    return {
        isRunning,
        error,
        run: async (...args) => {
            if (isRunning.value) {
                return undefined;
            }
            isRunning.value = true;
            error.value = null;
            try {
                return await act(...args);
            } catch (thrown) {
                error.value = toServerError(thrown);
                return undefined;
            } finally {
                isRunning.value = false;
            }
        },
        clear: () => void (error.value = null),
    };
}
