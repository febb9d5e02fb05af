import type { DeploymentDetail } from "../../../common/wire.ts";
import { usePush, useServer } from "../server/server.ts";
import { useLoaded, type Loaded } from "./use-request.ts";

/** One deployment with its steps, live. */
export function useDeployment(id: () => string): Loaded<DeploymentDetail> {
    const server = useServer();
    const loaded = useLoaded(async () => (await server.call("getDeployment", id())).deployment, id);

    usePush(server, "deploymentUpdated", ({ deployment, steps }) => {
        const shown = loaded.value.value;
        if (deployment.id === id() && shown !== null) {
            loaded.value.value = { ...shown, ...deployment, steps };
        }
    });
    return loaded;
}
