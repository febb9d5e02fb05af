import { z } from "zod";

/**
 * Dockge's events for other servers that this one drives ("agents"), outside of the agent envelope.
 * Upstream: `agent-manager.ts` and `manage-agent-socket-handler.ts`.
 */

const url = z.string().trim().min(1).max(255);
const name = z.string().trim().max(255);

export const agentEvents = {
    /** Upstream's page of 1.5.0 sends no name. */
    addAgent: z.tuple([z.object({ url, username: z.string().min(1).max(255), password: z.string().min(1).max(4096), name: name.nullish() })]),
    removeAgent: z.tuple([url]),
    /** The new name; empty takes it away. */
    updateAgent: z.tuple([url, name.nullish()]),
} as const;

export interface AgentView {
    url: string;
    username: string;
    /** `host[:port]` of the URL; the empty one is the server itself. */
    endpoint: string;
    /** Empty when nobody gave it one. */
    name: string;
}

export type AgentStatus = "connecting" | "online" | "offline";

/** Pushed directly. */
export interface AgentPushes {
    agentList: { ok: true; agentList: Record<string, AgentView> };
    /** `msg` is what a person has to mend; `reason` and `code` are ours: why it is offline. */
    agentStatus: { endpoint: string; status: AgentStatus; msg?: string; reason?: string; code?: string };
}
