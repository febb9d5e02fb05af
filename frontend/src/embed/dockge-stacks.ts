import { computed, ref } from "vue";
import type { Stacks } from "../composables/use-stacks.ts";
import type { StackSummary } from "../server/dockge-wire.ts";
import type { Server } from "../server/server.ts";
import type { DockgeRoot } from "./dockge-page.ts";
import { stackAt } from "./places.ts";

/** The stacks of one server as Dockge's page knows them. It is asked, never copied: its reactivity is not ours. */
export function dockgeStacks(root: DockgeRoot, endpoint: string, server: Server): Stacks {
    return {
        list: computed(() => []),
        isLoaded: ref(true),
        find: (name) => stackAt(root, name, endpoint) as StackSummary | undefined,
        refresh: () => void server.dockge("requestStackList").catch(() => undefined),
        at: (other) => dockgeStacks(root, other, server),
    };
}
