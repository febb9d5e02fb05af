import { shallowRef, watch, type Ref } from "vue";
import { isFinal } from "../../../common/deployment.ts";
import type { DeploymentView } from "../../../common/views.ts";
import { usePush, useServer } from "../server/server.ts";

/** The deployment whose release runs: the last one that succeeded, by hand or from Git. Null while it is not known. */
export function useCurrentDeployment(stack: () => string): Readonly<Ref<DeploymentView | null>> {
    const server = useServer();
    const current = shallowRef<DeploymentView | null>(null);

    async function ask(): Promise<void> {
        const asked = stack();
        try {
            const { items } = await server.call("getDeploymentList", asked, { status: ["successful"], perPage: 1 });
            if (asked === stack()) {
                current.value = items[0] ?? null;
            }
        } catch {
            // Then it is not known, and the server decides.
        }
    }
    watch([stack, server.generation], ask, { immediate: true });
    usePush(server, "deploymentUpdated", ({ deployment }) => {
        if (deployment.stackId === stack() && isFinal(deployment.status)) {
            void ask();
        }
    });
    return current;
}

/**
 * Ids of the deployments whose release is the one that runs: the current one and, after a rollback, what it went back to. There is no way back to them.
 * @param known where a rollback to a rollback is looked up
 */
export function runningDeployments(current: DeploymentView | null, known: readonly DeploymentView[]): ReadonlySet<string> {
    const ids = new Set<string>();
    for (let next = current; next !== null && !ids.has(next.id); ) {
        ids.add(next.id);
        const target: string | null = next.kind === "rollback" ? next.previousDeploymentId : null;
        next = known.find(({ id }) => id === target) ?? null;
        if (next === null && target !== null) {
            ids.add(target);
        }
    }
    return ids;
}
