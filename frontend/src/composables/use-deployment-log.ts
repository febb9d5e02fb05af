import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import type { LogLine } from "../../../common/wire.ts";
import { byteLength, LogBuffer } from "../log/log-buffer.ts";
import { usePush, useServer } from "../server/server.ts";
import { toServerError, type ServerError } from "../server/server-error.ts";

/** A very long log is whole in its file; here its end is kept. */
const MAX_LINES = 100_000;
/** Many pieces a second are shown together: once a frame. Milliseconds. */
const SHOW_EVERY_MS = 33;

export interface OpenLog {
    readonly lines: ShallowRef<LogLine[]>;
    readonly droppedLines: Ref<number>;
    readonly isComplete: Ref<boolean>;
    readonly isLoading: Ref<boolean>;
    readonly error: ShallowRef<ServerError | null>;
}

/**
 * A deployment's log, from the first byte and then live. After a reconnect or a gap it asks again from the byte it
 * has got to, so that nothing is missing and nothing comes twice.
 */
export function useDeploymentLog(id: () => string): OpenLog {
    const server = useServer();
    const lines = shallowRef<LogLine[]>([]);
    const droppedLines = ref(0);
    const isComplete = ref(false);
    const isLoading = ref(true);
    const error = shallowRef<ServerError | null>(null);
    let buffer = new LogBuffer(MAX_LINES);
    let joined: string | null = null;
    let catchingUp: Promise<void> | null = null;
    let isGapSeen = false;
    let showTimer: ReturnType<typeof setTimeout> | undefined;

    function show(): void {
        showTimer ??= setTimeout(() => {
            showTimer = undefined;
            lines.value = buffer.snapshot();
            droppedLines.value = buffer.droppedLines;
        }, SHOW_EVERY_MS);
    }

    /** Servers answer long logs in pieces: ask until there is nothing new. */
    async function readOn(deploymentId: string): Promise<void> {
        for (;;) {
            const from = buffer.offset;
            const answer = await server.call("joinDeploymentLog", deploymentId, from);
            if (deploymentId !== id()) {
                return;
            }
            // `offset` of the answer is where its text ends; a server that means the beginning is understood, too.
            const start = answer.offset === from ? from : answer.offset - byteLength(answer.text);
            buffer.append(answer.text, Math.min(start, buffer.offset));
            isComplete.value = answer.isComplete;
            if (answer.text === "") {
                break;
            }
            show();
        }
        if (isComplete.value) {
            buffer.finish();
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
        catchingUp = readOn(deploymentId)
            .then(
                () => (error.value = null),
                (thrown: unknown) => (error.value = toServerError(thrown)),
            )
            .then(() => {
                catchingUp = null;
                isLoading.value = false;
                if (isGapSeen) {
                    isGapSeen = false;
                    catchUp();
                }
            });
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
        if (buffer.append(push.text, push.offset)) {
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
        buffer = new LogBuffer(MAX_LINES);
        lines.value = [];
        isLoading.value = true;
    });
    watch([id, server.generation], catchUp, { immediate: true });
    onScopeDispose(() => {
        clearTimeout(showTimer);
        leave();
    });

    return { lines, droppedLines, isComplete, isLoading, error };
}
