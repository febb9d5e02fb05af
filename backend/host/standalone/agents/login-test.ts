import { DeployError } from "../../../domain/errors.ts";
import type { Random } from "../../../domain/ports.ts";
import type { Secret } from "../../../domain/secret.ts";
import type { AgentConnection, ConnectToAgent } from "./agent-connection.ts";
import { isTooOld, logInByPassword, tooOldSentence, type LoginVerdict } from "./agent-login.ts";

/** Sent with the handshake, so that this server recognises itself under whatever name it was reached. */
export const TEST_HEADER = "git-deploy-agent-test";

export interface LoginTestInput {
    url: string;
    endpoint: string;
    username: string;
    password: Secret;
    /** As the browser of the person who asks sees this server. */
    ownOrigin: string;
}

/** Logs in once, before an agent is stored. */
export class LoginTest {
    readonly #connect: ConnectToAgent;
    readonly #random: Pick<Random, "uuid">;
    /** Tests under way; true once their connection has arrived here. */
    readonly #running = new Map<string, boolean>();

    constructor(connect: ConnectToAgent, random: Pick<Random, "uuid">) {
        this.#connect = connect;
        this.#random = random;
    }

    /** A connection has arrived; `id` is what it sent in TEST_HEADER. */
    arrived(id: string): void {
        if (this.#running.has(id)) {
            this.#running.set(id, true);
        }
    }

    /** @throws INPUT_INVALID for this server itself, AGENT_OFFLINE, AGENT_REFUSED, AGENT_UNSUPPORTED */
    async run(input: LoginTestInput): Promise<void> {
        const isSelf = new DeployError("INPUT_INVALID", "This is the address of this server itself. Give the address of another one.");
        if (URL.canParse(input.ownOrigin) && new URL(input.ownOrigin).host === input.endpoint) {
            throw isSelf;
        }
        const id = this.#random.uuid();
        this.#running.set(id, false);
        try {
            await this.#logIn(input, id);
            if (this.#running.get(id) === true) {
                throw isSelf;
            }
        } catch (thrown) {
            throw this.#running.get(id) === true ? isSelf : thrown;
        } finally {
            this.#running.delete(id);
        }
    }

    async #logIn({ url, endpoint, username, password }: LoginTestInput, id: string): Promise<void> {
        let connection: AgentConnection | undefined;
        let version: unknown;
        try {
            const connected = await new Promise<AgentConnection>((resolve, reject) => {
                const offline = (reason: string) => reject(new DeployError("AGENT_OFFLINE", `${endpoint} cannot be added. ${reason}`, { details: { endpoint } }));
                const made = this.#connect(
                    url,
                    { endpoint, [TEST_HEADER]: id },
                    {
                        connected: () => resolve(made),
                        disconnected: () => offline("It hung up."),
                        failed: offline,
                        received: (event, [info]) => {
                            if (event === "info") {
                                version = (info as { version?: unknown } | null)?.version ?? version;
                            }
                        },
                    },
                    { isRetried: false },
                );
                connection = made;
                made.open();
            });
            const verdict = await this.#ask(connected, username, password, endpoint);
            if (!verdict.isAccepted) {
                throw new DeployError("AGENT_REFUSED", `${endpoint} cannot be added. ${verdict.reason}`, { details: { endpoint } });
            }
            if (isTooOld(version)) {
                throw new DeployError("AGENT_UNSUPPORTED", `${endpoint} ${tooOldSentence(version)}`, { details: { endpoint } });
            }
        } finally {
            connection?.close();
        }
    }

    async #ask(connection: AgentConnection, username: string, password: Secret, endpoint: string): Promise<LoginVerdict> {
        try {
            return await logInByPassword(connection, username, password);
        } catch (cause) {
            throw new DeployError("AGENT_OFFLINE", `${endpoint} cannot be added. It accepts connections but does not answer like a Dockge.`, { cause, details: { endpoint } });
        }
    }
}
