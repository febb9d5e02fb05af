import { computed, onScopeDispose, watch, type ComputedRef } from "vue";
import type { Stack } from "../server/dockge-wire.ts";
import { useServer } from "../server/server.ts";
import { useLoaded, type Loaded } from "./use-request.ts";
import { useStacks } from "./use-stacks.ts";

export interface OpenStack extends Loaded<Stack> {
    /** From the live list: `getStack` of Dockge does not know it. */
    readonly status: ComputedRef<Stack["status"]>;
}

/** One stack with its files. Asking for it makes the server send the containers' logs, too, until the stack is left. */
export function useStack(name: () => string): OpenStack {
    const server = useServer();
    const stacks = useStacks();
    const leave = (left: string): void => void server.dockge("leaveCombinedTerminal", left).catch(() => undefined);
    watch(name, (_next, left) => leave(left));
    onScopeDispose(() => leave(name()));
    const loaded = useLoaded(async () => (await server.dockge("getStack", name())).stack, name);
    return { ...loaded, status: computed(() => stacks.find(name())?.status ?? 0) };
}
