import { inject, type InjectionKey } from "vue";
import type { OpenStack } from "../../composables/use-stack.ts";

/** The stack whose page is open, for the tabs below it. */
export const OPEN_STACK: InjectionKey<OpenStack> = Symbol("open stack");

export function useOpenStack(): OpenStack {
    const stack = inject(OPEN_STACK);
    if (stack === undefined) {
        throw new Error("No stack page is above this component.");
    }
    return stack;
}
