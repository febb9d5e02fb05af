import { createHash } from "node:crypto";
import type { Random } from "./ports.ts";
import { Secret } from "./secret.ts";

const PREFIX = "gdt_";
const RANDOM_BYTES = 32;

/** A token for programs. The prefix lets secret scanners recognise a leaked one. */
export function newApiToken(random: Random): Secret {
    return new Secret(PREFIX + random.token(RANDOM_BYTES));
}

/** SHA-256 in hex: what is stored. A slow hash would add nothing, as the token is random and long. */
export function hashApiToken(token: string): string {
    return createHash("sha256").update(token).digest("hex");
}
