import { onScopeDispose } from "vue";
import { usePush, useServer } from "../server/server.ts";

/** Long enough to see how it ended. Milliseconds. */
const CLEAR_AFTER_MS = 5_000;

/**
 * Clears what a release of the stack has printed into its progress terminal, a moment after its deployment has ended: the terminal itself
 * never says so. Whatever begins to print there meanwhile stays.
 */
export function useReleaseEnd(stack: () => string, terminal: () => string, clear: () => void): void {
    const server = useServer();
    let timer: ReturnType<typeof setTimeout> | undefined;

    usePush(server, "deploymentUpdated", ({ deployment }) => {
        if (deployment.stackId === stack() && deployment.completedAt !== null && deployment.startedAt !== null) {
            clearTimeout(timer);
            timer = setTimeout(clear, CLEAR_AFTER_MS);
        }
    });
    usePush(server, "terminalWrite", (name) => name === terminal() && clearTimeout(timer));
    onScopeDispose(() => clearTimeout(timer));
}
