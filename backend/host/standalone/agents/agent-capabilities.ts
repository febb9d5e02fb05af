import type { Clock } from "../../../domain/ports.ts";

/** What an agent may lack, and how to find out without a side effect: whoever knows the event refuses these arguments at once. */
const PROBES = {
    /** Git Deploy, in our own server or attached: answers every verb, if only with "no such deployment". */
    gitDeploy: { event: "getDeployment", args: ["probe"], refusal: (answer: Answer) => answer.code !== undefined },
    /** Single services and statistics: in Dockge's nightly builds, not in its 1.5.0. */
    services: { event: "startService", args: [0, 0], refusal: (answer: Answer) => answer.ok === false },
} as const;

export type Capability = keyof typeof PROBES;

interface Answer {
    ok?: unknown;
    code?: unknown;
}

const PROBE_LIMIT_MS = 4_000;
/** How long "it is not there" is believed. */
const PROBE_AGAIN_MS = 60_000;

/**
 * Events that every Dockge since 1.4.0 answers, with the number of arguments that it reads. It takes what stands after them for the
 * acknowledgement, so an argument that we have added leaves the call without an answer. Upstream: `agent-socket-handlers/`.
 */
const OF_EVERY_DOCKGE: ReadonlyMap<string, number> = new Map([
    ["checkMainTerminal", 0],
    ["deleteStack", 1],
    ["deployStack", 4],
    ["downStack", 1],
    ["getDockerNetworkList", 0],
    ["getStack", 1],
    ["interactiveTerminal", 3],
    ["leaveCombinedTerminal", 1],
    ["mainTerminal", 1],
    ["requestStackList", 0],
    ["restartStack", 1],
    ["saveStack", 4],
    ["serviceStatusList", 1],
    ["startStack", 1],
    ["stopStack", 1],
    ["terminalInput", 2],
    ["terminalJoin", 1],
    ["terminalResize", 3],
    ["updateStack", 1],
]);
const OF_NIGHTLY_DOCKGE: ReadonlyMap<string, number> = new Map([
    ["dockerStats", 0],
    ["restartService", 2],
    ["startService", 2],
    ["stopService", 2],
]);

/** What an agent must have to know this event; null when each of them does. */
export function neededFor(event: string): Capability | null {
    return OF_EVERY_DOCKGE.has(event) ? null : OF_NIGHTLY_DOCKGE.has(event) ? "services" : "gitDeploy";
}

/** Of one connection: Dockge says nothing to an event that it does not know, so it is asked once and the rest is answered from that. */
export class AgentCapabilities {
    readonly #ask: (event: string, args: unknown[], limitMs: number) => Promise<unknown>;
    readonly #clock: Pick<Clock, "now">;
    readonly #known = new Map<Capability, { isThere: Promise<boolean>; askedAt: number }>();
    #isOurServer = false;

    constructor(ask: (event: string, args: unknown[], limitMs: number) => Promise<unknown>, clock: Pick<Clock, "now">) {
        this.#ask = ask;
        this.#clock = clock;
    }

    /** The agent has said that it is our own server. A Dockge that Git Deploy is attached to is none: Dockge itself answers its buttons. */
    isOurServer(): void {
        this.#isOurServer = true;
        for (const capability of Object.keys(PROBES) as Capability[]) {
            this.#known.set(capability, { isThere: Promise.resolve(true), askedAt: Number.MAX_SAFE_INTEGER });
        }
    }

    /** Another connection may lead to another version. */
    forget(): void {
        this.#isOurServer = false;
        this.#known.clear();
    }

    /** The arguments that this agent takes: a Dockge gets none of those that we have added to its events. */
    understood(event: string, args: unknown[]): unknown[] {
        return this.#isOurServer ? args : args.slice(0, OF_EVERY_DOCKGE.get(event) ?? OF_NIGHTLY_DOCKGE.get(event));
    }

    async has(capability: Capability): Promise<boolean> {
        const known = this.#known.get(capability);
        if (known !== undefined && ((await known.isThere) || this.#clock.now() - known.askedAt < PROBE_AGAIN_MS)) {
            return await known.isThere;
        }
        const isThere = this.#probe(capability);
        this.#known.set(capability, { isThere, askedAt: this.#clock.now() });
        return await isThere;
    }

    async #probe(capability: Capability): Promise<boolean> {
        const { event, args, refusal } = PROBES[capability];
        try {
            const answer = await this.#ask(event, [...args], PROBE_LIMIT_MS);
            return refusal(answer ?? {});
        } catch {
            return false;
        }
    }
}
