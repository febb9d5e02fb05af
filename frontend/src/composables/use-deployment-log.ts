import { computed, onScopeDispose, ref, shallowRef, triggerRef, watch, type ComputedRef, type Ref, type ShallowRef } from "vue";
import { LogStore } from "../log/log-store.ts";
import { usePush, useServer } from "../server/server.ts";
import { toServerError, type ServerError } from "../server/server-error.ts";

/** Bytes of a log that is fetched as a whole, in the background. Of a longer one that happens when it is searched, filtered or copied. */
const BACKGROUND_BYTES = 16 * 1024 * 1024;
/** Parts that are asked for at the same time: one is on its way while the other is read. */
const AT_ONCE = 2;
/** Many pieces a second are shown together: once in two frames. Milliseconds. */
const SHOW_EVERY_MS = 33;

export interface OpenLog {
    /** Told anew whenever something of it has changed; null until its outline is known. */
    readonly store: ShallowRef<LogStore | null>;
    readonly isComplete: Ref<boolean>;
    readonly isLoading: Ref<boolean>;
    readonly error: ComputedRef<ServerError | null>;
    /** Lines that somebody looks at: they are fetched before all others. */
    readonly want: (firstLine: number, endLine: number) => void;
    /** Fetches all of it. Resolves when it is there, or when the log is closed. */
    readonly wantAll: () => Promise<void>;
    readonly retry: () => void;
}

/**
 * A deployment's log: its outline and its end first, then what is looked at, then the rest, and live. After a reconnect or a gap
 * it asks again from the byte it has got to, so that nothing is missing and nothing comes twice.
 */
