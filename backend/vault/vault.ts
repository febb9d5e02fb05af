import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import { DeployError } from "../domain/errors.ts";
import type { Vault } from "../domain/ports.ts";
import { Secret } from "../domain/secret.ts";
import { ensureKeyFile, existingFileKeys, parseSecretKey } from "./secret-key.ts";

const PREFIX = "enc:v1";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

interface VaultKey {
    /** Names the key in what it sealed; says nothing about it. */
    id: string;
    bytes: Buffer;
}

export interface VaultOptions {
    /** `<dataDir>/git-deploy`: where `secret.key` lies. */
    directory: string;
    /** Master key from the settings; without it the key file is used, and made when it is not there. */
    secretKey: string | undefined;
    /** Former keys that may still open what they sealed. */
    previousSecretKeys: readonly string[];
}

/**
 * Envelope at rest: AES-256-GCM as `enc:v1:<keyId>:<Base64url of nonce, tag, ciphertext>`, with the context as additional data.
 * When a key comes from the settings, an existing key file counts as a former key: moving from one to the other loses nothing.
 * @throws SECRET_KEY_INVALID
 */
export function loadVault(options: VaultOptions): Vault {
    const current = options.secretKey === undefined ? ensureKeyFile(options.directory) : parseSecretKey(options.secretKey, "GIT_DEPLOY_SECRET_KEY");
    const former = [...options.previousSecretKeys.map((key) => parseSecretKey(key, "GIT_DEPLOY_PREVIOUS_SECRET_KEYS")), ...existingFileKeys(options.directory)];
    return new AesVault(vaultKey(current), former.map(vaultKey));
}

class AesVault implements Vault {
    readonly #current: VaultKey;
    readonly #keys: Map<string, VaultKey>;

    constructor(current: VaultKey, former: readonly VaultKey[]) {
        this.#current = current;
        this.#keys = new Map([...former, current].map((key) => [key.id, key]));
    }

    seal(secret: Secret, context: string): string {
        const nonce = randomBytes(NONCE_BYTES);
        const cipher = createCipheriv("aes-256-gcm", this.#current.bytes, nonce, { authTagLength: TAG_BYTES });
        cipher.setAAD(Buffer.from(context));
        const sealed = Buffer.concat([cipher.update(secret.reveal(), "utf8"), cipher.final()]);
        return `${PREFIX}:${this.#current.id}:${Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64url")}`;
    }

    open(sealed: string, context: string): Secret {
        const { keyId, bytes } = split(sealed);
        const key = this.#keys.get(keyId);
        if (key === undefined) {
            throw unreadable("It was sealed with another key. Put that key into GIT_DEPLOY_PREVIOUS_SECRET_KEYS, or enter the secret again.");
        }
        const decipher = createDecipheriv("aes-256-gcm", key.bytes, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
        decipher.setAAD(Buffer.from(context));
        decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        try {
            return new Secret(Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString("utf8"));
        } catch (error) {
            throw unreadable("It was altered or moved. Enter the secret again.", error);
        }
    }

    isStale(sealed: string): boolean {
        return split(sealed).keyId !== this.#current.id;
    }
}

function split(sealed: string): { keyId: string; bytes: Buffer } {
    const match = /^enc:v1:([0-9a-f]{12}):([A-Za-z0-9_-]+)$/.exec(sealed);
    const bytes = Buffer.from(match?.[2] ?? "", "base64url");
    if (match === null || bytes.length < NONCE_BYTES + TAG_BYTES) {
        throw unreadable("It is not in a form that this version knows. Enter the secret again.");
    }
    return { keyId: match[1] ?? "", bytes };
}

/** The master key itself encrypts nothing: key and name are derived from it apart from each other. */
function vaultKey(master: Buffer): VaultKey {
    return {
        id: createHash("sha256").update("git-deploy vault key id\0").update(master).digest("hex").slice(0, 12),
        bytes: Buffer.from(hkdfSync("sha256", master, "", "git-deploy vault v1", 32)),
    };
}

function unreadable(why: string, cause?: unknown): DeployError {
    return new DeployError("SECRET_UNREADABLE", `A stored secret cannot be read. ${why}`, { cause });
}
