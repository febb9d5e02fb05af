import { computed, inject, ref, shallowRef, type ComputedRef, type InjectionKey } from "vue";
import type { AgentStatus, AgentView } from "../../../common/agent-wire.ts";
import type { Connection } from "../server/connection.ts";

export interface Agent extends AgentView {
    status: AgentStatus;
    /** Why it is offline; empty otherwise. */
    reason: string;
    /** The given name, else the endpoint. */
    title: string;
}

export interface Agents {
    /** Without the server itself; by name. */
    readonly list: ComputedRef<Agent[]>;
    readonly find: (endpoint: string) => Agent | undefined;
    /** @throws ServerError */
    readonly add: (agent: { url: string; username: string; password: string; name: string }) => Promise<void>;
    /** @throws ServerError */
    readonly rename: (agent: AgentView, name: string) => Promise<void>;
    /** @throws ServerError */
    readonly remove: (agent: AgentView) => Promise<void>;
}

export const AGENTS: InjectionKey<Agents> = Symbol("agents");

/** The other servers that this one drives. Made once, above all pages, so that no push is missed. */
export function createAgents(connection: Connection): Agents {
    const views = shallowRef<Record<string, AgentView>>({});
    const states = ref<Record<string, { status: AgentStatus; reason: string }>>({});

    connection.onDirect("agentList", ({ agentList }) => (views.value = agentList));
    connection.onDirect("agentStatus", ({ endpoint, status, reason, msg }) => {
        states.value = { ...states.value, [endpoint]: { status, reason: reason ?? msg ?? "" } };
    });

    const list = computed(() =>
        Object.values(views.value)
            .filter(({ endpoint }) => endpoint !== "")
            .map((view): Agent => ({ ...view, status: "connecting", reason: "", ...states.value[view.endpoint], title: view.name || view.endpoint }))
            .sort((a, b) => a.title.localeCompare(b.title)),
    );
    return {
        list,
        find: (endpoint) => list.value.find((agent) => agent.endpoint === endpoint),
        add: async (agent) => void (await connection.direct("addAgent", agent)),
        rename: async ({ url }, name) => void (await connection.direct("updateAgent", url, name)),
        remove: async ({ url }) => void (await connection.direct("removeAgent", url)),
    };
}

export function useAgents(): Agents {
    const agents = inject(AGENTS);
    if (agents === undefined) {
        throw new Error("No agents were provided above this component.");
    }
    return agents;
}
