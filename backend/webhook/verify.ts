import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Secret } from "../domain/secret.ts";
import type { WebhookHeaders } from "./provider.ts";

/** Also refuses two signatures that Node joined with a comma, and short or upper-case ones: every provider sends 64 lower-case digits. */
const HEX_SHA256 = /^[0-9a-f]{64}$/;

/** Seconds by which a signed timestamp may differ from our clock; the tolerance of the Standard Webhooks reference libraries. */
const TIMESTAMP_TOLERANCE_S = 300;

/** HMAC-SHA256 in hex after a fixed prefix. The prefix is pinned per provider: it never chooses the algorithm. */
export function isHmacOf(signed: Buffer, header: string | undefined, prefix: "" | "sha256=", secrets: readonly Secret[]): boolean {
    if (header === undefined || !header.startsWith(prefix)) {
        return false;
    }
    const hex = header.slice(prefix.length);
    if (!HEX_SHA256.test(hex)) {
        return false;
    }
    const given = Buffer.from(hex, "hex");
    return any(secrets, (secret) => timingSafeEqual(createHmac("sha256", secret).update(signed).digest(), given));
}

/** A token that is sent as it is. Compared as hashes: equal lengths, so that not even the length shows. */
export function isToken(header: string | undefined, secrets: readonly Secret[]): boolean {
    if (header === undefined || header === "") {
        return false;
    }
    // Node decodes header bytes as Latin-1; the secret is text.
    const given = sha256(Buffer.from(header, "latin1"));
    return any(secrets, (secret) => timingSafeEqual(sha256(Buffer.from(secret, "utf8")), given));
}

/** Standard Webhooks: HMAC over id, timestamp and body, which GitLab 19 sends too. @see https://www.standardwebhooks.com/ */
export function isStandardWebhook(body: Buffer, headers: WebhookHeaders, tokens: readonly Secret[], nowMs: number): boolean {
    const id = headers["webhook-id"];
    const timestamp = headers["webhook-timestamp"];
    const signatures = headers["webhook-signature"];
    if (id === undefined || id === "" || signatures === undefined || timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) {
        return false;
    }
    if (Math.abs(nowMs / 1000 - Number(timestamp)) > TIMESTAMP_TOLERANCE_S) {
        return false;
    }
    // Header bytes back to what was sent, so that an id outside ASCII is signed as its sender did.
    const head = Buffer.from(`${id}.${timestamp}.`, "latin1");
    const given = signatures
        .split(" ")
        .filter((signature) => /^v1,[A-Za-z0-9+/]{43}=$/.test(signature))
        .map((signature) => Buffer.from(signature.slice("v1,".length), "base64"));
    return any(tokens, (token) => {
        const key = Buffer.from(token.replace(/^whsec_/, ""), "base64");
        if (key.length === 0) {
            return false;
        }
        const wanted = createHmac("sha256", key).update(head).update(body).digest();
        return given.filter((signature) => timingSafeEqual(signature, wanted)).length > 0;
    });
}

/** Work of the same size as a verification, for requests that have no secret to be checked against. */
export function pretendToVerify(body: Buffer): void {
    createHmac("sha256", "no repository").update(body).digest();
}

/** Tries every secret, also after one has fitted, and never an empty one: no secret means that nothing verifies. */
function any(secrets: readonly Secret[], fits: (secret: string) => boolean): boolean {
    return secrets.filter((secret) => !secret.isEmpty && fits(secret.reveal())).length > 0;
}

function sha256(bytes: Buffer): Buffer {
    return createHash("sha256").update(bytes).digest();
}
