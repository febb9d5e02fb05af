import type { LoginSession, User } from "../../../domain/entities.ts";
import { DeployError } from "../../../domain/errors.ts";
import type { AccountSecurityStore, Clock, LoginSessionStore, Random } from "../../../domain/ports.ts";
import { isSameMark, passwordMark } from "./passwords.ts";
import { adoptedSessionId, type LoginTokens, type TokenPayload } from "./login-tokens.ts";

/** The oldest give way: a script that logs in every minute must not fill the list. */
const MAX_PER_USER = 100;
const MAX_USER_AGENT_LENGTH = 300;

/** How long a log-in lasts. */
export interface SessionLimits {
    /** Without any use. */
    idleMs: number;
    /** However much it is used. */
    absoluteMs: number;
    /** Tokens that Dockge made (they never expire) begin no session here. */
    areDockgeTokensRefused: boolean;
}

/** Where somebody logs in from. */
export interface LoginClient {
    address: string;
    userAgent: string | null;
    /** A hub on behalf of its browsers. Dockge logs in anew with the password for each of them. */
    isHub: boolean;
}

export interface LoginSessionsParts {
    store: LoginSessionStore;
    security: AccountSecurityStore;
    tokens: LoginTokens;
    limits: SessionLimits;
    clock: Pick<Clock, "now">;
    random: Pick<Random, "uuid">;
    /** Called with sessions that have just ended; their connections have to go. */
    onEnd: (sessionIds: string[]) => void;
}

/** Log-ins that expire, and that can be listed and ended. */
export class LoginSessions {
    readonly #parts: LoginSessionsParts;

    constructor(parts: LoginSessionsParts) {
        this.#parts = parts;
    }

    /** A new one, by password. @returns its id and the token that continues it */
    async begin(user: User, client: LoginClient): Promise<{ sessionId: string; token: string }> {
        const { store, random, clock, limits } = this.#parts;
        const now = clock.now();
        await store.prune({ createdBefore: now - limits.absoluteMs, seenBefore: now - limits.idleMs, at: now });
        const session = this.#row(random.uuid(), user, client.isHub ? "hub" : "browser", client);
        await store.insert(session);
        const surplus = (await store.openOf(user.id)).filter(({ kind }) => kind !== "hub").slice(MAX_PER_USER);
        await this.#endAll(surplus.map(({ id }) => id));
        return { sessionId: session.id, token: await this.#parts.tokens.issue(user, session.id) };
    }

    /**
     * Goes on with the session that the token names. One that Dockge made becomes a session of ours, unless a second factor is on: Dockge did not ask for it.
     * @returns the token to keep from now on @throws TOKEN_INVALID (text: Dockge's key)
     */
    async continue(user: User, payload: TokenPayload, client: LoginClient): Promise<{ sessionId: string; token: string; isAdopted: boolean }> {
        const isAdopted = payload.jti === undefined;
        const session = payload.jti === undefined ? await this.#adopt(user, payload, client) : await this.#parts.store.byId(payload.jti);
        if (session === null || session.userId !== user.id || !this.#isAlive(session, user)) {
            throw new DeployError("TOKEN_INVALID", "authInvalidToken");
        }
        // A full disk must not keep people from looking at what is wrong.
        await this.seen(session.id, client.address).catch(() => undefined);
        return { sessionId: session.id, token: await this.#parts.tokens.issue(user, session.id), isAdopted };
    }

    /** Those that are alive, the one seen last first, with the moment each expires unless it is used. */
    async list(user: User): Promise<(LoginSession & { expiresAt: number })[]> {
        const sessions = await this.#parts.store.openOf(user.id);
        return sessions.filter((session) => this.#isAlive(session, user)).map((session) => ({ ...session, expiresAt: this.#expiresAt(session) }));
    }

    async seen(sessionId: string, address: string): Promise<void> {
        await this.#parts.store.touch(sessionId, { at: this.#parts.clock.now(), address });
    }

    /** @throws NOT_FOUND when the user has no such session */
    async end(user: User, sessionId: string): Promise<LoginSession> {
        const session = await this.#parts.store.byId(sessionId);
        if (session === null || session.userId !== user.id || session.endedAt !== null) {
            throw new DeployError("NOT_FOUND", "There is no such session. It may have ended by itself.");
        }
        await this.#endAll([sessionId]);
        return session;
    }

    /** Signs the user out everywhere else; tokens of Dockge that were never seen here count no more either. @returns how many sessions it were */
    async endOthers(user: User, ownSessionId: string | null): Promise<number> {
        const { store, security, clock, onEnd } = this.#parts;
        const now = clock.now();
        await security.setSignedOutBefore(user.id, now);
        const ended = await store.endOthers(user.id, ownSessionId, now);
        onEnd(ended);
        return ended.length;
    }

    /** False as well when it was ended from outside: by the command line, or by Dockge through a change of the password. */
    async isAlive(sessionId: string, user: User): Promise<boolean> {
        const session = await this.#parts.store.byId(sessionId);
        return session !== null && this.#isAlive(session, user);
    }

    /** The person logged out, or the hub hung up. */
    async close(sessionId: string): Promise<void> {
        await this.#endAll([sessionId]);
    }

    async #adopt(user: User, payload: TokenPayload, client: LoginClient): Promise<LoginSession | null> {
        const { store, security, limits } = this.#parts;
        const state = await security.byUser(user.id);
        if (limits.areDockgeTokensRefused || state.twoFactorSince !== null) {
            return null;
        }
        const id = adoptedSessionId(payload);
        const known = await store.byId(id);
        if (known !== null) {
            return known;
        }
        if ((payload.iat ?? 0) * 1000 < state.signedOutBefore) {
            return null;
        }
        const session = this.#row(id, user, "adopted", client);
        await store.insert(session);
        return session;
    }

    async #endAll(sessionIds: string[]): Promise<void> {
        for (const id of sessionIds) {
            await this.#parts.store.end(id, this.#parts.clock.now());
        }
        this.#parts.onEnd(sessionIds);
    }

    #row(id: string, user: User, kind: LoginSession["kind"], client: LoginClient): LoginSession {
        const now = this.#parts.clock.now();
        const userAgent = client.userAgent?.slice(0, MAX_USER_AGENT_LENGTH) ?? null;
        return { id, userId: user.id, kind, passwordMark: passwordMark(user.passwordHash), address: client.address, userAgent, createdAt: now, lastSeenAt: now, endedAt: null };
    }

    #isAlive(session: LoginSession, user: User): boolean {
        return session.endedAt === null && isSameMark(session.passwordMark, passwordMark(user.passwordHash)) && this.#parts.clock.now() < this.#expiresAt(session);
    }

    #expiresAt({ createdAt, lastSeenAt }: LoginSession): number {
        const { idleMs, absoluteMs } = this.#parts.limits;
        return Math.min(lastSeenAt + idleMs, createdAt + absoluteMs);
    }
}
