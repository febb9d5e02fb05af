import type { Secret } from "../../../domain/secret.ts";
import type { AgentAccount } from "./agent-account.ts";
import type { AgentConnection } from "./agent-connection.ts";

const LOGIN_LIMIT_MS = 15_000;
/** Oldest Dockge that can be an agent: those before do not know the envelope. */
const OLDEST: readonly [number, number] = [1, 4];

/** @param version as `info` has it; something that is no version is taken for new enough */
export function isTooOld(version: unknown): boolean {
    const [, major, minor] = (typeof version === "string" ? /^v?(\d+)\.(\d+)/.exec(version) : null) ?? [];
    return major !== undefined && (Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1]));
}

/** What a person is told of one that is. */
export function tooOldSentence(version: unknown): string {
    return `runs Dockge ${String(version)}, which cannot be an agent. Upgrade it to 1.4.0 or later.`;
}

/** What an agent said to a log-in. `isFinal`: trying again changes nothing until a person has done something. */
export type LoginVerdict = { isAccepted: true; token: string | null } | { isAccepted: false; reason: string; isFinal: boolean };

function readLogin(answer: unknown): LoginVerdict {
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

/** @throws AnswerTimeoutError, ConnectionLostError */
export async function logInByPassword(connection: AgentConnection, username: string, password: Secret | null): Promise<LoginVerdict> {
    return readLogin(await connection.ask("login", [{ username, password: password?.reveal() ?? "", token: "" }], LOGIN_LIMIT_MS));
}

/** With the token that the agent gave last, else with the password; keeps the token that it gives now. @throws AnswerTimeoutError, ConnectionLostError */
export async function logIn(connection: AgentConnection, account: AgentAccount): Promise<LoginVerdict> {
    if (account.token !== null) {
        const verdict = readLogin(await connection.ask("loginByToken", [account.token], LOGIN_LIMIT_MS));
        account.token = verdict.isAccepted ? (verdict.token ?? account.token) : null;
        if (verdict.isAccepted) {
            return verdict;
        }
    }
    const { username, password } = account.agent;
    const verdict = await logInByPassword(connection, username, password);
    if (verdict.isAccepted) {
        account.token = verdict.token;
    }
    return verdict;
}
