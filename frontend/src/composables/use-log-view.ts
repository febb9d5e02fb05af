import { computed, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from "vue";
import type { StepName } from "../../../common/deployment.ts";
import { BlockLines, FoundLines } from "../log/block-lines.ts";
import type { LogBlock } from "../log/log-block.ts";
import { LogRows } from "../log/log-rows.ts";
import { findLines } from "../log/log-search.ts";
import { inSlices } from "../log/time-slices.ts";
import type { OpenLog } from "./use-deployment-log.ts";

export const LINE_FILTERS = ["all", "warn", "error", "stderr"] as const;
export type LineFilter = (typeof LINE_FILTERS)[number];

const NOTHING = { sections: [], lineCount: 0 };

export interface LogView {
    readonly rows: ComputedRef<LogRows>;
    readonly query: Ref<string>;
    readonly filter: Ref<LineFilter>;
    /** Sections whose lines are hidden, by their index. */
    readonly folded: ShallowRef<ReadonlySet<number>>;
    readonly fold: (section: number, isFolded: boolean) => void;
    readonly foldAll: (isFolded: boolean) => void;
    readonly isAllFolded: ComputedRef<boolean>;
    /** Lines that hold the query, as far as they are found. */
    readonly hits: ShallowRef<BlockLines>;
    /** True while lines are still to be looked through or to be loaded. */
    readonly isSearching: Ref<boolean>;
    /** The line of the hit that is looked at; null while there is none. */
    readonly hitLine: Ref<number | null>;
    readonly step: (by: 1 | -1) => void;
}

/**
 * What of a log is shown: one step or all, all lines or those of a level or stream, steps folded or not; and where the searched text stands.
 * `viewedLine` is the first line in sight: from there on is searched first.
 */
export function useLogView(log: Pick<OpenLog, "store" | "wantAll">, stepName: () => StepName | null, viewedLine: () => number): LogView {
    const query = ref("");
    const filter = ref<LineFilter>("all");
    const folded = shallowRef<ReadonlySet<number>>(new Set());
    const hits = shallowRef(new BlockLines([]));
    const hitLine = ref<number | null>(null);
    const isSearching = ref(false);
    let found: FoundLines | null = null;
    let stop: () => void = () => undefined;

    const passing = computed(() => (filter.value === "all" ? null : new FoundLines(linesThatPass(filter.value))));
    const rows = computed(() => {
        const store = log.store.value;
        return new LogRows(store ?? NOTHING, { step: stepName(), folded: folded.value, matches: store === null ? null : (passing.value?.in(store.parts) ?? null) });
    });

    function search(): void {
        stop();
        const store = log.store.value;
        const mine = found;
        if (mine === null || store === null) {
            hits.value = new BlockLines([]);
            isSearching.value = false;
            return;
        }
        const from = store.partOf(viewedLine());
        const blocks = [...store.parts.slice(from), ...store.parts.slice(0, from)].flatMap(({ block }) => (block === null || mine.has(block) ? [] : [block]));
        isSearching.value = blocks.length > 0 || !store.isWhole;
        let next = 0;
        stop = inSlices(() => {
            const block = blocks[next];
            if (block !== undefined) {
                next += 1;
                mine.of(block);
                if (next % 16 !== 0) {
                    return true;
                }
            }
            hits.value = mine.in(store.parts, true);
            if (hitLine.value === null && hits.value.length > 0) {
                hitLine.value = hits.value.at(hits.value.countBefore(viewedLine())) ?? hits.value.at(0) ?? null;
            }
            isSearching.value = block !== undefined || !store.isWhole;
            return block !== undefined;
        });
    }

    watch([query, filter, stepName], () => {
        const wanted = query.value.toLowerCase();
        hitLine.value = null;
        found = wanted === "" ? null : new FoundLines((block) => findLines(block, wanted).filter(isShown));
        search();
    });
    watch(log.store, () => found !== null && search());
    watch([query, filter], () => (query.value !== "" || filter.value !== "all") && void log.wantAll());
    onScopeDispose(() => stop());

    function isShown(line: number): boolean {
        const store = log.store.value;
        const block = store?.parts[store.partOf(line)]?.block ?? null;
        return store !== null && block !== null && passes(block, line, filter.value) && (stepName() === null || store.stepOf(line) === stepName());
    }

    return {
        rows,
        query,
        filter,
        folded,
        fold(section, isFolded) {
            const next = new Set(folded.value);
            if (isFolded) {
                next.add(section);
            } else {
                next.delete(section);
            }
            folded.value = next;
        },
        foldAll: (isFolded) => (folded.value = new Set(isFolded ? rows.value.sections.map(({ section }) => section) : [])),
        isAllFolded: computed(() => rows.value.sections.length > 0 && rows.value.sections.every(({ isFolded }) => isFolded)),
        hits,
        isSearching,
        hitLine,
        step(by) {
            const { length } = hits.value;
            const current = hitLine.value === null ? -1 : hits.value.indexOf(hitLine.value);
            hitLine.value = length === 0 ? null : (hits.value.at((current + by + length) % length) ?? null);
        },
    };
}

function passes(block: LogBlock, line: number, filter: LineFilter): boolean {
    const level = block.levelOf(line);
    return filter === "all" || (filter === "stderr" ? block.streamOf(line) === "err" : level === "error" || level === filter);
}

function linesThatPass(filter: LineFilter): (block: LogBlock) => number[] {
    return (block) => {
        const lines: number[] = [];
        for (let line = block.firstLine; line < block.endLine; line += 1) {
            if (passes(block, line, filter)) {
                lines.push(line);
            }
        }
        return lines;
    };
}
