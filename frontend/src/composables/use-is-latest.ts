import { computed, ref, watch, type ComputedRef } from "vue";
import type { DeploymentView } from "../../../common/views.ts";
import { usePush, useServer } from "../server/server.ts";

/** True while no newer deployment of the stack has begun: what runs there now is this one's. Not while it is queued. */
export function useIsLatest(stack: () => string, deployment: () => Pick<DeploymentView, "id" | "status" | "createdAt"> | null): ComputedRef<boolean> {
    const server = useServer();
    const newest = ref<string | null>(null);

    watch(
        [stack, () => deployment()?.id, server.generation],
        async () => {
            const asked = stack();
            try {
                const { items } = await server.call("getDeploymentList", asked, { perPage: 1 });
                if (asked === stack()) {
                    newest.value = items[0]?.id ?? null;
                }
            } catch {
                // Then it is not known, and nothing depends on it.
            }
        },
        { immediate: true },
    );
    usePush(server, "deploymentUpdated", ({ deployment: other }) => {
        const shown = deployment();
        if (shown !== null && other.stackId === stack() && other.createdAt > shown.createdAt) {
            newest.value = other.id;
        }
    });
    return computed(() => {
        const shown = deployment();
        return shown !== null && shown.status !== "pending" && newest.value === shown.id;
    });
}
