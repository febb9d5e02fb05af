import { computed, inject, ref, shallowRef, type ComputedRef, type InjectionKey, type Ref } from "vue";
import type { StackSummary } from "../server/dockge-wire.ts";
import type { Connection } from "../server/connection.ts";
import { onReady } from "./use-session.ts";

export interface Stacks {
    readonly list: ComputedRef<StackSummary[]>;
    readonly isLoaded: Readonly<Ref<boolean>>;
    readonly find: (name: string) => StackSummary | undefined;
    readonly refresh: () => void;
}

export const STACKS: InjectionKey<Stacks> = Symbol("stacks");

/** Running ones first, then by name: what Dockge's list does. */
function compare(a: StackSummary, b: StackSummary): number {
    const rank = (stack: StackSummary): number => (stack.isManagedByDockge ? 0 : 10) + (stack.status === 3 ? 0 : stack.status === 4 ? 1 : 2);
    return rank(a) - rank(b) || a.name.localeCompare(b.name);
}

/** The live list. Made once, above all pages, so that no push is missed. */
export function createStacks(connection: Connection): Stacks {
    const byName = shallowRef<Record<string, StackSummary>>({});
    const isLoaded = ref(false);

    function refresh(): void {
        connection.dockge("requestStackList").catch(() => undefined);
    }

    connection.on("stackList", (push) => {
        if (push.ok && (push.endpoint ?? "") === "") {
            byName.value = push.stackList;
            isLoaded.value = true;
        }
    });
    connection.on("deploymentUpdated", ({ deployment }) => {
        const stack = byName.value[deployment.stackId];
        if (stack !== undefined) {
            byName.value = { ...byName.value, [stack.name]: { ...stack, latestDeployment: deployment } };
        }
    });
    onReady(connection, refresh);

    return { list: computed(() => Object.values(byName.value).sort(compare)), isLoaded, find: (name) => byName.value[name], refresh };
}

export function useStacks(): Stacks {
    const stacks = inject(STACKS);
    if (stacks === undefined) {
        throw new Error("No stack list was provided above this component.");
    }
    return stacks;
}
