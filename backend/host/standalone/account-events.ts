import type { accountEvents } from "../../../common/dockge-wire.ts";
import type { SettingStore } from "../../domain/ports.ts";
import type { Auth } from "./auth.ts";
import type { EventHandlers } from "./dispatcher.ts";
import type { Session } from "./session.ts";
import type { StackFiles } from "../stacks/stack-files.ts";

/** The type of settings that a logged-in browser sees. */
export const GENERAL_SETTINGS = "general";

export interface AccountEventsParts {
    auth: Auth;
    settings: SettingStore;
    files: StackFiles;
    /** The connection is somebody's now: tells it what it needs to know. */
    welcome: (session: Session) => void;
    /** Sends the other connections of the session's user away; their pages load anew. */
    disconnectOthers: (session: Session) => void;
    settingsChanged: () => void;
}

/** Dockge's events of one's own account, with Dockge's texts. */
export function accountHandlers(parts: AccountEventsParts): EventHandlers<typeof accountEvents> {
    const { auth, settings, files } = parts;
    return {
        setup: async ([username, password], session) => {
            await auth.setup(username, password, session.address);
            return { ok: true, msg: "successAdded", msgi18n: true };
        },
        login: async ([{ username, password }], session) => {
            const { user, token } = await auth.login(username, password, session.address);
            session.logIn(user);
            parts.welcome(session);
            return { ok: true, token };
        },
        loginByToken: async ([token], session) => {
            session.logIn(await auth.loginByToken(token));
            parts.welcome(session);
            return { ok: true };
        },
        logout: (_args, session) => {
            session.logOut();
            return Promise.resolve({ ok: true });
        },
        needSetup: async () => await auth.needsSetup(),
        changePassword: async ([{ currentPassword, newPassword }], session) => {
            const user = await auth.changePassword(session.requireUser().id, currentPassword, newPassword, session.address);
            parts.disconnectOthers(session);
            // The token in the person's browser died with the old password.
            return { ok: true, msg: "Password has been updated successfully.", msgi18n: true, token: await auth.issueToken(user) };
        },
        getSettings: async () => ({ ok: true, data: { ...(await settings.getSettings(GENERAL_SETTINGS)), globalENV: await files.readGlobalEnv() } }),
        setSettings: async ([{ globalENV, ...values }, currentPassword], session) => {
            const isSwitchingOff = Boolean(values["disableAuth"]) && !(await settings.get("disableAuth"));
            if (isSwitchingOff) {
                await auth.confirmPassword(session.requireUser().id, currentPassword ?? "", session.address);
            }
            await settings.setSettings(GENERAL_SETTINGS, values);
            if (typeof globalENV === "string") {
                await files.writeGlobalEnv(globalENV);
            }
            parts.settingsChanged();
            return { ok: true, msg: "Saved", msgi18n: true };
        },
        disconnectOtherSocketClients: (_args, session) => {
            parts.disconnectOthers(session);
            return Promise.resolve({ ok: true });
        },
    };
}
