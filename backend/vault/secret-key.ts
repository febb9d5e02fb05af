import { randomBytes, randomUUID } from "node:crypto";
import { closeSync, existsSync, fstatSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, renameSync, unlinkSync, writeSync, constants } from "node:fs";
import path from "node:path";
import { DeployError } from "../domain/errors.ts";

const KEY_BYTES = 32;
const KEY_FILE = "secret.key";
const PREVIOUS_KEY_FILE = "secret.key.previous";

/** Reads a master key as people write it: 64 hexadecimal digits, or 32 bytes as Base64. @throws SECRET_KEY_INVALID */
export function parseSecretKey(text: string, origin: string): Buffer {
    const trimmed = text.trim();
    const key = /^[0-9a-fA-F]{64}$/.test(trimmed) ? Buffer.from(trimmed, "hex") : Buffer.from(trimmed, /[-_]/.test(trimmed) ? "base64url" : "base64");
    const isBase64 = /^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed) || /^[0-9a-fA-F]{64}$/.test(trimmed);
    if (!isBase64 || key.length !== KEY_BYTES) {
        throw new DeployError("SECRET_KEY_INVALID", `${origin} must be 32 random bytes as Base64 or hexadecimal digits, as \`openssl rand -base64 32\` prints them.`);
    }
    if (new Set(key).size < 8) {
        throw new DeployError("SECRET_KEY_INVALID", `${origin} is not random. Make one with \`openssl rand -base64 32\`.`);
    }
    return key;
}

/**
 * The key in `secret.key`, made there (0600) when there is none. Two servers that start at once end up with the same key.
 * @throws SECRET_KEY_INVALID when others may read the file or it holds something else
 */
export function ensureKeyFile(directory: string): Buffer {
    const file = path.join(directory, KEY_FILE);
    if (!existsSync(file)) {
        mkdirSync(directory, { recursive: true, mode: 0o700 });
        makeKeyFile(file);
    }
    return readKeyFile(file);
}

/** Keys of `secret.key` and `secret.key.previous`, those that exist, newest first. @throws SECRET_KEY_INVALID */
export function existingFileKeys(directory: string): Buffer[] {
    return [KEY_FILE, PREVIOUS_KEY_FILE]
        .map((name) => path.join(directory, name))
        .filter((file) => existsSync(file))
        .map(readKeyFile);
}

/** Makes a new `secret.key` and keeps the former as `secret.key.previous`, which `loadVault` still reads with. */
export function rotateKeyFile(directory: string): void {
    const previous = path.join(directory, PREVIOUS_KEY_FILE);
    if (existsSync(previous)) {
        throw new DeployError("SECRET_KEY_INVALID", `A rotation is unfinished: ${previous} is still there. Finish it before starting another.`);
    }
    renameSync(path.join(directory, KEY_FILE), previous);
    ensureKeyFile(directory);
}

/** The end of a rotation, when nothing is sealed with the former key any more. */
export function forgetPreviousKeyFile(directory: string): void {
    const previous = path.join(directory, PREVIOUS_KEY_FILE);
    if (existsSync(previous)) {
        unlinkSync(previous);
    }
}

/** Complete before it has its name: link() fails when another process was first. */
function makeKeyFile(file: string): void {
    const draft = `${file}.${randomUUID()}`;
    const descriptor = openSync(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
        writeSync(descriptor, `${randomBytes(KEY_BYTES).toString("base64")}\n`);
        fsyncSync(descriptor);
    } finally {
        closeSync(descriptor);
    }
    try {
        linkSync(draft, file);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
            throw error;
        }
    } finally {
        unlinkSync(draft);
    }
}

function readKeyFile(file: string): Buffer {
    let descriptor: number;
    try {
        descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch (error) {
        throw new DeployError("SECRET_KEY_INVALID", `${file} cannot be read. It must be a plain file that belongs to the user of this server.`, { cause: error });
    }
    try {
        const stat = fstatSync(descriptor);
        if (!stat.isFile() || (stat.mode & 0o077) !== 0) {
            throw new DeployError("SECRET_KEY_INVALID", `${file} can be read by others. Run \`chmod 600 ${file}\`, and if others were on this machine, make a new key with \`npm run rotate-key\`.`);
        }
        return parseSecretKey(readFileSync(descriptor, "utf8"), file);
    } finally {
        closeSync(descriptor);
    }
}
