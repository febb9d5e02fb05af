import type { AgentPushes, AgentStatus } from "../../../../common/agent-wire.ts";
import { CONSOLE_TERMINAL } from "../../../../common/terminal-names.ts";
import { timeLimitMs } from "../../../../common/time-limits.ts";
import { DeployError } from "../../../domain/errors.ts";
import type { Clock, Logger } from "../../../domain/ports.ts";
import { NO_ANSWER } from "../dispatcher.ts";
import type { AgentAccount } from "./agent-account.ts";
import { AgentCapabilities, neededFor } from "./agent-capabilities.ts";
import { AnswerTimeoutError, ConnectionLostError, type AgentConnection, type ConnectToAgent } from "./agent-connection.ts";
import { isTooOld, logIn, tooOldSentence, type LoginVerdict } from "./agent-login.ts";
import { agentPush } from "./agent-message.ts";

/** Somebody who has just opened the page asks before the agent is there. */
const PATIENCE_MS = 8_000;
/** The page waits for us as long as we would for the agent; so much earlier we answer. */
const HEAD_START_MS = 2_000;
/** A log-in that was refused for a passing reason ("too frequently"), or a connection that the agent ended. */
const RETRY_MS = 20_000;
const REOPEN_MS = 1_000;

/** Dockge answers these only when something went wrong: silence is success. */
const SILENT_ON_SUCCESS: ReadonlySet<string> = new Set(["terminalInput", "terminalResize"]);

export interface AgentCall {
    event: string;
    args: unknown[];
    isAnswerExpected: boolean;
    /** Whether to wait for an agent that is being connected. */
    isPatient: boolean;
}

export interface AgentLinkParts {
    account: AgentAccount;
    connect: ConnectToAgent;
    headers: Record<string, string>;
    tell: (status: AgentPushes["agentStatus"]) => void;
    /** An `agent` event of the agent's that the browser may be told. */
    relay: (args: unknown[]) => void;
    clock: Clock;
    logger: Logger;
}

interface State {
    status: AgentStatus;
    reason: string;
    code: "AGENT_OFFLINE" | "AGENT_UNSUPPORTED";
    /** Nothing changes until a person does something. */
    isFinal: boolean;
}

/**
 * One browser's connection to one agent. Not shared among browsers: terminals and logs that an agent shows belong to a connection, and what
 * a person leaves behind ends with it.
 */
export class AgentLink {
    readonly #parts: AgentLinkParts;
    readonly #connection: AgentConnection;
    readonly #closing = new AbortController();
    readonly #capabilities: AgentCapabilities;
    #state: State = { status: "connecting", reason: "", code: "AGENT_OFFLINE", isFinal: false };
    /** Those that wait for the end of "connecting". */
    #waiting: (() => void)[] = [];
    /** Answers of a connection that is gone by then count for nothing. */
    #attempt = 0;
    #isConsoleOpen = false;

