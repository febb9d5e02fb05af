import { computed, inject, ref, watch, type InjectionKey, type Ref } from "vue";
import type { Connection } from "../server/connection.ts";
import { hasUnsavedChanges } from "./use-unsaved-changes.ts";

/** Where the person stands: `starting` until the server has told us what it wants. */
export type SessionState = "starting" | "setup" | "login" | "ready";

/** Dockge's keys, so that one log-in serves both. */
const TOKEN_KEY = "token";
const REMEMBER_KEY = "remember";
/** A server that has auth disabled logs us in by itself and says so. */
const AUTO_LOGIN = "autoLogin";
/** Milliseconds in which a server without users has said so. */
const GREETING_MS = 60;
const SILENT_SERVER_MS = 2_000;

export interface Session {
    readonly state: Readonly<Ref<SessionState>>;
    readonly username: Readonly<Ref<string>>;
    /** The server has ended the session: at its end, by the person from another place, or with a new password. */
    readonly isEnded: Readonly<Ref<boolean>>;
    /** False when the server needs no log-in: there is nothing to log out from. */
    readonly canLogOut: Readonly<Ref<boolean>>;
    /** @throws ServerError */
    readonly setUp: (username: string, password: string) => Promise<void>;
    /** @returns false when a code of the second factor is needed as well @throws ServerError */
    readonly logIn: (username: string, password: string, isRemembered: boolean, code?: string) => Promise<boolean>;
    readonly logOut: () => void;
    /** @throws ServerError */
    readonly changePassword: (currentPassword: string, newPassword: string) => Promise<void>;
    /** Keeps the token that the server gave in place of the former one. */
    readonly continueWith: (token: string | undefined) => void;
}

export const SESSION: InjectionKey<Session> = Symbol("session");

function readToken(): string | null {
    return localStorage.getItem(TOKEN_KEY) ?? sessionStorage.getItem(TOKEN_KEY);
}

function forgetToken(): void {
    localStorage.removeItem(TOKEN_KEY);
    sessionStorage.removeItem(TOKEN_KEY);
}

function keepToken(token: string, isRemembered: boolean): void {
    forgetToken();
    localStorage.setItem(REMEMBER_KEY, isRemembered ? "1" : "0");
    (isRemembered ? localStorage : sessionStorage).setItem(TOKEN_KEY, token);
}

/** The payload of a JWT is readable by anyone; only the name is taken from it, for display. */
function nameIn(token: string | null): string {
    try {
        const payload = JSON.parse(atob((token ?? "").split(".")[1]?.replaceAll("-", "+").replaceAll("_", "/") ?? "")) as { username?: unknown };
        return typeof payload.username === "string" ? payload.username : "";
    } catch {
        return "";
    }
}

/** Logs in again by token on every reconnect, so that a lost connection heals without a person. */
export function createSession(connection: Connection): Session {
    const state = ref<SessionState>("starting");
    const username = ref(nameIn(readToken()));
    const isAutomatic = ref(false);
    const isEnded = ref(false);
    let greetingTimer: ReturnType<typeof setTimeout> | undefined;

    function enter(): void {
        clearTimeout(greetingTimer);
        isEnded.value = false;
        state.value = "ready";
        connection.markReady();
    }

    function askForLogin(afterMs: number): void {
        clearTimeout(greetingTimer);
        greetingTimer = setTimeout(() => {
            if (state.value === "starting") {
                state.value = "login";
            }
        }, afterMs);
    }

    async function logIn(name: string, password: string, isRemembered: boolean, code = ""): Promise<boolean> {
        const { token } = await connection.direct("login", { username: name, password, token: code });
        if (token === undefined) {
            return false;
        }
        keepToken(token, isRemembered);
        username.value = name;
        enter();
        return true;
    }

    function continueWith(token: string | undefined): void {
        if (token !== undefined) {
            keepToken(token, localStorage.getItem(REMEMBER_KEY) !== "0");
        }
    }

    async function logInByToken(token: string): Promise<void> {
        try {
            continueWith((await connection.direct("loginByToken", token)).token);
            // Another tab may have logged somebody else in since.
            username.value = nameIn(readToken()) || username.value;
            enter();
        } catch (thrown) {
            const { code } = thrown as { code?: string };
            if (code === "CONNECTION_LOST" || code === "NO_ANSWER") {
                return;
            }
            const kept = readToken();
            if (kept !== null && kept !== token) {
                // Another tab has got a new one meanwhile.
                await logInByToken(kept);
                return;
            }
            forgetToken();
            end();
        }
    }

    function end(): void {
        isEnded.value = true;
        state.value = "login";
    }

    connection.onLifecycle("connect", () => {
        const token = readToken();
        if (token === null && state.value === "ready" && !isAutomatic.value) {
            // Logged out in another tab.
            end();
            return;
        }
        if (token === null || token === AUTO_LOGIN) {
            askForLogin(SILENT_SERVER_MS);
            return;
        }
        void logInByToken(token);
    });
    connection.onLifecycle("info", () => {
        if (readToken() === null) {
            askForLogin(GREETING_MS);
        }
    });
    connection.onLifecycle("setup", () => {
        forgetToken();
        state.value = "setup";
    });
    connection.onLifecycle("autoLogin", () => {
        isAutomatic.value = true;
        enter();
    });
    connection.onLifecycle("refresh", () => {
        // The connection is cut next, and what the page has to know it learns when it is back. A reload would take away what is being typed.
        if (!hasUnsavedChanges()) {
            location.reload();
        }
    });

    return {
        state,
        username,
        isEnded,
        canLogOut: computed(() => !isAutomatic.value),
        setUp: async (name, password) => {
            await connection.direct("setup", name, password);
            await logIn(name, password, true);
        },
        logIn,
        logOut: () => {
            forgetToken();
            username.value = "";
            isEnded.value = false;
            state.value = "login";
            // The server ends the session; when it cannot be reached, the token is forgotten at least.
            const reopen = (): void => connection.reopen();
            connection.direct("logout").then(reopen, reopen);
        },
        changePassword: async (currentPassword, newPassword) => {
            // The change makes every token worthless, ours too.
            continueWith((await connection.direct("changePassword", { currentPassword, newPassword })).token);
        },
        continueWith,
    };
}

export function useSession(): Session {
    const session = inject(SESSION);
    if (session === undefined) {
        throw new Error("No session was provided above this component.");
    }
    return session;
}

/** Calls back once the session is ready and each time it gets ready again. */
export function onReady(connection: Connection, run: () => void): void {
    watch(connection.generation, (generation) => generation > 0 && run(), { immediate: true });
}
