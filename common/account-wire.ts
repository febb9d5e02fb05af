import { z } from "zod";
import { LIMITS } from "./schemas.ts";

/** Events of one's own connection and account: never inside the agent envelope. */

const username = z.string().min(1).max(200);
/** Generous: what may be a new password is checked where it is set. */
const password = z.string().max(4096);
/** Six digits of an authenticator, or a recovery code. */
const code = z.string().max(100);

/** Keys are Dockge's camelCase names; the signing key of the log-in tokens lives in the same table and is never reachable from a browser. */
const settingKey = z
    .string()
    .regex(/^[a-z][A-Za-z0-9]{0,63}$/, "This is not the name of a setting.")
    // Those that begin with ours are this server's own notes.
    .refine((key) => key !== "jwtSecret" && !key.startsWith("gitDeploy"), "This setting cannot be changed from a browser.");
const settingValue = z.union([z.string().max(LIMITS.composeLength), z.number(), z.boolean(), z.null()]);

/** Dockge's. */
export const accountEvents = {
    setup: z.tuple([username, password]),
    login: z.tuple([z.object({ username, password, token: z.string().max(100).nullish() })]),
    loginByToken: z.tuple([z.string().max(4096)]),
    logout: z.tuple([]),
    /** Answered with a bare boolean, as the page expects. */
    needSetup: z.tuple([]),
    changePassword: z.tuple([z.object({ currentPassword: password, newPassword: password })]),
    getSettings: z.tuple([]),
    setSettings: z.tuple([z.record(settingKey, settingValue), password.nullish()]),
    disconnectOtherSocketClients: z.tuple([]),
} as const;

/** Events that anybody may send before logging in. */
export const OPEN_EVENTS: ReadonlySet<string> = new Set(["setup", "login", "loginByToken", "logout", "needSetup"]);

/**
 * What Dockge has no handlers for: the second factor, under the names that its page would use, and sessions.
 * A Dockge that we are attached to answers none of them.
 */
export const securityEvents = {
    twoFAStatus: z.tuple([]),
    prepare2FA: z.tuple([password]),
    verifyToken: z.tuple([code, password]),
    /** With the code, or after a `verifyToken` that was right. */
    save2FA: z.tuple([password, code.nullish()]),
    disable2FA: z.tuple([password, code.nullish()]),
    renewRecoveryCodes: z.tuple([password, code.nullish()]),
    listSessions: z.tuple([]),
    endSession: z.tuple([z.string().min(1).max(100)]),
    endOtherSessions: z.tuple([]),
} as const;

export interface TwoFactorStatus {
    status: boolean;
    since: string | null;
    recoveryCodesLeft: number;
}

/** One log-in of the user. */
export interface SessionView {
    id: string;
    /** `adopted`: begun by a token that Dockge made. `hub`: a Dockge hub on behalf of its browsers. */
    kind: "browser" | "adopted" | "hub";
    isCurrent: boolean;
    address: string;
    userAgent: string | null;
    createdAt: string;
    lastSeenAt: string;
    /** Unless it is used before. */
    expiresAt: string;
}

/** What the events answer beside `ok` and `msg`. A `token` takes the place of the one that the browser keeps. */
export interface SecurityAnswers {
    twoFAStatus: TwoFactorStatus;
    prepare2FA: { uri: string; secret: string };
    verifyToken: { valid: boolean };
    save2FA: { recoveryCodes: string[]; token: string };
    disable2FA: { token: string };
    renewRecoveryCodes: { recoveryCodes: string[] };
    listSessions: { sessions: SessionView[] };
    endSession: object;
    endOtherSessions: { count: number };
}
