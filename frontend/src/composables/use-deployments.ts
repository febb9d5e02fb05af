import { computed, type ComputedRef } from "vue";
import type { DeploymentListInput } from "../../../common/schemas.ts";
import type { DeploymentView, Page } from "../../../common/views.ts";
import { usePush, useServer } from "../server/server.ts";
import { useLoaded, type Loaded } from "./use-request.ts";

export interface DeploymentList extends Loaded<Page<DeploymentView>> {
    readonly pageCount: ComputedRef<number>;
}

/**
 * One page of a stack's history. Rows that are shown change live; a new deployment makes the page ask again,
 * since only the server knows whether the filters let it in.
 */
export function useDeployments(stack: () => string, filter: () => Partial<DeploymentListInput>): DeploymentList {
    const server = useServer();
    const loaded = useLoaded(
        () => server.call("getDeploymentList", stack(), filter()),
        () => JSON.stringify([stack(), filter()]),
    );

    usePush(server, "deploymentUpdated", ({ deployment }) => {
        const page = loaded.value.value;
        if (deployment.stackId !== stack() || page === null) {
            return;
        }
        if (!page.items.some(({ id }) => id === deployment.id)) {
            void loaded.reload();
            return;
        }
        loaded.value.value = { ...page, items: page.items.map((item) => (item.id === deployment.id ? deployment : item)) };
    });

    return {
        ...loaded,
        pageCount: computed(() => {
            const page = loaded.value.value;
            return page === null ? 1 : Math.max(1, Math.ceil(page.total / page.perPage));
        }),
    };
}