export function useDeploymentLog(id: () => string): OpenLog {
    const server = useServer();
    const store = shallowRef<LogStore | null>(null);
    const isComplete = ref(false);
    const isLoading = ref(true);
    /** Following it and fetching its older parts fail by themselves. */
    const followError = shallowRef<ServerError | null>(null);
    const partError = shallowRef<ServerError | null>(null);
    /** Grows when another log is opened or this one is begun anew: answers for the former one are dropped. */
    let era = 0;
    let joined: string | null = null;
    let catchingUp: Promise<void> | null = null;
    let isGapSeen = false;
    /** Something that was pushed continued what is here since it was asked for the last time. */
    let isFed = false;
    let showTimer: ReturnType<typeof setTimeout> | undefined;
    let wantedLines: [first: number, end: number] = [0, 0];
    let isAllWanted = false;
    const whenWhole: (() => void)[] = [];
    const underWay = new Set<number>();

    function show(): void {
        showTimer ??= setTimeout(() => {
            showTimer = undefined;
            triggerRef(store);
        }, SHOW_EVERY_MS);
    }

    function reset(): void {
        era += 1;
        store.value = null;
        isComplete.value = false;
        isLoading.value = true;
        followError.value = null;
        partError.value = null;
        underWay.clear();
        wantedLines = [0, 0];
        isAllWanted = false;
        whenWhole.splice(0).forEach((resolve) => resolve());
    }

    async function open(deploymentId: string): Promise<LogStore | null> {
        const mine = era;
        const outline = await server.call("getDeploymentLogOutline", deploymentId);
        if (mine !== era) {
            return null;
        }
        store.value = new LogStore(outline);
        fetchParts();
        return store.value;
    }

    /** Servers answer what is new in pieces: ask until there is nothing new, or until pushes go on from there. */
    async function readOn(deploymentId: string): Promise<void> {
        const mine = era;
        const log = store.value ?? (await open(deploymentId));
        for (;;) {
            if (log === null || mine !== era) {
                return;
            }
            const from = log.offset;
            isFed = false;
            const answer = await server.call("joinDeploymentLog", deploymentId, from);
            if (mine !== era) {
                return;
            }
            if (answer.offset < from) {
                // The file is shorter than what we have: a power failure took its end. Begin anew.
                reset();
                isGapSeen = true;
                return;
            }
            log.append(answer.text, from);
            isComplete.value = answer.isComplete;
            if (answer.text === "" || isFed) {
                break;
            }
            show();
        }
        if (isComplete.value) {
            log.finish();
            fetchParts();
        }
        show();
    }

    function catchUp(): void {
        if (catchingUp !== null) {
            isGapSeen = true;
            return;
        }
        const deploymentId = id();
        joined = deploymentId;
        const mine = era;
        catchingUp = readOn(deploymentId)
            .then(
                () => mine === era && (followError.value = null),
                (thrown: unknown) => mine === era && (followError.value = toServerError(thrown)),
            )
            .then(() => {
                catchingUp = null;
                if (mine === era) {
                    isLoading.value = false;
                }
                if (isGapSeen) {
                    isGapSeen = false;
                    catchUp();
                }
            });
    }

    /** What is looked at, else the newest that is missing. -1 when nothing is wanted. */
    function nextPart(log: LogStore): number {
        const { parts } = log;
        const isMissing = (index: number): boolean => parts[index]?.block === null && !underWay.has(index);
        for (let index = log.partOf(wantedLines[0]); (parts[index]?.firstLine ?? Infinity) < wantedLines[1]; index += 1) {
            if (isMissing(index)) {
                return index;
            }
        }
        const isEndMissing = parts.length > 0 && isMissing(parts.length - 1);
        // What was left out because it came too fast can wait until the rest is over.
        const isSmall = log.totalBytes <= BACKGROUND_BYTES && (isComplete.value || !log.hasGaps);
        if (isEndMissing || isAllWanted || isSmall) {
            return parts.findLastIndex((_part, index) => isMissing(index));
        }
        return -1;
    }

    function fetchParts(): void {
        const log = store.value;
        while (log !== null && partError.value === null && underWay.size < AT_ONCE) {
            const index = nextPart(log);
            if (index === -1) {
                break;
            }
            underWay.add(index);
            void fetchPart(log, index, era);
        }
        if (log !== null && log.isWhole && whenWhole.length > 0) {
            whenWhole.splice(0).forEach((resolve) => resolve());
        }
    }

    async function fetchPart(log: LogStore, index: number, mine: number): Promise<void> {
        const part = log.parts[index];
        if (part === undefined) {
            return;
        }
        try {
            const { text } = await server.call("readDeploymentLog", id(), { offset: part.offset, maxBytes: part.endOffset - part.offset });
            if (mine !== era) {
                return;
            }
            underWay.delete(index);
            if (!log.fill(index, text)) {
                reset();
                catchUp();
                return;
            }
            show();
        } catch (thrown) {
            if (mine !== era) {
                return;
            }
            underWay.delete(index);
            partError.value = toServerError(thrown);
        }
        fetchParts();
    }

    function retry(): void {
        partError.value = null;
        catchUp();
        fetchParts();
    }

    function leave(): void {
        if (joined !== null) {
            server.call("leaveDeploymentLog", joined).catch(() => undefined);
            joined = null;
        }
    }

    usePush(server, "deploymentLog", (push) => {
        if (push.deploymentId !== id()) {
            return;
        }
        // Without text it says that nothing more is sent until it is asked for.
        isFed = push.text !== "" && (store.value?.append(push.text, push.offset, push.line ?? null) ?? false);
        if (isFed) {
            show();
        } else {
            catchUp();
        }
    });
    usePush(server, "deploymentUpdated", ({ deployment }) => {
        if (deployment.id === id() && deployment.completedAt !== null && !isComplete.value) {
            catchUp();
        }
    });

    watch(id, () => {
        leave();
        reset();
    });
    watch([id, server.generation], retry, { immediate: true });
    onScopeDispose(() => {
        reset();
        clearTimeout(showTimer);
        leave();
    });

    return {
        store,
        isComplete,
        isLoading,
        error: computed(() => followError.value ?? partError.value),
        want(firstLine, endLine) {
            wantedLines = [firstLine, endLine];
            fetchParts();
        },
        wantAll() {
            isAllWanted = true;
            return new Promise((resolve) => {
                whenWhole.push(resolve);
                fetchParts();
            });
        },
        retry,
    };
}
