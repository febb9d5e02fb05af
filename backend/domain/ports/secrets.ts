import type { Secret } from "../secret.ts";

/** Authenticated encryption at rest. `context` binds a ciphertext to its place (`table:id:field`); moved elsewhere it does not open. */
export interface Vault {
    seal(secret: Secret, context: string): string;
    /** @throws SECRET_UNREADABLE when the key is another one or the text was altered. */
    open(sealed: string, context: string): Secret;
    /** True when the text was sealed with a former key and should be sealed anew. */
    isStale(sealed: string): boolean;
}

export interface GeneratedSshKey {
    privateKey: Secret;
    /** One line for a provider's deploy-key form: `ssh-ed25519 AAAA… comment`. */
    publicKey: string;
    /** `SHA256:` and 43 characters. */
    fingerprint: string;
}

export interface SshKeys {
    generate(type: "ed25519" | "rsa2048" | "rsa4096", comment: string): Promise<GeneratedSshKey>;
    /** Reads a pasted key (OpenSSH or PEM). @throws SSH_KEY_INVALID, SSH_PASSPHRASE_WRONG */
    import(privateKey: Secret, passphrase: Secret | null, comment: string): GeneratedSshKey;
    fingerprint(publicKey: string): string;
}

/** Host keys that a person, or the list we ship, vouches for. */
export interface KnownHosts {
    /** Path of the file for `ssh -o UserKnownHostsFile`. */
    readonly path: string;
    isKnown(host: string, port: number): Promise<boolean>;
    /** Asks the host for its keys. @throws GIT_UNREACHABLE */
    scan(host: string, port: number, signal?: AbortSignal): Promise<{ line: string; type: string; fingerprint: string }[]>;
    /** Pins the scanned keys of which one has this fingerprint. @throws GIT_HOST_KEY_CHANGED when another key is pinned already, GIT_HOST_KEY_UNKNOWN when the host shows no such key. */
    confirm(host: string, port: number, fingerprint: string): Promise<void>;
}
