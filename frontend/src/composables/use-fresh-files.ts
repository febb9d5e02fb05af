import { onScopeDispose } from "vue";
import { usePush, useServer } from "../server/server.ts";
import type { OpenStack } from "./use-stack.ts";

/**
 * The files of an open stack are asked for anew when the page is looked at again, when the list of stacks changes and when a deployment has written them.
 * Not while `isChanged`: what somebody types is compared with the files when it is saved.
 */
export function useFreshFiles(name: () => string, stack: OpenStack, isChanged: () => boolean): void {
    const server = useServer();
    const refresh = (): void => {
        if (!isChanged() && !stack.isLoading.value && document.visibilityState === "visible") {
            void stack.reload();
        }
    };
    usePush(server, "stackList", refresh);
    usePush(server, "deploymentUpdated", ({ deployment }) => {
        if (deployment.stackId === name() && deployment.completedAt !== null) {
            refresh();
        }
    });
    addEventListener("focus", refresh);
    document.addEventListener("visibilitychange", refresh);
    onScopeDispose(() => {
        removeEventListener("focus", refresh);
        document.removeEventListener("visibilitychange", refresh);
    });
}
