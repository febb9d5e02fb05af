import type { User } from "../../../domain/entities.ts";
import { DeployError } from "../../../domain/errors.ts";
import type { AccountSecurityStore, Clock, Random } from "../../../domain/ports.ts";
import type { Secret } from "../../../domain/secret.ts";
import type { LoginLimiter } from "./login-limiter.ts";
import { authenticatorUri, isOneTimeCode, newTwoFactorSecret, stepOfCode } from "./one-time-codes.ts";
import { hashRecoveryCode, newRecoveryCodes } from "./recovery-codes.ts";

/** How long a set-up may take. */
const SETUP_LIMIT_MS = 30 * 60_000;

export interface TwoFactorParts {
    store: AccountSecurityStore;
    limiter: Pick<LoginLimiter, "attemptCode" | "codeSucceeded">;
    clock: Pick<Clock, "now">;
    random: Pick<Random, "token">;
}

/** A second factor by an authenticator (RFC 6238) that counts once a first code was right, and codes for the day it is lost. */
export class TwoFactor {
    readonly #parts: TwoFactorParts;

    constructor(parts: TwoFactorParts) {
        this.#parts = parts;
    }

    async isOn(userId: number): Promise<boolean> {
        return (await this.#parts.store.byUser(userId)).twoFactorSince !== null;
    }

    async status(userId: number): Promise<{ status: boolean; since: string | null; recoveryCodesLeft: number }> {
        const { twoFactorSince } = await this.#parts.store.byUser(userId);
        const isOn = twoFactorSince !== null;
        return { status: isOn, since: isOn ? new Date(twoFactorSince).toISOString() : null, recoveryCodesLeft: isOn ? await this.#parts.store.recoveryCodesLeft(userId) : 0 };
    }

    /** Begins the set-up; nothing is asked for yet. @throws INPUT_INVALID when it is on */
    async prepare(user: User): Promise<{ uri: string; secret: string }> {
        await this.#requireOff(user.id);
        const secret = newTwoFactorSecret(this.#parts.random);
        await this.#parts.store.setPending(user.id, secret, this.#parts.clock.now());
        return { uri: authenticatorUri(secret, user.username), secret: secret.reveal() };
    }

    /** Does the authenticator make the right codes? @throws INPUT_INVALID when no set-up is under way, TOO_MANY_REQUESTS */
    async provePending(userId: number, code: string, address: string): Promise<boolean> {
        const secret = await this.#requirePending(userId);
        await this.#parts.limiter.attemptCode(userId, address);
        const step = await stepOfCode(secret, spaceless(code), this.#parts.clock.now());
        if (step === null) {
            return false;
        }
        await this.#parts.store.setPendingStep(userId, step);
        await this.#parts.limiter.codeSucceeded(userId, address);
        return true;
    }

    /** From now on log-ins need a code. @returns the recovery codes, which nobody can read again @throws CODE_INVALID when no code was right yet */
    async enable(userId: number): Promise<string[]> {
        const { store, clock, random } = this.#parts;
        await this.#requireOff(userId);
        const secret = await this.#requirePending(userId);
        const { pendingStep } = await store.byUser(userId);
        if (pendingStep === null) {
            throw new DeployError("CODE_INVALID", "Enter the code that the authenticator shows now.");
        }
        const recoveryCodes = newRecoveryCodes(random);
        // The code that proved it is used up.
        await store.enableTwoFactor(userId, { secret, at: clock.now(), lastStep: pendingStep, recoveryCodeHashes: recoveryCodes.map(hashRecoveryCode) });
        return recoveryCodes;
    }

    /**
     * Takes a code of the authenticator or a recovery code, each once. Does nothing while the second factor is off.
     * @throws CODE_INVALID (text: Dockge's key), TOO_MANY_REQUESTS
     */
    async requireCode(userId: number, code: string, address: string): Promise<"none" | "authenticator" | "recovery code"> {
        if (!(await this.isOn(userId))) {
            return "none";
        }
        await this.#parts.limiter.attemptCode(userId, address);
        const typed = spaceless(code);
        const isRight = isOneTimeCode(typed) ? await this.#takeCode(userId, typed) : await this.#parts.store.useRecoveryCode(userId, hashRecoveryCode(typed), this.#parts.clock.now());
        if (!isRight) {
            throw new DeployError("CODE_INVALID", "authInvalidToken");
        }
        await this.#parts.limiter.codeSucceeded(userId, address);
        return isOneTimeCode(typed) ? "authenticator" : "recovery code";
    }

    async disable(userId: number): Promise<void> {
        await this.#parts.store.disableTwoFactor(userId);
    }

    /** New ones in place of the old. @throws INPUT_INVALID while the second factor is off */
    async renewRecoveryCodes(userId: number): Promise<string[]> {
        if (!(await this.isOn(userId))) {
            throw new DeployError("INPUT_INVALID", "Two-factor log-in is off.");
        }
        const recoveryCodes = newRecoveryCodes(this.#parts.random);
        await this.#parts.store.replaceRecoveryCodes(userId, recoveryCodes.map(hashRecoveryCode));
        return recoveryCodes;
    }

    async #takeCode(userId: number, code: string): Promise<boolean> {
        const secret = await this.#parts.store.twoFactorSecret(userId);
        const step = secret === null ? null : await stepOfCode(secret, code, this.#parts.clock.now());
        return step !== null && (await this.#parts.store.useStep(userId, step));
    }

    async #requireOff(userId: number): Promise<void> {
        if (await this.isOn(userId)) {
            throw new DeployError("INPUT_INVALID", "Two-factor log-in is on already. Turn it off first to set up another authenticator.");
        }
    }

    async #requirePending(userId: number): Promise<Secret> {
        const { pendingSince } = await this.#parts.store.byUser(userId);
        const secret = pendingSince === null || this.#parts.clock.now() - pendingSince > SETUP_LIMIT_MS ? null : await this.#parts.store.pendingSecret(userId);
        if (secret === null) {
            throw new DeployError("INPUT_INVALID", "No set-up is under way, or it took longer than half an hour. Begin anew.");
        }
        return secret;
    }
}

/** Authenticators show codes in groups. */
function spaceless(code: string): string {
    return code.replace(/\s/g, "");
}
