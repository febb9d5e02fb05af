import type { AccountSecurity, LoginSession } from "../entities.ts";
import type { Secret } from "../secret.ts";

/** Who is logged in where. A row that has ended stays until it is pruned, so that its token stays refused. */
export interface LoginSessionStore {
    insert(session: LoginSession): Promise<void>;
    byId(id: string): Promise<LoginSession | null>;
    /** Those that have not ended, the one seen last first. */
    openOf(userId: number): Promise<LoginSession[]>;
    touch(id: string, seen: { at: number; address: string }): Promise<void>;
    /** @returns false when it had ended already */
    end(id: string, at: number): Promise<boolean>;
    /** Ends all of the user's but `exceptId`. @returns their ids */
    endOthers(userId: number, exceptId: string | null, at: number): Promise<string[]>;
    /**
     * Removes what can never be used again: the ended, and those created at or before `createdBefore` or seen last at or before `seenBefore`.
     * A token that Dockge made does not expire, so what it became is marked as ended instead.
     */
    prune(limits: { createdBefore: number; seenBefore: number; at: number }): Promise<void>;
    /** Ends the connections of hubs that a former process left behind. */
    removeHubs(): Promise<void>;
}

/** The second factor of a user, and since when earlier log-ins count no more. */
export interface AccountSecurityStore {
    /** Without the secrets, so that it can be read while the key is lost. */
    byUser(userId: number): Promise<AccountSecurity>;
    /** @throws SECRET_UNREADABLE */
    twoFactorSecret(userId: number): Promise<Secret | null>;
    /** The secret that is being set up. @throws SECRET_UNREADABLE */
    pendingSecret(userId: number): Promise<Secret | null>;
    setPending(userId: number, secret: Secret, at: number): Promise<void>;
    /** The person has shown that the authenticator makes the right codes. */
    setPendingStep(userId: number, step: number): Promise<void>;
    /** From now on log-ins need a code; replaces recovery codes of before. */
    enableTwoFactor(userId: number, enabled: { secret: Secret; at: number; lastStep: number; recoveryCodeHashes: string[] }): Promise<void>;
    disableTwoFactor(userId: number): Promise<void>;
    /** Takes the time step of a code. @returns false when it, or a later one, was used before */
    useStep(userId: number, step: number): Promise<boolean>;
    /** @returns false when there is no such code, or it was used before */
    useRecoveryCode(userId: number, hash: string, at: number): Promise<boolean>;
    replaceRecoveryCodes(userId: number, hashes: string[]): Promise<void>;
    recoveryCodesLeft(userId: number): Promise<number>;
    setSignedOutBefore(userId: number, at: number): Promise<void>;
}
