import type { AgentPushes, AgentView } from "../../../../common/agent-wire.ts";
import { DeployError, toDeployError } from "../../../domain/errors.ts";
import type { Agent, AgentStore, Clock, Logger } from "../../../domain/ports.ts";
import type { AgentAccount } from "./agent-account.ts";
import { storedAddress } from "./agent-address.ts";
import type { ConnectToAgent } from "./agent-connection.ts";
import { AgentLink, type AgentCall } from "./agent-link.ts";

/** A browser's connection, as far as agents concern it. */
export interface AgentUser {
    /** Not empty when a hub is at the other end: then this server is an agent itself and goes no further. */
    readonly endpoint: string;
    readonly user: object | null;
    tellOfAgents<P extends keyof AgentPushes>(event: P, payload: AgentPushes[P]): void;
    relay(args: unknown[]): void;
    /** Runs once when the person logs out or goes away; at once when that has happened. */
    onLeave(stop: () => void): void;
}

export interface AgentsParts {
    store: AgentStore;
    connect: ConnectToAgent;
    clock: Clock;
    logger: Logger;
}

const OWN: AgentView = { url: "", username: "", endpoint: "", name: "" };

/** The other servers that this one drives, and what each browser has to do with them. */
export class Agents {
    readonly #parts: AgentsParts;
    readonly #accounts = new Map<string, AgentAccount>();
    readonly #links = new Map<AgentUser, Map<string, AgentLink>>();

    constructor(parts: AgentsParts) {
        this.#parts = parts;
    }

    /** Reads the agents, and seals the passwords that a Dockge has left in plain text. Call it before the first connection. */
    async prepare(): Promise<void> {
        const { store, logger } = this.#parts;
        const count = await store.sealPasswords();
        if (count > 0) {
            logger.info({ count }, "passwords of agents were plain text in the database and are encrypted now");
        }
        for (const agent of await store.list()) {
            this.#know(agent);
        }
    }

    /** Somebody has logged in. */
    greet(browser: AgentUser): void {
        browser.tellOfAgents("agentList", this.listPush());
        this.#linksOf(browser);
    }

    listPush(): AgentPushes["agentList"] {
        const agents = [...this.#accounts.values()].map(({ agent, address }): [string, AgentView] => [
            address.endpoint,
            { url: agent.url, username: agent.username, endpoint: address.endpoint, name: agent.name },
        ]);
        return { ok: true, agentList: { "": OWN, ...Object.fromEntries(agents) } };
    }

    hasEndpoint(endpoint: string): boolean {
        return this.#accounts.has(endpoint);
    }

    /** @throws NOT_FOUND, AGENT_OFFLINE, AGENT_SILENT, AGENT_UNSUPPORTED */
    async call(browser: AgentUser, endpoint: string, call: AgentCall): Promise<unknown> {
        // The page may ask before it was greeted.
        const link = this.#linksOf(browser).get(endpoint);
        if (link === undefined) {
            throw new DeployError("NOT_FOUND", browser.endpoint === "" ? `There is no agent ${endpoint} here.` : "This server is an agent itself and asks no others.", { details: { endpoint } });
        }
        return await link.call(call);
    }

    /** Every agent's answer by its endpoint; those that cannot be asked have one as well. */
    async callAll(browser: AgentUser, call: AgentCall): Promise<Record<string, unknown>> {
        const links = [...this.#linksOf(browser)];
        const answers = links.map(async ([endpoint, link]): Promise<[string, unknown]> => {
            try {
                return [endpoint, await link.call(call)];
            } catch (thrown) {
                const { code, message } = toDeployError(thrown);
                return [endpoint, { ok: false, msg: message, msgi18n: true, code }];
            }
        });
        return Object.fromEntries(await Promise.all(answers));
    }

    /** An agent was added, renamed or removed: every screen learns it at once, without loading anew. */
    async reload(): Promise<void> {
        const stored = await this.#parts.store.list();
        const urls = new Set(stored.map(({ url }) => url));
        for (const [endpoint, { agent }] of this.#accounts) {
            if (!urls.has(agent.url)) {
                this.#forget(endpoint);
            }
        }
        for (const agent of stored) {
            this.#know(agent);
        }
        for (const [browser, links] of this.#links) {
            browser.tellOfAgents("agentList", this.listPush());
            for (const account of this.#accounts.values()) {
                if (!links.has(account.address.endpoint)) {
                    this.#link(browser, account);
                }
            }
        }
    }

    close(): void {
        for (const links of this.#links.values()) {
            links.forEach((link) => link.close());
        }
        this.#links.clear();
    }

    /** Connects to every agent, unless this server is an agent itself. */
    #linksOf(browser: AgentUser): Map<string, AgentLink> {
        const known = this.#links.get(browser);
        if (known !== undefined || browser.endpoint !== "") {
            return known ?? new Map<string, AgentLink>();
        }
        const links = new Map<string, AgentLink>();
        this.#links.set(browser, links);
        for (const account of this.#accounts.values()) {
            this.#link(browser, account);
        }
        browser.onLeave(() => {
            this.#links.delete(browser);
            links.forEach((link) => link.close());
        });
        return links;
    }

    #know(agent: Agent): void {
        const address = storedAddress(agent.url);
        if (address === null) {
            this.#parts.logger.warn({ url: agent.url }, "an agent is left out, as its address is none");
            return;
        }
        const known = this.#accounts.get(address.endpoint);
        if (known === undefined) {
            this.#accounts.set(address.endpoint, { agent, address, token: null });
        } else {
            known.agent = agent;
        }
    }

    #forget(endpoint: string): void {
        this.#accounts.delete(endpoint);
        for (const [browser, links] of this.#links) {
            links.get(endpoint)?.close();
            links.delete(endpoint);
            // Dockge's page keeps the stacks of an agent that somebody else has removed; an empty list takes them away.
            browser.relay(["stackList", { ok: true, stackList: {}, endpoint }]);
        }
    }

    #link(browser: AgentUser, account: AgentAccount): void {
        const { connect, clock, logger } = this.#parts;
        const { endpoint } = account.address;
        const link = new AgentLink({
            account,
            connect,
            clock,
            logger,
            headers: { endpoint },
            tell: (status) => browser.tellOfAgents("agentStatus", status),
            relay: (args) => browser.relay(args),
        });
        this.#links.get(browser)?.set(endpoint, link);
        link.open();
    }
}
