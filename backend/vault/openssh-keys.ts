import { createPrivateKey, generateKeyPair, type KeyObject } from "node:crypto";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import type ssh2Library from "ssh2";
import type { ParsedKey } from "ssh2";
import { DeployError } from "../domain/errors.ts";
import type { GeneratedSshKey, SshKeys } from "../domain/ports.ts";
import { Secret } from "../domain/secret.ts";
import { encodeOpenSshKey, fingerprintOf, isOpenSshKeyEncrypted, typeOfBlob } from "./openssh-format.ts";
import { isOutdatedCipher, readOutdatedPem } from "./outdated-pem.ts";

const MIN_RSA_BITS = 2048;
/** Its whole client and server come along; a key is read once in a stack's life. */
const load = createRequire(import.meta.url);
const generate = promisify(generateKeyPair);

/**
 * Deploy keys. Whatever comes in, what goes out is an unencrypted OpenSSH file (the vault seals it) and one public line.
 * ssh2 only reads keys here: about 1 of 256 Ed25519 keys that it generates is broken (mscdex/ssh2#1390).
 */
export class OpenSshKeys implements SshKeys {
    async generate(type: "ed25519" | "rsa2048" | "rsa4096", comment: string): Promise<GeneratedSshKey> {
        if (type === "ed25519") {
            const { privateKey } = await generate("ed25519");
            return encode(privateKey, comment);
        }
        const { privateKey } = await generate("rsa", { modulusLength: type === "rsa2048" ? 2048 : 4096 });
        return encode(privateKey, comment);
    }

    import(privateKey: Secret, passphrase: Secret | null, comment: string): GeneratedSshKey {
        const text = normalise(privateKey.reveal());
        const phrase = passphrase === null || passphrase.isEmpty ? undefined : passphrase.reveal();
        if (!text.includes("PRIVATE KEY-----") && !text.startsWith("PuTTY-User-Key-File-")) {
            throw /^(ssh-|ecdsa-)/.test(text) || text.includes("PUBLIC KEY")
                ? invalid("This is the public half of a key. Paste the private key; it begins with -----BEGIN.")
                : invalid("This is not a private key. Paste the whole file, from -----BEGIN to the end of the last line.");
        }
        const isProtected = isPassphraseProtected(text);
        if (isProtected && phrase === undefined) {
            throw new DeployError("SSH_PASSPHRASE_WRONG", "The key is protected. Enter its passphrase.");
        }
        const key = read(text, phrase);
        if (key === null) {
            throw isProtected
                ? new DeployError("SSH_PASSPHRASE_WRONG", "The passphrase does not open this key. Enter it again.")
                : invalid("The key cannot be read: it is damaged or of a kind that is not supported. Use an Ed25519, RSA or ECDSA key.");
        }
        if (key.asymmetricKeyType === "rsa" && (key.asymmetricKeyDetails?.modulusLength ?? 0) < MIN_RSA_BITS) {
            throw invalid(`The RSA key is too short to be safe. Use at least ${MIN_RSA_BITS} bits, or let a key be generated.`);
        }
        return encode(key, comment);
    }

    fingerprint(publicKey: string): string {
        const [type, base64] = publicKey.trim().split(/\s+/);
        const blob = Buffer.from(base64 ?? "", "base64");
        if (typeOfBlob(blob) !== type) {
            throw invalid("This is not a public SSH key.");
        }
        return fingerprintOf(blob);
    }
}

function encode(key: KeyObject, comment: string): GeneratedSshKey {
    const exportable = ["ed25519", "rsa", "ec"].includes(key.asymmetricKeyType ?? "");
    // A line break in the comment would add a second line to somebody's authorized_keys.
    const safeComment = comment.replace(/[^\x21-\x7e]+/g, "-").slice(0, 100);
    const encoded = exportable ? encodeOpenSshKey(key.export({ format: "jwk" }), safeComment) : null;
    if (encoded === null) {
        throw invalid("This kind of key is not supported. Use an Ed25519, RSA or ECDSA key.");
    }
    return {
        privateKey: new Secret(encoded.privateKey),
        publicKey: `${encoded.type} ${encoded.publicBlob.toString("base64")} ${safeComment}`.trim(),
        fingerprint: fingerprintOf(encoded.publicBlob),
    };
}

/** OpenSSH's own and PuTTY's format by ssh2, every PEM kind by Node, and by node-forge where Node's OpenSSL lacks the cipher. */
function read(text: string, passphrase: string | undefined): KeyObject | null {
    try {
        if (!text.includes("OPENSSH PRIVATE KEY") && !text.startsWith("PuTTY-User-Key-File-")) {
            return createPrivateKey({ key: text, ...(passphrase === undefined ? {} : { passphrase }) });
        }
        const ssh2 = load("ssh2") as typeof ssh2Library;
        const parsed = ssh2.utils.parseKey(text, passphrase) as ParsedKey | ParsedKey[] | Error;
        const key = Array.isArray(parsed) ? parsed[0] : parsed;
        return key instanceof Error || key === undefined || !key.isPrivateKey() ? null : createPrivateKey(key.getPrivatePEM());
    } catch (thrown) {
        if (passphrase !== undefined && isOutdatedCipher(thrown)) {
            return readOutdatedPem(text, passphrase);
        }
        // Which of its many reasons a parser gives does not help the person; the two that do are told apart by the caller.
        return null;
    }
}

function isPassphraseProtected(text: string): boolean {
    if (text.startsWith("PuTTY-User-Key-File-")) {
        return !/^Encryption: none$/m.test(text);
    }
    if (!text.includes("OPENSSH PRIVATE KEY")) {
        return text.includes("ENCRYPTED");
    }
    return isOpenSshKeyEncrypted(Buffer.from(text.replace(/-----[^-]+-----/g, ""), "base64"));
}

/** Pasting loses the last line end and brings Windows' ones. */
function normalise(text: string): string {
    return `${text.replace(/\r\n?/g, "\n").trim()}\n`;
}

function invalid(message: string): DeployError {
    return new DeployError("SSH_KEY_INVALID", message);
}
