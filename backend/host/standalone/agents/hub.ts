import { agentEvents } from "../../../../common/agent-wire.ts";
import { ALL_ENDPOINTS } from "../../../../common/endpoints.ts";
import type { AgentStore, AuditLog, Clock, Logger, Random } from "../../../domain/ports.ts";
import type { Dispatcher, EnvelopeCall } from "../dispatcher.ts";
import type { Session } from "../session.ts";
import type { ConnectToAgent } from "./agent-connection.ts";
import { agentHandlers } from "./agent-events.ts";
import { Agents } from "./agents.ts";
import { LoginTest } from "./login-test.ts";
import { connectBySocketIo } from "./socket-io-connection.ts";

export interface HubParts {
    agents: AgentStore;
    audit: Pick<AuditLog, "append">;
    clock: Clock;
    random: Pick<Random, "uuid">;
    logger: Logger;
    /** Socket.IO, unless a test has something else. */
    connect?: ConnectToAgent;
}

/** This server as the hub of other ones: the events that manage them, and the way of a call to them. */
export class Hub {
    readonly #parts: HubParts;
    readonly #agents: Agents;
    readonly #loginTest: LoginTest;

    constructor(parts: HubParts) {
        const { agents: store, clock, random, logger, connect = connectBySocketIo } = parts;
        this.#parts = parts;
        this.#agents = new Agents({ store, connect, clock, logger });
        this.#loginTest = new LoginTest(connect, random);
    }

    register(dispatcher: Dispatcher): void {
        const { agents: store, audit } = this.#parts;
        dispatcher.register(agentEvents, agentHandlers({ agents: this.#agents, store, loginTest: this.#loginTest, audit }), { isInEnvelope: false });
        dispatcher.forwardWith(async (session, call) => await this.#forward(session, call));
    }

    async start(): Promise<void> {
        await this.#agents.prepare();
    }

    connected(session: Session): void {
        this.#loginTest.arrived(session.agentTestId);
    }

    /** Tells a person who has logged in about the agents, and connects to them. */
    greet(session: Session): void {
        this.#agents.greet(session);
    }

    close(): void {
        this.#agents.close();
    }

    /** "All" is this server as well: Dockge leaves it out, and its own "Scan" button does nothing then. */
    async #forward(session: Session, { endpoint, event, args, isAnswerExpected, runHere }: EnvelopeCall): Promise<unknown> {
        const call = { event, args, isAnswerExpected };
        if (endpoint !== ALL_ENDPOINTS) {
            return await this.#agents.call(session, endpoint, { ...call, isPatient: true });
        }
        const [here, agents] = await Promise.all([runHere(), this.#agents.callAll(session, { ...call, isPatient: false })]);
        return typeof here === "object" && here !== null && Object.keys(agents).length > 0 ? { ...here, agents } : here;
    }
}
