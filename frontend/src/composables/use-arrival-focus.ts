import { watch } from "vue";

/** Whether somebody has pressed or typed anything since the page was loaded; the browser's own `userActivation` outlives a reload. */
let isTouched = false;

/** For the app to call as soon as it is there. */
export function noteFirstTouch(): void {
    for (const event of ["keydown", "pointerdown", "click"]) {
        window.addEventListener(event, () => (isTouched = true), { capture: true, once: true });
    }
}

/**
 * What somebody pressed is often gone together with what was shown before, and the focus falls to the page as a whole. This puts it on `place` once for each `subject`
 * that is shown, so that the keyboard goes on there and a screen reader says where one is. A focus that is somewhere stays there, and a page that was just loaded is left alone.
 */
export function useArrivalFocus(place: () => HTMLElement | null | undefined, subject: () => string | null): void {
    let shown: string | null = null;
    watch(
        [place, subject],
        ([element, next]) => {
            if (!element || next === null || next === shown) {
                return;
            }
            shown = next;
            if (isTouched && (document.activeElement === null || document.activeElement === document.body)) {
                element.focus({ preventScroll: true });
            }
        },
        { immediate: true, flush: "post" },
    );
}
