import { createHash, timingSafeEqual } from "node:crypto";
import bcrypt from "bcryptjs";
import { DeployError } from "../../../domain/errors.ts";

/** As Dockge. */
const ROUNDS = 10;
/** bcrypt looks at no more bytes than this. */
const MAX_BYTES = 72;
const MIN_LENGTH = 6;
const KINDS = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/];

/** Compared with when there is no such user, so that the answer takes as long. Made once, of nothing anybody could know. */
let decoy: Promise<string> | null = null;

/** Dockge's rule: six characters of two kinds. @throws INPUT_INVALID */
export function requireStrongPassword(password: string): void {
    if (password.length < MIN_LENGTH || KINDS.filter((kind) => kind.test(password)).length < 2) {
        throw new DeployError("INPUT_INVALID", "Password is too weak. It should contain alphabetic and numeric characters. It must be at least 6 characters in length.");
    }
    if (Buffer.byteLength(password) > MAX_BYTES) {
        throw new DeployError("INPUT_INVALID", `The password is too long: use at most ${MAX_BYTES} bytes.`);
    }
}

export async function hashPassword(password: string): Promise<string> {
    return await bcrypt.hash(password, ROUNDS);
}

/** `hash` null: nobody of that name; the answer is false after the same time. */
export async function isPasswordRight(password: string, hash: string | null): Promise<boolean> {
    decoy ??= hashPassword(createHash("sha256").update(`${process.pid}:${performance.now()}`).digest("hex"));
    const isEqual = await bcrypt.compare(password, hash ?? (await decoy));
    return isEqual && hash !== null;
}

/** Ties a token to the password it was issued under: 16 bytes of SHAKE256 over the stored hash, as Dockge does. */
export function passwordMark(passwordHash: string): string {
    return createHash("shake256", { outputLength: 16 }).update(passwordHash).digest("hex");
}

export function isSameMark(left: string, right: string): boolean {
    const [a, b] = [Buffer.from(left), Buffer.from(right)];
    return a.length === b.length && timingSafeEqual(a, b);
}
