import { z } from "zod";

/**
 * Events of one's own account in our own server that Dockge has no handlers for: the second factor, under the names that its page would use,
 * and sessions. Sent past the agent envelope, as all account events are. A Dockge that we are attached to answers none of them.
 */

/** Generous: what may be a new password is checked where it is set. */
const password = z.string().max(4096);
/** Six digits of an authenticator, or a recovery code. */
const code = z.string().max(100);

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
