import { randomBytes, randomUUID } from "node:crypto";
import type { Random } from "./domain/ports.ts";

const TIME_DIGITS = 12;

export const systemRandom: Random = {
    uuid: () => timeOrderedUuid(Date.now()),
    token: (bytes) => randomBytes(bytes).toString("base64url"),
};

/**
 * UUID version 7. What is written together lies together in the indexes over ids, so that a delivery changes fewer pages of the database.
 * Its first half is the time: where a short piece of it must be distinct, take it from the end. 74 bits are random.
 * @see https://www.rfc-editor.org/rfc/rfc9562#section-5.7
 */
export function timeOrderedUuid(now: number): string {
    const time = now.toString(16).padStart(TIME_DIGITS, "0");
    // After the digit of the version, everything is as random as in version 4.
    return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
