import { createHash, randomBytes, type JsonWebKey } from "node:crypto";

/** The fields of a key in OpenSSH's order: those of the public half, and those of the private half. */
interface KeyFields {
    type: string;
    publicFields: Buffer[];
    privateFields: Buffer[];
}

/** @see https://datatracker.ietf.org/doc/html/rfc5656#section-10.1 */
const CURVES: Record<string, { name: string; bytes: number }> = {
    "P-256": { name: "nistp256", bytes: 32 },
    "P-384": { name: "nistp384", bytes: 48 },
    "P-521": { name: "nistp521", bytes: 66 },
};

/**
 * A private key (Ed25519, RSA or ECDSA as JWK) as an unencrypted `openssh-key-v1` file, and its public half as the blob of a public-key line.
 * Written by hand because OpenSSH refuses the PKCS#8 that Node exports for Ed25519.
 * null for a kind of key that OpenSSH does not have.
 * @see https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.key
 */
export function encodeOpenSshKey(jwk: JsonWebKey, comment: string): { privateKey: string; type: string; publicBlob: Buffer } | null {
    const fields = keyFields(jwk);
    if (fields === null) {
        return null;
    }
    const publicBlob = Buffer.concat([sshString(fields.type), ...fields.publicFields]);
    const check = randomBytes(4);
    const secret = Buffer.concat([check, check, sshString(fields.type), ...fields.privateFields, sshString(comment)]);
    const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, index) => index + 1));
    const count = Buffer.from([0, 0, 0, 1]);
    const file = Buffer.concat([
        Buffer.from("openssh-key-v1\0"),
        sshString("none"),
        sshString("none"),
        sshString(""),
        count,
        sshString(publicBlob),
        sshString(Buffer.concat([secret, padding])),
    ]);
    const lines = file.toString("base64").match(/.{1,70}/g) ?? [];
    return { privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join("\n")}\n-----END OPENSSH PRIVATE KEY-----\n`, type: fields.type, publicBlob };
}

/** `SHA256:` and the unpadded Base64, as `ssh-keygen -l` and the providers show it. */
export function fingerprintOf(publicBlob: Buffer): string {
    return `SHA256:${createHash("sha256").update(publicBlob).digest("base64").replace(/=+$/, "")}`;
}

/** Key type that a blob itself names, or null when it is no key. */
export function typeOfBlob(publicBlob: Buffer): string | null {
    if (publicBlob.length < 4) {
        return null;
    }
    const length = publicBlob.readUInt32BE(0);
    const type = publicBlob.subarray(4, 4 + length).toString("latin1");
    return type.length === length && /^[a-z0-9@.-]+$/.test(type) ? type : null;
}

/** True when an `openssh-key-v1` file (its bytes, not the PEM) is protected by a passphrase. */
export function isOpenSshKeyEncrypted(file: Buffer): boolean {
    const magic = "openssh-key-v1\0";
    if (file.subarray(0, magic.length).toString("latin1") !== magic || file.length < magic.length + 4) {
        return false;
    }
    const length = file.readUInt32BE(magic.length);
    return file.subarray(magic.length + 4, magic.length + 4 + length).toString("latin1") !== "none";
}

function keyFields(jwk: JsonWebKey): KeyFields | null {
    if (jwk.kty === "OKP" && jwk.crv === "Ed25519") {
        const publicKey = bytesOf(jwk.x);
        return {
            type: "ssh-ed25519",
            publicFields: [sshString(publicKey)],
            privateFields: [sshString(publicKey), sshString(Buffer.concat([bytesOf(jwk.d), publicKey]))],
        };
    }
    if (jwk.kty === "RSA") {
        const [n, e, d, p, q, inverse] = [jwk.n, jwk.e, jwk.d, jwk.p, jwk.q, jwk.qi].map((part) => mpint(bytesOf(part)));
        if (n === undefined || e === undefined || d === undefined || p === undefined || q === undefined || inverse === undefined) {
            return null;
        }
        return { type: "ssh-rsa", publicFields: [e, n], privateFields: [n, e, d, inverse, p, q] };
    }
    const curve = CURVES[jwk.crv ?? ""];
    if (jwk.kty === "EC" && curve !== undefined) {
        const pad = (part: string | undefined) => Buffer.concat([Buffer.alloc(curve.bytes), bytesOf(part)]).subarray(-curve.bytes);
        const publicFields = [sshString(curve.name), sshString(Buffer.concat([Buffer.from([4]), pad(jwk.x), pad(jwk.y)]))];
        return { type: `ecdsa-sha2-${curve.name}`, publicFields, privateFields: [...publicFields, mpint(bytesOf(jwk.d))] };
    }
    return null;
}

function bytesOf(text: string | undefined): Buffer {
    return Buffer.from(text ?? "", "base64url");
}

function sshString(value: Buffer | string): Buffer {
    const bytes = Buffer.from(value);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
}

/** A positive number: no leading zeros, except one that keeps the sign bit clear. @see https://datatracker.ietf.org/doc/html/rfc4251#section-5 */
function mpint(bytes: Buffer): Buffer {
    let start = 0;
    while (start < bytes.length && bytes[start] === 0) {
        start += 1;
    }
    const minimal = bytes.subarray(start);
    return sshString((minimal[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), minimal]) : minimal);
}
