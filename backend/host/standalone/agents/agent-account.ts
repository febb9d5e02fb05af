import type { Agent } from "../../../domain/ports.ts";
import type { AgentAddress } from "./agent-address.ts";

/** One agent as every connection to it shares it. */
export interface AgentAccount {
    /** As it is stored now: its name may change. */
    agent: Agent;
    readonly address: AgentAddress;
    /**
     * The log-in token that the agent gave last; in memory only. A second browser logs in with it: that costs the agent no password hash, and
     * does not use up the log-ins that Dockge allows in a minute.
     */
    token: string | null;
}