    constructor(parts: AgentLinkParts) {
        this.#parts = parts;
        this.#connection = parts.connect(
            parts.account.address.url,
            parts.headers,
            {
                connected: () => void this.#logIn(++this.#attempt),
                disconnected: (isEndedByAgent) => this.#disconnected(isEndedByAgent),
                failed: (reason) => this.#become("offline", reason),
                received: (event, args) => this.#received(event, args),
            },
            { isRetried: true },
        );
        this.#capabilities = new AgentCapabilities(
            async (event, args, limitMs) => await this.#connection.ask("agent", [this.#endpoint, event, ...args], limitMs),
            parts.clock,
        );
    }

    get #endpoint(): string {
        return this.#parts.account.address.endpoint;
    }

    open(): void {
        this.#tell();
        if (this.#parts.account.agent.password === null) {
            this.#become("offline", "Its stored password cannot be read any more. Remove the agent and add it again.", { isFinal: true });
            return;
        }
        this.#connection.open();
    }

    /** Never rejects for long: every call is answered within the page's own time limit. @throws AGENT_OFFLINE, AGENT_SILENT, AGENT_UNSUPPORTED */
    async call({ event, args: given, isAnswerExpected, isPatient }: AgentCall): Promise<unknown> {
        const { clock } = this.#parts;
        const until = clock.now() + timeLimitMs(event) - HEAD_START_MS;
        if (this.#state.status === "connecting" && isPatient) {
            await this.#settled();
        }
        this.#requireOnline();
        const args = this.#capabilities.understood(event, given);
        this.#noteConsole(event, args);
        if (!isAnswerExpected) {
            this.#connection.emit("agent", [this.#endpoint, event, ...args]);
            return NO_ANSWER;
        }
        await this.#requireKnown(event);
        return await this.#ask(event, args, until - clock.now());
    }

    close(): void {
        this.#attempt++;
        this.#closing.abort();
        this.#state = { status: "offline", reason: "It is no longer connected.", code: "AGENT_OFFLINE", isFinal: true };
        this.#waiting.splice(0).forEach((resume) => resume());
        this.#connection.close();
    }

    async #ask(event: string, args: unknown[], limitMs: number): Promise<unknown> {
        try {
            return await this.#connection.ask("agent", [this.#endpoint, event, ...args], limitMs);
        } catch (error) {
            if (error instanceof ConnectionLostError) {
                throw new DeployError("AGENT_OFFLINE", `The connection to ${this.#endpoint} was lost before it answered. It may still be working on it.`, { cause: error, details: { endpoint: this.#endpoint } });
            }
            if (!(error instanceof AnswerTimeoutError)) {
                throw error;
            }
            if (SILENT_ON_SUCCESS.has(event)) {
                return NO_ANSWER;
            }
            throw new DeployError("AGENT_SILENT", `${this.#endpoint} did not answer. Its stack may be busy, or its version may not know this.`, { cause: error, details: { endpoint: this.#endpoint, event } });
        }
    }

    #requireOnline(): void {
        const { status, reason, code } = this.#state;
        if (status !== "online") {
            throw new DeployError(code, `${this.#endpoint} is not connected. ${status === "connecting" ? "It is being connected; try again in a moment." : reason}`, { details: { endpoint: this.#endpoint } });
        }
    }

    /** @throws AGENT_UNSUPPORTED */
    async #requireKnown(event: string): Promise<void> {
        const needed = neededFor(event);
        if (needed !== null && !(await this.#capabilities.has(needed))) {
            const message =
                needed === "gitDeploy"
                    ? `The Dockge at ${this.#endpoint} does not have Git Deploy. Attach Git Deploy to it, or run this server there instead; then this works from here.`
                    : `The Dockge at ${this.#endpoint} is too old for this. Upgrade it.`;
            throw new DeployError("AGENT_UNSUPPORTED", message, { details: { endpoint: this.#endpoint } });
        }
    }

    async #settled(): Promise<void> {
        const isSettled = new AbortController();
        this.#waiting.push(() => isSettled.abort());
        await this.#parts.clock.sleep(PATIENCE_MS, isSettled.signal).catch(() => undefined);
    }

    async #logIn(attempt: number): Promise<void> {
        let verdict: LoginVerdict;
        try {
            verdict = await logIn(this.#connection, this.#parts.account);
        } catch (error) {
            verdict = { isAccepted: false, isFinal: false, reason: error instanceof AnswerTimeoutError ? "It did not answer the log-in." : "The connection was lost." };
        }
        if (attempt !== this.#attempt || this.#state.code === "AGENT_UNSUPPORTED") {
            return;
        }
        if (verdict.isAccepted) {
            this.#become("online", "");
            return;
        }
        this.#become("offline", verdict.reason, { isFinal: verdict.isFinal });
        if (!verdict.isFinal) {
            this.#later(RETRY_MS, () => attempt === this.#attempt && void this.#logIn(attempt));
        }
    }

    #received(event: string, args: unknown[]): void {
        if (event === "agent") {
            const push = agentPush(args, this.#endpoint, this.#isConsoleOpen);
            if (push !== null) {
                this.#parts.relay(push);
            }
        } else if (event === "info") {
            const { version, gitDeployVersion } = (args[0] ?? {}) as { version?: unknown; gitDeployVersion?: unknown };
            if (typeof gitDeployVersion === "string") {
                this.#capabilities.isOurServer();
            }
            if (isTooOld(version)) {
                this.#attempt++;
                this.#become("offline", `It ${tooOldSentence(version)}`, { code: "AGENT_UNSUPPORTED", isFinal: true });
                this.#connection.close();
            }
        }
    }

    #noteConsole(event: string, args: unknown[]): void {
        if (event === "mainTerminal" || args[0] === CONSOLE_TERMINAL) {
            this.#isConsoleOpen = event !== "leaveTerminal";
        }
    }

    #disconnected(isEndedByAgent: boolean): void {
        this.#attempt++;
        this.#capabilities.forget();
        if (this.#state.code !== "AGENT_UNSUPPORTED") {
            this.#become("offline", "The connection was lost; it is tried again.");
        }
        if (isEndedByAgent) {
            // A new password or a restart there; Socket.IO takes it for a farewell.
            this.#later(REOPEN_MS, () => this.#connection.open());
        }
    }

    #become(status: AgentStatus, reason: string, { code = "AGENT_OFFLINE", isFinal = false }: Partial<Pick<State, "code" | "isFinal">> = {}): void {
        const before = this.#state;
        this.#state = { status, reason, code, isFinal };
        this.#waiting.splice(0).forEach((resume) => resume());
        if (before.status !== status || before.reason !== reason) {
            const { logger } = this.#parts;
            const isNews = status === "offline" || before.status === "offline";
            logger[isNews ? "info" : "debug"]({ agent: this.#endpoint, ...(reason === "" ? {} : { reason }) }, `agent ${status}`);
            this.#tell();
        }
    }

    #tell(): void {
        const { status, reason, code, isFinal } = this.#state;
        // Dockge's page shows `msg` as an alarm: kept for what a person has to mend.
        const why = status === "offline" ? { reason, code, ...(isFinal ? { msg: `${this.#endpoint}: ${reason}` } : {}) } : {};
        this.#parts.tell({ endpoint: this.#endpoint, status, ...why });
    }

    #later(ms: number, run: () => void): void {
        this.#parts.clock.sleep(ms, this.#closing.signal).then(run, () => undefined);
    }
}
