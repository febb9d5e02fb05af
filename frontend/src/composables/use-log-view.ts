import { computed, ref, watch, type ComputedRef, type Ref } from "vue";
import type { StepName } from "../../../common/deployment.ts";
import type { LogLine } from "../../../common/wire.ts";
import { plainText } from "../log/ansi.ts";

export const LEVEL_FILTERS = ["all", "warn", "error"] as const;
export type LevelFilter = (typeof LEVEL_FILTERS)[number];

const SHOWN_LEVELS: Record<LevelFilter, readonly LogLine["level"][]> = { all: ["info", "warn", "error"], warn: ["warn", "error"], error: ["error"] };

export interface LogView {
    readonly shown: ComputedRef<LogLine[]>;
    readonly query: Ref<string>;
    readonly level: Ref<LevelFilter>;
    /** Indices in `shown` of the lines that hold the query. */
    readonly hits: ComputedRef<number[]>;
    /** Which of `hits` is looked at. */
    readonly hit: Ref<number>;
    readonly step: (by: 1 | -1) => void;
}

/** What of a log is shown: one step or all, from a level on; and where the searched text stands. */
export function useLogView(lines: () => LogLine[], stepName: () => StepName | null): LogView {
    const query = ref("");
    const level = ref<LevelFilter>("all");
    const hit = ref(0);

    const shown = computed(() => {
        const levels = SHOWN_LEVELS[level.value];
        const only = stepName();
        return only === null && level.value === "all" ? lines() : lines().filter((line) => (only === null || line.step === only) && levels.includes(line.level));
    });
    const hits = computed(() => {
        const wanted = query.value.toLowerCase();
        return wanted === "" ? [] : shown.value.flatMap((line, index) => (plainText(line.text).toLowerCase().includes(wanted) ? [index] : []));
    });
    watch(query, () => (hit.value = 0));

    return {
        shown,
        query,
        level,
        hits,
        hit,
        step: (by) => {
            const count = hits.value.length;
            hit.value = count === 0 ? 0 : (hit.value + by + count) % count;
        },
    };
}
