import { readonly, ref, type DeepReadonly, type Ref } from "vue";
import { toServerError, type ServerError } from "../server/server-error.ts";

export interface Toast {
    id: number;
    kind: "success" | "notice" | "failure";
    text: string;
    error: ServerError | null;
}

/** Milliseconds. Everything else stays until they are closed: nobody reads a stack of errors in five seconds. */
const SUCCESS_MS = 4_000;

const toasts = ref<Toast[]>([]);
let nextId = 1;

function close(id: number): void {
    toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

export interface Toasts {
    readonly list: DeepReadonly<Ref<Toast[]>>;
    readonly success: (text: string) => void;
    /** Why something was not done, although nothing has failed. */
    readonly notice: (text: string) => void;
    readonly failure: (thrown: unknown) => void;
    readonly close: (id: number) => void;
}

export function useToasts(): Toasts {
    return {
        list: readonly(toasts),
        success: (text) => {
            const id = nextId++;
            toasts.value = [...toasts.value, { id, kind: "success", text, error: null }];
            setTimeout(() => close(id), SUCCESS_MS);
        },
        notice: (text) => {
            const others = toasts.value.filter((toast) => toast.kind !== "notice" || toast.text !== text);
            toasts.value = [...others, { id: nextId++, kind: "notice", text, error: null }];
        },
        failure: (thrown) => {
            const error = toServerError(thrown);
            // What is said already moves down; it is not said twice.
            const others = toasts.value.filter((toast) => toast.error?.code !== error.code || toast.text !== error.message);
            toasts.value = [...others, { id: nextId++, kind: "failure", text: error.message, error }];
        },
        close,
    };
}
