import { nextTick, ref, watch, type Ref } from "vue";
import type { StepName } from "../../../common/deployment.ts";
import type { LineSelection } from "./use-line-selection.ts";
import type { LogView } from "./use-log-view.ts";
import type { VirtualRows } from "./use-virtual-rows.ts";

export interface LogPlace {
    /** At the end, and staying there while it grows. */
    readonly isFollowing: Ref<boolean>;
    readonly follow: () => void;
    /** Somebody has scrolled by so many pixels; negative is up. */
    readonly moved: (byHand: number) => void;
    readonly show: (what: "failure" | number) => void;
    /** The rows mean other lines now: stays at this one, or at the end. */
    readonly keep: (line: number) => void;
}

/**
 * Which part of the log is in sight. It opens at the lines of the address, else at the line that tells why the run failed, else at the end,
 * which it follows until somebody scrolls up. A search takes it to its hits.
 */
export function useLogPlace(parts: {
    view: LogView;
    virtual: VirtualRows;
    step: Ref<StepName | null>;
    selection: LineSelection;
    failingLine: () => { line: number; isSure: boolean } | null;
    startsAtFailure: () => boolean;
}): LogPlace {
    const { view, virtual, step, selection, failingLine } = parts;
    const isFollowing = ref(true);
    /** Until its part of the log is loaded, the place of the failing line is a guess. */
    let isSeekingFailure = false;
    let isPlaced = false;

    function follow(): void {
        isFollowing.value = true;
        isSeekingFailure = false;
        virtual.scrollToEnd();
    }

    function goTo(line: number): void {
        isFollowing.value = false;
        const section = view.rows.value.sectionOf(line);
        if (section?.isFolded === true) {
            view.fold(section.section, false);
        }
        void nextTick(() => virtual.scrollTo(view.rows.value.rowOf(line), "center"));
    }

    function show(what: "failure" | number): void {
        isSeekingFailure = what === "failure";
        const line = what === "failure" ? failingLine()?.line : what;
        if (line !== undefined) {
            // It may be filtered out.
            step.value = null;
            view.filter.value = "all";
            goTo(line);
        }
    }

    function keep(line: number): void {
        virtual.reset();
        void nextTick(() => (isFollowing.value ? virtual.scrollToEnd() : virtual.scrollTo(Math.max(0, view.rows.value.rowOf(line)), "start")));
    }

    watch(
        () => view.rows.value.count > 0,
        (hasRows) => {
            if (!hasRows || isPlaced) {
                return;
            }
            isPlaced = true;
            if (selection.range.value !== null) {
                show(selection.range.value.first);
            } else if (parts.startsAtFailure() && failingLine() !== null) {
                show("failure");
            } else {
                follow();
            }
        },
        { immediate: true },
    );
    watch(
        () => failingLine()?.line,
        () => isSeekingFailure && show("failure"),
    );
    watch(selection.range, (range, before) => {
        // A click chooses a line that is in sight; an address that was changed by hand leads elsewhere.
        const row = range === null ? -1 : view.rows.value.rowOf(range.first);
        if (range !== null && before === null && (row < virtual.inSight.value.first || row >= virtual.inSight.value.end)) {
            show(range.first);
        }
    });
    watch(view.hitLine, (line) => line !== null && goTo(line));

    return {
        isFollowing,
        follow,
        moved(byHand) {
            isSeekingFailure = false;
            if (byHand < 0) {
                isFollowing.value = false;
            } else if (virtual.isAtEnd.value) {
                follow();
            }
        },
        show,
        keep,
    };
}
