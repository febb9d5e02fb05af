import type { agentEvents } from "../../../../common/agent-wire.ts";
import { DeployError } from "../../../domain/errors.ts";
import type { AgentStore, AuditLog } from "../../../domain/ports.ts";
import { Secret } from "../../../domain/secret.ts";
import type { EventHandlers } from "../dispatcher.ts";
import type { Session } from "../session.ts";
import { parseAgentUrl, storedAddress } from "./agent-address.ts";
import type { Agents } from "./agents.ts";
import type { LoginTest } from "./login-test.ts";

export interface AgentEventsParts {
    agents: Agents;
    store: AgentStore;
    loginTest: LoginTest;
    audit: Pick<AuditLog, "append">;
}

/** Dockge's events for agents, with Dockge's texts. */
export function agentHandlers({ agents, store, loginTest, audit }: AgentEventsParts): EventHandlers<typeof agentEvents> {
    const record = async (session: Session, action: string, url: string, details: Record<string, string>) => {
        await audit.append({ actor: { kind: "user", name: session.requireUser().username, address: session.address }, action, stackId: null, subject: url, details });
    };
    const missing = (url: string) => new DeployError("NOT_FOUND", `There is no agent ${url} here.`);
    return {
        addAgent: async ([{ url: typed, username, password, name }], session) => {
            const { url, endpoint } = parseAgentUrl(typed);
            if (agents.hasEndpoint(endpoint)) {
                throw new DeployError("AGENT_EXISTS", `${endpoint} is an agent already.`);
            }
            await loginTest.run({ url, endpoint, username, password: new Secret(password), ownOrigin: session.origin });
            await store.add({ url, username, password: new Secret(password), name: name ?? "" });
            await record(session, "agent.add", url, { username });
            await agents.reload();
            return { ok: true, msg: "agentAddedSuccessfully", msgi18n: true };
        },
        removeAgent: async ([url], session) => {
            if (!(await store.remove(url))) {
                throw missing(url);
            }
            await record(session, "agent.remove", url, { endpoint: storedAddress(url)?.endpoint ?? "" });
            await agents.reload();
            return { ok: true, msg: "agentRemovedSuccessfully", msgi18n: true };
        },
        updateAgent: async ([url, name]) => {
            if (!(await store.rename(url, name ?? ""))) {
                throw missing(url);
            }
            await agents.reload();
            return { ok: true, msg: "agentUpdatedSuccessfully", msgi18n: true };
        },
    };
}
