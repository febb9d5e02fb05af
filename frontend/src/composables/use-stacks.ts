import { computed, inject, ref, shallowRef, type ComputedRef, type InjectionKey, type Ref } from "vue";
import type { StackSummary } from "../server/dockge-wire.ts";
import type { Connection } from "../server/connection.ts";
import { onReady } from "./use-session.ts";

export interface Stacks {
    /** Of this server and of its agents, each with its endpoint. */
    readonly list: ComputedRef<StackSummary[]>;
    readonly isLoaded: Readonly<Ref<boolean>>;
    /** Of the server whose page is open. */
    readonly find: (name: string) => StackSummary | undefined;
    readonly refresh: () => void;
    /** The same, for the pages of an agent's stacks. */
    readonly at: (endpoint: string) => Stacks;
}

export const STACKS: InjectionKey<Stacks> = Symbol("stacks");

/** Running ones first, then by name: what Dockge's list does. */
function compare(a: StackSummary, b: StackSummary): number {
    const rank = (stack: StackSummary): number => (stack.isManagedByDockge ? 0 : 10) + (stack.status === 3 ? 0 : stack.status === 4 ? 1 : 2);
    return rank(a) - rank(b) || a.name.localeCompare(b.name);
}

type ByName = Record<string, StackSummary>;

/** The live list. Made once, above all pages, so that no push is missed. */
export function createStacks(connection: Connection): Stacks {
    const byEndpoint = shallowRef<Record<string, ByName>>({});
    const isLoaded = ref(false);

    function put(endpoint: string, stacks: ByName): void {
        byEndpoint.value = { ...byEndpoint.value, [endpoint]: stacks };
    }

    connection.onFromAll("stackList", (endpoint, push) => {
        if (push.ok) {
            put(endpoint, push.stackList);
            isLoaded.value ||= endpoint === "";
        }
    });
    connection.onFromAll("deploymentUpdated", (endpoint, { deployment }) => {
        const stacks = byEndpoint.value[endpoint] ?? {};
        const stack = stacks[deployment.stackId];
        if (stack !== undefined) {
            put(endpoint, { ...stacks, [stack.name]: { ...stack, latestDeployment: deployment } });
        }
    });
    // What an agent has that was removed meanwhile is gone with it; those that are there send theirs again.
    connection.onDirect("agentList", ({ agentList }) => {
        byEndpoint.value = Object.fromEntries(Object.entries(byEndpoint.value).filter(([endpoint]) => endpoint in agentList));
    });
    const list = computed(() => Object.entries(byEndpoint.value).flatMap(([endpoint, stacks]) => Object.values(stacks).map((stack) => ({ ...stack, endpoint })).sort(compare)));

    function at(endpoint: string): Stacks {
        return {
            list,
            isLoaded,
            find: (name) => byEndpoint.value[endpoint]?.[name],
            refresh: () => void connection.at(endpoint).dockge("requestStackList").catch(() => undefined),
            at,
        };
    }

    const stacks = at("");
    onReady(connection, stacks.refresh);
    return stacks;
}

export function useStacks(): Stacks {
    const stacks = inject(STACKS);
    if (stacks === undefined) {
        throw new Error("No stack list was provided above this component.");
    }
    return stacks;
}
