import { accountEvents, securityEvents } from "../../../../common/account-wire.ts";
import type { Config } from "../../../config.ts";
import type { User } from "../../../domain/entities.ts";
import type { AccountSecurityStore, AuditLog, Clock, LoginSessionStore, Logger, Random, SettingStore, UserStore } from "../../../domain/ports.ts";
import type { StackFiles } from "../../stacks/stack-files.ts";
import { accountHandlers } from "./account-events.ts";
import { Auth } from "./auth.ts";
import type { Dispatcher } from "../dispatcher.ts";
import { LoginLimiter } from "./login-limiter.ts";
import type { Session } from "../session.ts";
import { LoginSessions } from "./login-sessions.ts";
import { LoginTokens } from "./login-tokens.ts";
import { securityHandlers } from "./security-events.ts";
import { TwoFactor } from "./two-factor.ts";

const DAY_MS = 24 * 60 * 60_000;
const DEFAULT_IDLE_DAYS = 30;
const DEFAULT_MAX_DAYS = 180;
/** A session that expired, or was ended from outside, is noticed within this time. */
const SWEEP_MS = 30_000;

/** What is stored about people. */
export interface AccountStores {
    users: UserStore;
    settings: SettingStore;
    loginSessions: LoginSessionStore;
    accountSecurity: AccountSecurityStore;
    audit: Pick<AuditLog, "append">;
}

export type AccountConfig = Partial<Pick<Config, "sessionIdleDays" | "sessionMaxDays" | "areDockgeTokensRefused">>;

export interface AccountsParts extends AccountStores {
    config: AccountConfig;
    clock: Clock;
    random: Random;
    logger: Logger;
    files: StackFiles;
    /** Every connection there is. */
    connections: () => Session[];
    welcome: (session: Session) => void;
    settingsChanged: () => void;
}

/** The people of our own server: how they log in, and who of them is connected under which session. */
export class Accounts {
    readonly auth: Auth;
    readonly #parts: AccountsParts;
    readonly #tokens: LoginTokens;
    readonly #sessions: LoginSessions;
    readonly #twoFactor: TwoFactor;
    #signal: AbortSignal | null = null;

    constructor(parts: AccountsParts) {
        this.#parts = parts;
        const { users, settings, loginSessions, accountSecurity, audit, clock, random, config } = parts;
        const limiter = new LoginLimiter();
        this.#tokens = new LoginTokens({ settings, random, clock });
        this.#twoFactor = new TwoFactor({ store: accountSecurity, limiter, clock, random });
        this.#sessions = new LoginSessions({
            store: loginSessions,
            security: accountSecurity,
            tokens: this.#tokens,
            clock,
            random,
            limits: {
                idleMs: (config.sessionIdleDays ?? DEFAULT_IDLE_DAYS) * DAY_MS,
                absoluteMs: (config.sessionMaxDays ?? DEFAULT_MAX_DAYS) * DAY_MS,
                areDockgeTokensRefused: config.areDockgeTokensRefused ?? false,
            },
            onEnd: (sessionIds) => this.#drop((session) => session.loginSessionId !== null && sessionIds.includes(session.loginSessionId)),
        });
        this.auth = new Auth({ users, settings, limiter, tokens: this.#tokens, sessions: this.#sessions, twoFactor: this.#twoFactor, audit });
    }

    register(dispatcher: Dispatcher): void {
        const { settings, files, welcome, settingsChanged } = this.#parts;
        const renew = (user: User, session: Session) => this.#renew(user, session);
        const shared = { auth: this.auth, sessions: this.#sessions, renew };
        const account = accountHandlers({
            ...shared,
            settings,
            files,
            welcome,
            settingsChanged,
            disconnectOthers: (session) => this.#disconnectOthers(session),
            disconnectAnonymous: (own) => {
                const isAnonymous = (session: Session) => session.user !== null && session.loginSessionId === null;
                this.#drop((session) => session !== own && isAnonymous(session));
                if (isAnonymous(own)) {
                    own.logOut();
                }
            },
        });
        dispatcher.register(accountEvents, account, { isInEnvelope: false });
        dispatcher.register(securityEvents, securityHandlers({ ...shared, twoFactor: this.#twoFactor }), { isInEnvelope: false });
    }

    /** Makes the signing key at the first start, and begins to watch over the sessions of those who are connected. */
    async start(signal: AbortSignal): Promise<void> {
        this.#signal = signal;
        await this.#tokens.prepare();
        await this.#parts.loginSessions.removeHubs();
        this.#watch(signal).catch((err: unknown) => this.#parts.logger.error({ err }, "sessions are not watched over any more"));
    }

    /** A connection is gone. A hub's session goes with its last one: the hub logs in anew. */
    async disconnected(session: Session): Promise<void> {
        const { loginSessionId, client } = session;
        if (loginSessionId === null || this.#signal?.aborted !== false) {
            return;
        }
        if (client.isHub) {
            // A hub of ours uses one log-in for all of its browsers.
            if (!this.#parts.connections().some((other) => other !== session && other.loginSessionId === loginSessionId)) {
                await this.#sessions.close(loginSessionId);
            }
        } else if (session.takeUse()) {
            await this.#sessions.seen(loginSessionId, session.address);
        }
    }

    async #renew(user: User, session: Session): Promise<string> {
        const { sessionId, token } = await this.#sessions.begin(user, session.client);
        session.continueAs(sessionId);
        await this.#sessions.endOthers(user, sessionId);
        this.#disconnectOthers(session);
        return token;
    }

    #disconnectOthers(own: Session): void {
        const { id } = own.requireUser();
        this.#drop((session) => session !== own && session.user?.id === id);
    }

    /** Their pages load anew, and find out that they have to log in. */
    #drop(isMeant: (session: Session) => boolean): void {
        for (const session of this.#parts.connections().filter(isMeant)) {
            session.logOut();
            session.push("refresh");
            session.disconnect();
        }
    }

    async #watch(signal: AbortSignal): Promise<void> {
        const { clock, logger } = this.#parts;
        while (!signal.aborted) {
            await clock.sleep(SWEEP_MS, signal).catch(() => undefined);
            if (!signal.aborted) {
                await this.#sweep().catch((err: unknown) => logger.warn({ err }, "the sessions could not be looked at"));
            }
        }
    }

    async #sweep(): Promise<void> {
        for (const session of this.#parts.connections()) {
            const { user, loginSessionId } = session;
            if (user === null || loginSessionId === null) {
                continue;
            }
            const current = await this.#parts.users.byId(user.id);
            if (current === null || !current.isActive || !(await this.#sessions.isAlive(loginSessionId, current))) {
                this.#drop((other) => other === session && other.loginSessionId === loginSessionId);
            } else if (session.takeUse()) {
                await this.#sessions.seen(loginSessionId, session.address);
            }
        }
    }
}
