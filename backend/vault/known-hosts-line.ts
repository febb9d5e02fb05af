import { createHmac } from "node:crypto";
import { fingerprintOf, typeOfBlob } from "./openssh-format.ts";

/** One key of a `known_hosts` file. @see sshd(8), SSH_KNOWN_HOSTS FILE FORMAT */
export interface KnownHostKey {
    type: string;
    base64: string;
    fingerprint: string;
    isRevoked: boolean;
    isAuthority: boolean;
}

/** How OpenSSH names a host in `known_hosts`: bare at port 22, else `[host]:port`. */
export function hostPattern(host: string, port: number): string {
    const bare = host.toLowerCase().replace(/^\[(.*)\]$/, "$1");
    return port === 22 ? bare : `[${bare}]:${port}`;
}

/** Keys that the text names for a host. Understands lists of names, wildcards, negation and hashed names. */
export function keysOf(text: string, host: string, port: number): KnownHostKey[] {
    const name = hostPattern(host, port);
    return text.split("\n").flatMap((line) => {
        const parsed = parseLine(line);
        return parsed !== null && matches(parsed.patterns, name) ? [parsed.key] : [];
    });
}

function parseLine(line: string): { patterns: string; key: KnownHostKey } | null {
    const fields = line.trim().split(/\s+/);
    const marker = fields[0]?.startsWith("@") === true ? fields.shift() : undefined;
    const [patterns, type, base64] = fields;
    if (patterns === undefined || type === undefined || base64 === undefined || patterns.startsWith("#")) {
        return null;
    }
    const blob = Buffer.from(base64, "base64");
    if (typeOfBlob(blob) !== type) {
        return null;
    }
    return { patterns, key: { type, base64, fingerprint: fingerprintOf(blob), isRevoked: marker === "@revoked", isAuthority: marker === "@cert-authority" } };
}

function matches(patterns: string, name: string): boolean {
    if (patterns.startsWith("|1|")) {
        const [, , salt = "", hash = ""] = patterns.split("|");
        return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
    }
    const hits = patterns.split(",").map((pattern) => ({ isNegated: pattern.startsWith("!"), isHit: wildcard(pattern.replace(/^!/, "")).test(name) }));
    return hits.some(({ isNegated, isHit }) => isHit && !isNegated) && !hits.some(({ isNegated, isHit }) => isHit && isNegated);
}

function wildcard(pattern: string): RegExp {
    const source = pattern.toLowerCase().replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*+/g, ".*").replace(/\?/g, ".");
    return new RegExp(`^${source}$`);
}
