import { createHash } from "node:crypto";
import type { Random } from "../../../domain/ports.ts";

const COUNT = 10;
/** 80 bits: too many to be found from their hash, so a plain one will do. */
const LENGTH = 16;
const GROUP = /.{4}(?=.)/g;
/** 32 characters, so that a byte chooses evenly; without those that look alike on paper. */
const ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";

/** Codes for the day the authenticator is lost, each of use once: `abcd-efgh-jkmn-pqrs`. */
export function newRecoveryCodes(random: Pick<Random, "token">): string[] {
    return Array.from({ length: COUNT }, () => {
        const bytes = Buffer.from(random.token(LENGTH), "base64url");
        return [...bytes].map((byte) => ALPHABET[byte % ALPHABET.length]).join("").replace(GROUP, "$&-");
    });
}

/** Of what a person types: hyphens, spaces and case do not matter. */
export function hashRecoveryCode(code: string): string {
    return createHash("sha256").update(code.replace(/[\s-]/g, "").toLowerCase()).digest("hex");
}
