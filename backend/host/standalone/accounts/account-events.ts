import type { accountEvents } from "../../../../common/account-wire.ts";
import type { User } from "../../../domain/entities.ts";
import type { SettingStore } from "../../../domain/ports.ts";
import type { LoginSessions } from "./login-sessions.ts";
import type { Auth } from "./auth.ts";
import type { EventHandlers } from "../dispatcher.ts";
import type { Session } from "../session.ts";
import type { StackFiles } from "../../stacks/stack-files.ts";

/** The type of settings that a logged-in browser sees. */
export const GENERAL_SETTINGS = "general";

export interface AccountEventsParts {
    auth: Auth;
    sessions: Pick<LoginSessions, "close">;
    settings: SettingStore;
    files: StackFiles;
    /** The connection is somebody's now: tells it what it needs to know. */
    welcome: (session: Session) => void;
    /** A new session for this connection, the end of all others. @returns its token */
    renew: (user: User, session: Session) => Promise<string>;
    /** Sends the other connections of the session's user away; their pages load anew. */
    disconnectOthers: (session: Session) => void;
    /** Authentication is on again: sends away who has never logged in. */
    disconnectAnonymous: (session: Session) => void;
    settingsChanged: () => void;
}

/** Dockge's events of one's own account, with Dockge's texts. */
export function accountHandlers(parts: AccountEventsParts): EventHandlers<typeof accountEvents> {
    const { auth, sessions, settings, files } = parts;
    return {
        setup: async ([username, password], session) => {
            await auth.setup(username, password, session.address);
            return { ok: true, msg: "successAdded", msgi18n: true };
        },
        login: async ([{ username, password, token: code }], session) => {
            const loggedIn = await auth.login({ username, password, code: code ?? "" }, session.client);
            if (loggedIn === null) {
                return { tokenRequired: true };
            }
            session.logIn(loggedIn.user, loggedIn.sessionId);
            parts.welcome(session);
            return { ok: true, token: loggedIn.token };
        },
        loginByToken: async ([token], session) => {
            const { user, sessionId, token: own, isAdopted } = await auth.loginByToken(token, session.client);
            session.logIn(user, sessionId);
            parts.welcome(session);
            return isAdopted ? { ok: true, token: own } : { ok: true };
        },
        logout: async (_args, session) => {
            const { user, loginSessionId } = session;
            session.logOut();
            if (user !== null && loginSessionId !== null) {
                await sessions.close(loginSessionId);
                await auth.audit("user.log-out", { name: user.username, address: session.address });
            }
            return { ok: true };
        },
        needSetup: async () => await auth.needsSetup(),
        changePassword: async ([{ currentPassword, newPassword }], session) => {
            const user = await auth.changePassword(session.requireUser().id, currentPassword, newPassword, session.address);
            // The token in the person's browser died with the old password.
            return { ok: true, msg: "Password has been updated successfully.", msgi18n: true, token: await parts.renew(user, session) };
        },
        getSettings: async () => ({ ok: true, data: { ...(await settings.getSettings(GENERAL_SETTINGS)), globalENV: await files.readGlobalEnv() } }),
        setSettings: async ([{ globalENV, ...values }, currentPassword], session) => {
            const user = session.requireUser();
            const wasOff = Boolean(await settings.get("disableAuth"));
            const isOff = values["disableAuth"] === undefined ? wasOff : Boolean(values["disableAuth"]);
            if (isOff && !wasOff) {
                await auth.confirmPassword(user.id, currentPassword ?? "", session.address);
            }
            await settings.setSettings(GENERAL_SETTINGS, values);
            if (typeof globalENV === "string") {
                await files.writeGlobalEnv(globalENV);
            }
            const who = { name: user.username, address: session.address };
            await auth.audit("settings.change", who, { settings: [...Object.keys(values), ...(typeof globalENV === "string" ? ["globalENV"] : [])] });
            if (isOff !== wasOff) {
                await auth.audit(isOff ? "auth.disable" : "auth.enable", who);
            }
            parts.settingsChanged();
            if (wasOff && !isOff) {
                parts.disconnectAnonymous(session);
            }
            return { ok: true, msg: "Saved", msgi18n: true };
        },
        disconnectOtherSocketClients: (_args, session) => {
            parts.disconnectOthers(session);
            return Promise.resolve({ ok: true });
        },
    };
}
