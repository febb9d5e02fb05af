import { readonly, ref, watch, type Ref } from "vue";
import { isFinal } from "../../../common/deployment.ts";
import { usePush, useServer } from "../server/server.ts";

/** Id of the deployment whose release runs: the last one that succeeded, by hand or from Git. Null while it is not known. */
export function useCurrentDeployment(stack: () => string): Readonly<Ref<string | null>> {
    const server = useServer();
    const current = ref<string | null>(null);

    async function ask(): Promise<void> {
        const asked = stack();
        try {
            const { items } = await server.call("getDeploymentList", asked, { status: ["successful"], perPage: 1 });
            if (asked === stack()) {
                current.value = items[0]?.id ?? null;
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
    return readonly(current);
}
