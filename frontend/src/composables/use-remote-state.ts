import type { RemoteState } from "../../../common/stack-insight.ts";
import { usePush, useServer } from "../server/server.ts";
import { useAction, useLoaded, type Action, type Loaded } from "./use-request.ts";

export interface OpenRemoteState extends Loaded<RemoteState> {
    /** Looks at the remote now. */
    readonly check: Action<[], void>;
}

/** What a stack runs beside what its branch has; asked anew when a deployment or a delivery may have changed either. */
export function useRemoteState(stack: () => string, repositoryId: () => string): OpenRemoteState {
    const server = useServer();
    const loaded = useLoaded(async () => (await server.call("getRemoteState", stack())).remoteState, stack);
    usePush(server, "deploymentUpdated", ({ deployment }) => {
        if (deployment.stackId === stack()) {
            void loaded.reload();
        }
    });
    usePush(server, "webhookEventReceived", ({ event }) => {
        if (event.repositoryId === repositoryId()) {
            void loaded.reload();
        }
    });
    return {
        ...loaded,
        check: useAction(async () => {
            loaded.value.value = (await server.call("checkRemote", stack())).remoteState;
        }),
    };
}
