import { ref, watch, type Ref } from "vue";

/** A choice that lasts as long as the browser's tab: through reloads and other pages. What is kept and not `isValid` any more counts as nothing. */
export function useKept<T extends string>(key: string, initial: T, isValid: (value: string) => value is T): Ref<T> {
    const stored = sessionStorage.getItem(key);
    const value = ref(stored !== null && isValid(stored) ? stored : initial) as Ref<T>;
    watch(value, (next) => sessionStorage.setItem(key, next));
    return value;
}
