import { onScopeDispose } from "vue";
import type { DeploymentDetail } from "../../../common/views.ts";
import { usePush, useServer } from "../server/server.ts";
import { useLoaded, type Loaded } from "./use-request.ts";

/** Nobody tells what a queued deployment waits for when that changes. Milliseconds. */
const WAITING_RELOAD_MS = 10_000;

/** One deployment with its steps, live. */
export function useDeployment(id: () => string): Loaded<DeploymentDetail> {
    const server = useServer();
    const loaded = useLoaded(async () => (await server.call("getDeployment", id(), { logs: false })).deployment, id);

    usePush(server, "deploymentUpdated", ({ deployment, steps }) => {
        const shown = loaded.value.value;
        if (shown === null) {
            return;
        }
        if (deployment.id === id()) {
            loaded.value.value = { ...shown, ...deployment, steps, waitsFor: deployment.status === "pending" ? shown.waitsFor : null };
        } else if (shown.status === "pending") {
            // It may have been what this one waits for.
            void loaded.reload();
        }
    });
    const timer = setInterval(() => loaded.value.value?.status === "pending" && void loaded.reload(), WAITING_RELOAD_MS);
    onScopeDispose(() => clearInterval(timer));
    return loaded;
}
