import { computed, ref, watch, type ComputedRef, type Ref } from "vue";
import { plainText } from "../log/ansi.ts";

export interface LineSearch {
    readonly query: Ref<string>;
    /** Indices of the lines that hold the query, whatever its case. */
    readonly hits: ComputedRef<number[]>;
    /** Index of the line that is looked at; -1: none. */
    readonly current: ComputedRef<number>;
    /** Which of `hits` it is. */
    readonly position: Ref<number>;
    readonly step: (by: 1 | -1) => void;
}

/** Looks for a text in lines that may become more while it is looked for. */
export function useLineSearch(lines: () => readonly string[]): LineSearch {
    const query = ref("");
    const position = ref(0);
    const hits = computed(() => {
        const wanted = query.value.toLowerCase();
        return wanted === "" ? [] : lines().flatMap((line, index) => (plainText(line).toLowerCase().includes(wanted) ? [index] : []));
    });
    watch(query, () => (position.value = Math.max(0, hits.value.length - 1)));
    return {
        query,
        hits,
        position,
        current: computed(() => hits.value[Math.min(position.value, hits.value.length - 1)] ?? -1),
        step: (by) => {
            const count = hits.value.length;
            position.value = count === 0 ? 0 : (position.value + by + count) % count;
        },
    };
}
