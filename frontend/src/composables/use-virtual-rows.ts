import { computed, nextTick, onMounted, onScopeDispose, onUpdated, ref, shallowRef, watch, type ComputedRef } from "vue";
import { RowHeights } from "../log/row-heights.ts";

/** Pixels. Browsers cut an element off at about 17.9 million (Firefox) or 33.5 million (Chromium, Safari). */
const MAX_HEIGHT = 12_000_000;
/** Rows above and below those in sight. */
const OVERSCAN = 12;
/** Pixels that still count as the end, or as the place we have scrolled to ourselves. */
const END_SLACK = 30;
const SAME_PLACE = 1.5;

export interface VirtualRows {
    /** Rows to draw, one below the other. */
    readonly rendered: ComputedRef<{ first: number; end: number }>;
    /** Rows in sight. */
    readonly inSight: ComputedRef<{ first: number; end: number }>;
    /** Height of what is scrolled, and where in it the drawn rows begin. Pixels. */
    readonly height: ComputedRef<number>;
    readonly offset: ComputedRef<number>;
    readonly isAtEnd: ComputedRef<boolean>;
    readonly onScroll: () => void;
    readonly scrollTo: (row: number, align: "center" | "start") => void;
    readonly scrollToEnd: () => void;
    /** Rows mean others now. What was measured is forgotten; the row at the top stays. */
    readonly reset: () => void;
}

/**
 * Draws only the rows in sight, of any number and of differing height. Each is taken for `rowHeight` until it has been drawn and measured.
 * What would be too high for a browser is scrolled in proportion: a pixel of the scrollbar is then more than one of the content.
 * The rows are the children of `list`, in order. `onMove(byHand)` is told when the content has been scrolled: negative is up.
 */
export function useVirtualRows(options: {
    scroller: () => HTMLElement | null;
    list: () => HTMLElement | null;
    count: () => number;
    rowHeight: number;
    onMove: (byHand: number) => void;
}): VirtualRows {
    const { scroller, list, count, rowHeight } = options;
    const heights = new RowHeights(rowHeight);
    /** Grows when heights have changed. */
    const version = ref(0);
    const viewHeight = ref(0);
    const scrollTop = ref(0);
    /** Of the content, not of the scrollbar. */
    const top = ref(0);
    /** Where we want to be until somebody scrolls: heights are only known when rows are drawn. */
    const target = shallowRef<{ row: number; align: "center" | "start" } | "end" | null>(null);
    /** Where the scrollbar is because of us; null once somebody has scrolled. */
    let expectedScrollTop: number | null = null;
    let width = 0;

    heights.reset(count());
    const total = computed(() => (void version.value, heights.total));
    const height = computed(() => Math.min(total.value, MAX_HEIGHT));
    const maxTop = computed(() => Math.max(0, total.value - viewHeight.value));
    /** Pixels of the content for one of the scrollbar. */
    const scale = computed(() => maxTop.value / Math.max(1, height.value - viewHeight.value));
    const inSight = computed(() => {
        void version.value;
        return { first: heights.rowAt(top.value), end: Math.min(count(), heights.rowAt(top.value + viewHeight.value) + 1) };
    });
    const rendered = computed(() => ({ first: Math.max(0, inSight.value.first - OVERSCAN), end: Math.min(count(), inSight.value.end + OVERSCAN) }));
    const offset = computed(() => (void version.value, heights.topOf(rendered.value.first) - top.value + scrollTop.value));
    const isAtEnd = computed(() => maxTop.value - top.value < END_SLACK);

    function moveTo(wanted: number): void {
        const element = scroller();
        top.value = Math.max(0, Math.min(wanted, maxTop.value));
        if (element === null) {
            return;
        }
        expectedScrollTop = scale.value === 0 ? 0 : top.value / scale.value;
        if (Math.abs(element.scrollTop - expectedScrollTop) > 0.5) {
            element.scrollTop = expectedScrollTop;
        }
        scrollTop.value = element.scrollTop;
    }

    function goToTarget(): void {
        if (target.value === "end") {
            moveTo(maxTop.value);
        } else if (target.value !== null) {
            const { row, align } = target.value;
            moveTo(heights.topOf(row) - (align === "center" ? Math.max(0, (viewHeight.value - heights.heightOf(row)) / 2) : 0));
        }
    }

    function onScroll(): void {
        const element = scroller();
        if (element === null) {
            return;
        }
        if (element.clientHeight !== viewHeight.value) {
            // The window has changed, and the browser has moved the content along: nobody has scrolled.
            resized();
            return;
        }
        scrollTop.value = element.scrollTop;
        if (expectedScrollTop !== null && Math.abs(element.scrollTop - expectedScrollTop) < SAME_PLACE) {
            return;
        }
        expectedScrollTop = null;
        target.value = null;
        const before = top.value;
        top.value = Math.max(0, Math.min(element.scrollTop * scale.value, maxTop.value));
        options.onMove(top.value - before);
    }

    /** What was drawn is as high as it is: rows above the first one in sight must not push it away. */
    function measure(): void {
        const { first } = rendered.value;
        const anchor = inSight.value.first;
        const within = top.value - heights.topOf(anchor);
        let isChanged = false;
        [...(list()?.children ?? [])].forEach((child, index) => {
            isChanged = heights.set(first + index, (child as HTMLElement).offsetHeight || rowHeight) !== 0 || isChanged;
        });
        if (isChanged) {
            version.value += 1;
            if (target.value === null) {
                moveTo(heights.topOf(anchor) + within);
            }
        }
        // The scrolled height follows in the next turn: before it a browser would not go so far.
        if (target.value !== null) {
            void nextTick(goToTarget);
        }
    }

    function reset(): void {
        const row = inSight.value.first;
        const within = top.value - heights.topOf(row);
        heights.reset(count());
        version.value += 1;
        void nextTick(() => (target.value === null ? moveTo(heights.topOf(Math.min(row, count())) + within) : goToTarget()));
    }

    watch(count, (rows) => {
        heights.grow(rows);
        version.value += 1;
        if (target.value !== null) {
            void nextTick(goToTarget);
        }
    });

    const observer = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(resized);
    function resized(): void {
        const element = scroller();
        if (element === null) {
            return;
        }
        viewHeight.value = element.clientHeight;
        if (element.clientWidth !== width) {
            width = element.clientWidth;
            reset();
        }
        if (target.value !== null) {
            void nextTick(goToTarget);
        }
    }
    onMounted(() => {
        resized();
        const element = scroller();
        if (element !== null) {
            observer?.observe(element);
        }
    });
    onUpdated(measure);
    onScopeDispose(() => observer?.disconnect());

    return {
        rendered,
        inSight,
        height,
        offset,
        isAtEnd,
        onScroll,
        reset,
        scrollTo(row, align) {
            target.value = { row, align };
            void nextTick(goToTarget);
        },
        scrollToEnd() {
            target.value = "end";
            void nextTick(goToTarget);
        },
    };
}
