import { nextTick, ref, type Ref } from "vue";

/** Frames that a row far away may take until it is drawn. */
const MAX_FRAMES = 20;
const PAGE_ROWS = 10;

export interface ListKeys {
    /** Key of the row that had the focus last. It is the one stop of the Tab key while it is drawn. */
    readonly lastFocused: Readonly<Ref<string | null>>;
    readonly onKeydown: (event: KeyboardEvent) => void;
    readonly onFocusin: (event: FocusEvent) => void;
    readonly focusFirst: () => void;
}

/**
 * The arrow keys, Home, End, Page Up and Page Down move the focus through a list of which only the rows in sight are drawn.
 * Each drawn row bears its place in `data-index` and has a link in it.
 */
export function useListKeys(options: { scroller: () => HTMLElement | null; count: () => number; keyOf: (index: number) => string; isStop: (index: number) => boolean; show: (index: number) => void }): ListKeys {
    const lastFocused = ref<string | null>(null);
    const linkAt = (index: number) => options.scroller()?.querySelector<HTMLElement>(`[data-index="${index}"] a`) ?? null;

    /** The nearest row that can be focused, onward from `index`. */
    function stopFrom(index: number, step: 1 | -1): number | null {
        for (let at = index; at >= 0 && at < options.count(); at += step) {
            if (options.isStop(at)) {
                return at;
            }
        }
        return null;
    }

    async function focus(index: number | null): Promise<void> {
        if (index === null) {
            return;
        }
        lastFocused.value = options.keyOf(index);
        options.show(index);
        await nextTick();
        for (let frame = 0; linkAt(index) === null && frame < MAX_FRAMES; frame += 1) {
            await new Promise(requestAnimationFrame);
        }
        linkAt(index)?.focus({ preventScroll: true });
    }

    function indexOf(target: EventTarget | null): number | null {
        const place = target instanceof Element ? target.closest<HTMLElement>("[data-index]")?.dataset["index"] : undefined;
        return place === undefined ? null : Number(place);
    }

    /** Where a key leads from a row, or nothing when it is not one of ours. */
    function goal(key: string, from: number): number | null | undefined {
        const last = options.count() - 1;
        switch (key) {
            case "ArrowDown":
                return stopFrom(from + 1, 1);
            case "ArrowUp":
                return stopFrom(from - 1, -1);
            case "PageDown":
                return stopFrom(Math.min(from + PAGE_ROWS, last), 1) ?? stopFrom(last, -1);
            case "PageUp":
                return stopFrom(Math.max(from - PAGE_ROWS, 0), -1) ?? stopFrom(0, 1);
            case "Home":
                return stopFrom(0, 1);
            case "End":
                return stopFrom(last, -1);
            default:
                return undefined;
        }
    }

    return {
        lastFocused,
        onKeydown(event) {
            const from = indexOf(event.target);
            const to = from === null || event.altKey || event.ctrlKey || event.metaKey ? undefined : goal(event.key, from);
            if (to !== undefined) {
                event.preventDefault();
                void focus(to);
            }
        },
        onFocusin(event) {
            const index = indexOf(event.target);
            lastFocused.value = index === null ? null : options.keyOf(index);
        },
        focusFirst: () => void focus(stopFrom(0, 1)),
    };
}
