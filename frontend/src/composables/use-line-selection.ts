import { computed, type ComputedRef } from "vue";
import { useRoute, useRouter } from "vue-router";
import { readFragment, writeFragment, type LineRange } from "../log/line-range.ts";

export interface LineSelection {
    readonly range: ComputedRef<LineRange | null>;
    /** With `isExtended` from where the selection began to this line. */
    readonly select: (line: number, isExtended?: boolean) => void;
    readonly clear: () => void;
    /** The whole address, to be given to somebody. */
    readonly addressOf: (range: LineRange) => string;
}

/** The chosen lines are part of the page's address, so that it can be handed on. */
export function useLineSelection(): LineSelection {
    const route = useRoute();
    const router = useRouter();
    const range = computed(() => readFragment(route.hash));
    let origin: number | null = null;

    function go(hash: string): void {
        void router.replace({ query: route.query, hash });
    }
    return {
        range,
        select(line, isExtended = false) {
            origin = isExtended ? (origin ?? range.value?.first ?? line) : line;
            go(writeFragment({ first: Math.min(origin, line), last: Math.max(origin, line) }));
        },
        clear() {
            origin = null;
            go("");
        },
        addressOf: (lines) => new URL(router.resolve({ query: route.query, hash: writeFragment(lines) }).href, location.href).href,
    };
}
