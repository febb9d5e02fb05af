import { computed, type ComputedRef } from "vue";
import type { Stack } from "../server/dockge-wire.ts";
import { useLoaded, type Loaded } from "./use-request.ts";
import { useStacks } from "./use-stacks.ts";

export interface OpenStack extends Loaded<Stack> {
    /** From the live list: `getStack` of Dockge does not know it. */
    readonly status: ComputedRef<Stack["status"]>;
}

/** One stack with its files. */
export function useStack(name: () => string): OpenStack {
    const stacks = useStacks();
    const loaded = useLoaded(async (server) => (await server.dockge("getStack", name())).stack, name);
    return { ...loaded, status: computed(() => stacks.find(name())?.status ?? 0) };
}
