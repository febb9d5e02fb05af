import { generateURI, ScureBase32Plugin, verify } from "otplib";
import type { Random } from "../../../domain/ports.ts";
import { Secret } from "../../../domain/secret.ts";

/** 160 bits, as RFC 4226 recommends. */
const SECRET_BYTES = 20;
const PERIOD_SECONDS = 30;
/** One step to each side: for clocks that differ, and for people who type slowly. */
const TOLERANCE_SECONDS = PERIOD_SECONDS;
const ISSUER = "Dockge Git Deploy";
const CODE = /^\d{6}$/;

/** A new secret for an authenticator, in Base32. */
export function newTwoFactorSecret(random: Pick<Random, "token">): Secret {
    const bytes = Buffer.from(random.token(SECRET_BYTES), "base64url");
    return new Secret(new ScureBase32Plugin().encode(bytes, { padding: false }));
}

/** What the QR code says. @see https://github.com/google/google-authenticator/wiki/Key-Uri-Format */
export function authenticatorUri(secret: Secret, username: string): string {
    return generateURI({ issuer: ISSUER, label: username, secret: secret.reveal() });
}

export function isOneTimeCode(text: string): boolean {
    return CODE.test(text);
}

/** The time step that the code belongs to, for it to be used once; null when the code is wrong or from another time. */
export async function stepOfCode(secret: Secret, code: string, nowMs: number): Promise<number | null> {
    if (!isOneTimeCode(code)) {
        return null;
    }
    const result = await verify({ secret: secret.reveal(), token: code, epoch: Math.floor(nowMs / 1000), period: PERIOD_SECONDS, epochTolerance: TOLERANCE_SECONDS });
    return result.valid ? Math.floor(nowMs / 1000 / PERIOD_SECONDS) + result.delta : null;
}
