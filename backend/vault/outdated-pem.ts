import { createPrivateKey, type KeyObject } from "node:crypto";
import { createRequire } from "node:module";
import type Forge from "node-forge";
import { DeployError } from "../domain/errors.ts";

/** Loaded when such a key comes: it is large, and hardly anybody has one. */
const load = createRequire(import.meta.url);

/** True for what Node throws when OpenSSL 3 no longer has the cipher, whatever the passphrase. */
export function isOutdatedCipher(thrown: unknown): boolean {
    return thrown instanceof Error && "code" in thrown && thrown.code === "ERR_OSSL_EVP_UNSUPPORTED";
}

/**
 * RSA keys under a passphrase and a cipher that OpenSSL 3 has laid aside, such as the single DES of `openssl genrsa -des`.
 * @returns null when the passphrase does not open it
 * @throws SSH_KEY_INVALID for a cipher that nothing here reads
 */
export function readOutdatedPem(text: string, passphrase: string): KeyObject | null {
    const forge = load("node-forge") as typeof Forge;
    try {
        // null for a wrong passphrase, which the declared type does not know.
        const key = forge.pki.decryptRsaPrivateKey(text, passphrase) as Forge.pki.rsa.PrivateKey | null;
        return key === null ? null : createPrivateKey(forge.pki.privateKeyToPem(key));
    } catch (thrown) {
        throw new DeployError("SSH_KEY_INVALID", "The key is protected by an outdated cipher that cannot be read here. Protect it anew with ssh-keygen -p -f <file>, or let a key be generated.", {
            cause: thrown,
        });
    }
}
