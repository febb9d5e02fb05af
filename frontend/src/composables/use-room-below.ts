import { onScopeDispose, readonly, ref, watch, type Ref } from "vue";

/** Pixels that are left free below. */
const MARGIN = 16;

/**
 * Pixels between the upper edge of `element` and the lower edge of the window while the page stands at its top. Follows everything inside of `around`,
 * the element that holds what is above. 0 while it is not known, or there is no room at all.
 */
export function useRoomBelow(element: () => HTMLElement | null, around: () => HTMLElement | null): Readonly<Ref<number>> {
    const room = ref(0);

    function measure(): void {
        const box = element();
        room.value = box === null ? 0 : Math.max(0, Math.floor(window.innerHeight - (box.getBoundingClientRect().top + window.scrollY) - MARGIN));
    }

    const observer = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(measure);
    watch(
        [element, around],
        ([, outer]) => {
            observer?.disconnect();
            if (outer !== null) {
                observer?.observe(outer);
            }
            measure();
        },
        { immediate: true, flush: "post" },
    );
    window.addEventListener("resize", measure);
    onScopeDispose(() => {
        observer?.disconnect();
        window.removeEventListener("resize", measure);
    });
    return readonly(room);
}
