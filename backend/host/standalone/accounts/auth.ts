import type { Actor, User } from "../../../domain/entities.ts";
import { DeployError } from "../../../domain/errors.ts";
import type { AuditLog, SettingStore, UserStore } from "../../../domain/ports.ts";
import type { LoginClient, LoginSessions } from "./login-sessions.ts";
import type { LoginTokens } from "./login-tokens.ts";
import type { TwoFactor } from "./two-factor.ts";
import type { LoginLimiter } from "./login-limiter.ts";
import { hashPassword, isPasswordRight, isSameMark, passwordMark, requireStrongPassword } from "./passwords.ts";

export interface AuthParts {
    users: UserStore;
    settings: SettingStore;
    limiter: LoginLimiter;
    tokens: LoginTokens;
    sessions: LoginSessions;
    twoFactor: TwoFactor;
    audit: Pick<AuditLog, "append">;
}

export interface LoggedIn {
    user: User;
    sessionId: string;
    token: string;
}

/** People: the first set-up, passwords and log-ins. */
export class Auth {
    readonly #parts: AuthParts;

    constructor(parts: AuthParts) {
        this.#parts = parts;
    }

    async needsSetup(): Promise<boolean> {
        return (await this.#parts.users.count()) === 0;
    }

    /** Makes the first user; refused as soon as there is one. @throws INPUT_INVALID, TOO_MANY_REQUESTS */
    async setup(username: string, password: string, address: string): Promise<void> {
        const { limiter, users } = this.#parts;
        await limiter.attempt(address);
        const isDone = new DeployError("INPUT_INVALID", "The first user exists already. Log in instead.");
        if (!(await this.needsSetup())) {
            throw isDone;
        }
        requireStrongPassword(password);
        if ((await users.createFirst({ username, passwordHash: await hashPassword(password) })) === null) {
            throw isDone;
        }
        await this.audit("user.set-up", { name: username, address });
    }

    /**
     * @returns null when the password is right and a code is needed as well
     * @throws CREDENTIALS_INVALID, CODE_INVALID (text: Dockge's keys), TOO_MANY_REQUESTS
     */
    async login(credentials: { username: string; password: string; code: string }, client: LoginClient): Promise<LoggedIn | null> {
        const { limiter, users, twoFactor, sessions } = this.#parts;
        const { address } = client;
        await limiter.attempt(address);
        const user = await users.findByName(credentials.username);
        const isRight = await isPasswordRight(credentials.password, user?.passwordHash ?? null);
        if (user === null || !isRight || !user.isActive) {
            // What was typed for a name may be a password in the wrong field.
            await this.audit("user.log-in-failed", { name: user?.username ?? "unknown user", address }, { reason: "password" });
            throw new DeployError("CREDENTIALS_INVALID", "authIncorrectCreds");
        }
        await limiter.succeeded(address);
        if (credentials.code === "" && (await twoFactor.isOn(user.id))) {
            return null;
        }
        const secondFactor = await this.requireCode(user, credentials.code, address);
        limiter.remember(address);
        const begun = await sessions.begin(user, client);
        await this.audit("user.log-in", { name: user.username, address }, { secondFactor, ...(client.isHub ? { isHub: true } : {}) });
        return { user, ...begun };
    }

    /** @throws TOKEN_INVALID (text: Dockge's key) */
    async loginByToken(token: string, client: LoginClient): Promise<LoggedIn & { isAdopted: boolean }> {
        const { tokens, users, sessions } = this.#parts;
        const payload = await tokens.read(token);
        const user = await users.findByName(payload.username);
        if (user === null || !user.isActive) {
            throw new DeployError("TOKEN_INVALID", "authUserInactiveOrDeleted");
        }
        if (!isSameMark(payload.h, passwordMark(user.passwordHash))) {
            throw new DeployError("TOKEN_INVALID", "authInvalidToken");
        }
        return { user, ...(await sessions.continue(user, payload, client)) };
    }

    /** @returns the user with the new password @throws NOT_LOGGED_IN, INPUT_INVALID, TOO_MANY_REQUESTS */
    async changePassword(userId: number, currentPassword: string, newPassword: string, address: string): Promise<User> {
        const user = await this.confirmPassword(userId, currentPassword, address);
        requireStrongPassword(newPassword);
        await this.#parts.users.updatePassword(userId, await hashPassword(newPassword));
        await this.audit("user.change-password", { name: user.username, address });
        return await this.require(userId);
    }

    /** @throws NOT_LOGGED_IN, INPUT_INVALID, TOO_MANY_REQUESTS */
    async confirmPassword(userId: number, password: string, address: string): Promise<User> {
        await this.#parts.limiter.attempt(address);
        const user = await this.require(userId);
        if (!(await isPasswordRight(password, user.passwordHash))) {
            throw new DeployError("INPUT_INVALID", "The current password is not right.");
        }
        await this.#parts.limiter.succeeded(address);
        return user;
    }

    /** A code of the second factor, where one is set up. @throws CODE_INVALID, TOO_MANY_REQUESTS */
    async requireCode(user: User, code: string, address: string): Promise<string> {
        try {
            return await this.#parts.twoFactor.requireCode(user.id, code, address);
        } catch (thrown) {
            if (thrown instanceof DeployError && thrown.code === "CODE_INVALID") {
                await this.audit("user.log-in-failed", { name: user.username, address }, { reason: "code" });
            }
            throw thrown;
        }
    }

    /** With authentication switched off everybody is the first user; null when it is on. */
    async userWithoutLogin(): Promise<User | null> {
        return (await this.#parts.settings.get("disableAuth")) === true ? await this.#parts.users.first() : null;
    }

    /** @throws NOT_LOGGED_IN when the user is gone */
    async require(userId: number): Promise<User> {
        const user = await this.#parts.users.byId(userId);
        if (user === null || !user.isActive) {
            throw new DeployError("NOT_LOGGED_IN", "You are not logged in.");
        }
        return user;
    }

    async audit(action: string, who: { name: string; address: string | null }, details: Record<string, unknown> = {}, subject: string | null = null): Promise<void> {
        const actor: Actor = { kind: "user", name: who.name, address: who.address };
        await this.#parts.audit.append({ actor, action, stackId: null, subject, details });
    }
}
