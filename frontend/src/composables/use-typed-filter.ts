import { onScopeDispose, reactive, watch, type Ref } from "vue";

/** Milliseconds without a key before the server is asked. */
const TYPING_MS = 300;

/**
 * The filter of a list with its typed fields, which are handed on without blanks around them when the typing pauses. Each change begins at the first page.
 * @param fields those that are typed; `typed` has what stands in them, also while it is not yet in the filter
 */
export function useTypedFilter<K extends string, F extends Record<K, string> & { page: number }>(filter: Ref<F>, fields: readonly K[]): { typed: Record<K, string>; change: (part: Partial<F>) => void } {
    const stored = (): Record<string, string> => Object.fromEntries(fields.map((field) => [field, filter.value[field]]));
    const typed = reactive(stored());
    let timer: ReturnType<typeof setTimeout> | undefined;

    function change(part: Partial<F>): void {
        if (Object.entries(part).some(([name, value]) => filter.value[name as keyof F] !== value)) {
            filter.value = { ...filter.value, ...part, page: 1 };
        }
    }

    watch(typed, () => {
        clearTimeout(timer);
        timer = setTimeout(() => change(Object.fromEntries(fields.map((field) => [field, (typed[field] ?? "").trim()])) as Partial<F>), TYPING_MS);
    });
    watch(stored, (next, former) => fields.some((field) => next[field] !== former[field]) && Object.assign(typed, next));
    onScopeDispose(() => clearTimeout(timer));
    return { typed, change };
}
