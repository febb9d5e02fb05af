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

/** Oldest Dockge that can be an agent: those before do not know the envelope. */
const OLDEST: readonly [number, number] = [1, 4];

/** @param version as `info` has it; something that is no version is taken for new enough */
export function isTooOld(version: unknown): boolean {
    const [, major, minor] = (typeof version === "string" ? /^v?(\d+)\.(\d+)/.exec(version) : null) ?? [];
    return major !== undefined && (Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1]));
}

/** What an agent said to a log-in. `isFinal`: trying again changes nothing until a person has done something. */
export type LoginVerdict = { isAccepted: true; token: string | null } | { isAccepted: false; reason: string; isFinal: boolean };

export function readLogin(answer: unknown): LoginVerdict {
    const fields = (answer ?? {}) as { ok?: unknown; token?: unknown; tokenRequired?: unknown; msg?: unknown };
    if (fields.ok === true) {
        return { isAccepted: true, token: typeof fields.token === "string" ? fields.token : null };
    }
    if (fields.tokenRequired === true) {
        return { isAccepted: false, reason: "It asks for a second factor, which a hub does not have. Switch two-factor log-in off for this user there.", isFinal: true };
    }
    if (fields.msg === "authIncorrectCreds") {
        return { isAccepted: false, reason: "It does not accept this user and password.", isFinal: true };
    }
    return { isAccepted: false, reason: `It refused the log-in: ${typeof fields.msg === "string" ? fields.msg : "it did not say why."}`, isFinal: false };
}
