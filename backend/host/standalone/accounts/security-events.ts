import type { securityEvents, SessionView } from "../../../../common/account-wire.ts";
import type { LoginSession, User } from "../../../domain/entities.ts";
import { DeployError } from "../../../domain/errors.ts";
import type { Auth } from "./auth.ts";
import type { EventHandlers } from "../dispatcher.ts";
import type { Session } from "../session.ts";
import type { LoginSessions } from "./login-sessions.ts";
import type { TwoFactor } from "./two-factor.ts";

export interface SecurityEventsParts {
    auth: Auth;
    twoFactor: TwoFactor;
    sessions: LoginSessions;
    /** A new session for this connection, the end of all others. @returns its token */
    renew: (user: User, session: Session) => Promise<string>;
}

/** The second factor and the sessions of one's own account. Each change of the second factor needs the password. */
export function securityHandlers({ auth, twoFactor, sessions, renew }: SecurityEventsParts): EventHandlers<typeof securityEvents> {
    const confirmed = async (session: Session, password: string) => await auth.confirmPassword(session.requireUser().id, password, session.address);
    /** @throws CODE_INVALID with a sentence: here the person is logged in, and Dockge's key for a wrong code would say otherwise */
    const withCode = async (session: Session, user: User, code: string | null | undefined) => {
        if (code === null || code === undefined || code === "") {
            throw new DeployError("CODE_INVALID", "Enter the code that the authenticator shows now, or a recovery code.");
        }
        await auth.requireCode(user, code, session.address);
    };
    return {
        twoFAStatus: async (_args, session) => ({ ok: true, ...(await twoFactor.status(session.requireUser().id)) }),
        prepare2FA: async ([password], session) => ({ ok: true, ...(await twoFactor.prepare(await confirmed(session, password))) }),
        verifyToken: async ([code, password], session) => {
            const user = await confirmed(session, password);
            return { ok: true, valid: await twoFactor.provePending(user.id, code, session.address) };
        },
        save2FA: async ([password, code], session) => {
            const user = await confirmed(session, password);
            if (typeof code === "string" && code !== "" && !(await twoFactor.provePending(user.id, code, session.address))) {
                throw new DeployError("CODE_INVALID", "This is not the code that the authenticator should show now. Compare its clock with this server's.");
            }
            const recoveryCodes = await twoFactor.enable(user.id);
            await auth.audit("two-factor.enable", { name: user.username, address: session.address });
            return { ok: true, msg: "Two-factor log-in is on.", recoveryCodes, token: await renew(user, session) };
        },
        disable2FA: async ([password, code], session) => {
            const user = await confirmed(session, password);
            if (!(await twoFactor.isOn(user.id))) {
                throw new DeployError("INPUT_INVALID", "Two-factor log-in is off already.");
            }
            await withCode(session, user, code);
            await twoFactor.disable(user.id);
            await auth.audit("two-factor.disable", { name: user.username, address: session.address });
            return { ok: true, msg: "Two-factor log-in is off.", token: await renew(user, session) };
        },
        renewRecoveryCodes: async ([password, code], session) => {
            const user = await confirmed(session, password);
            await withCode(session, user, code);
            const recoveryCodes = await twoFactor.renewRecoveryCodes(user.id);
            await auth.audit("two-factor.renew-recovery-codes", { name: user.username, address: session.address });
            return { ok: true, recoveryCodes };
        },
        listSessions: async (_args, session) => {
            const user = await auth.require(session.requireUser().id);
            return { ok: true, sessions: (await sessions.list(user)).map((row) => toView(row, session.loginSessionId)) };
        },
        endSession: async ([id], session) => {
            const user = session.requireUser();
            if (id === session.loginSessionId) {
                // The answer has to leave first, so this connection itself stays.
                session.logOut();
            }
            const ended = await sessions.end(user, id);
            await auth.audit("session.end", { name: user.username, address: session.address }, { address: ended.address, userAgent: ended.userAgent }, id);
            return { ok: true, msg: "The session was ended." };
        },
        endOtherSessions: async (_args, session) => {
            const user = session.requireUser();
            const count = await sessions.endOthers(user, session.loginSessionId);
            await auth.audit("session.end-others", { name: user.username, address: session.address }, { count });
            return { ok: true, count };
        },
    };
}

function toView(row: LoginSession & { expiresAt: number }, currentId: string | null): SessionView {
    const { id, kind, address, userAgent } = row;
    const iso = (at: number) => new Date(at).toISOString();
    return { id, kind, isCurrent: id === currentId, address, userAgent, createdAt: iso(row.createdAt), lastSeenAt: iso(row.lastSeenAt), expiresAt: iso(row.expiresAt) };
}
