import type { AuthType, RepositoryInput } from "../../../common/schemas.ts";
import type { Credentials, Repository } from "../../domain/entities.ts";
import { DeployError } from "../../domain/errors.ts";
import { parseGitUrl, type GitUrl } from "../../domain/git-url.ts";
import type { SshKeys } from "../../domain/ports.ts";
import { Secret } from "../../domain/secret.ts";

export const NO_CREDENTIALS: Credentials = { username: null, token: null, privateKey: null, passphrase: null };

type CredentialsInput = NonNullable<RepositoryInput["credentials"]>;

/** True when credentials for the one may be sent to the other: same scheme, host, port and path. */
export function isSameRemote(left: GitUrl, right: GitUrl): boolean {
    return left.scheme === right.scheme && left.host === right.host && left.port === right.port && left.path === right.path;
}

/** Where a saved repository leads, or null when the settings do not allow that URL any more. */
export function savedUrl(stored: Repository, config: { insecureHttpHosts: string[] }): GitUrl | null {
    try {
        return parseGitUrl(stored.url, config);
    } catch {
        return null;
    }
}

/** A login name in an http(s) URL is meant as the username, unless one is given on its own. */
export function withUrlUser(given: CredentialsInput | undefined, url: GitUrl): CredentialsInput | undefined {
    return url.scheme === "ssh" || url.user === null ? given : { username: url.user, ...given };
}

/** What was meant when a person gave no authType. */
export function guessAuthType(url: GitUrl, given: CredentialsInput | undefined): AuthType {
    if (url.scheme === "ssh") {
        return "ssh_key";
    }
    return isGiven(given?.token) ? "http_token" : "none";
}

/** @throws INPUT_INVALID */
export function checkAuthFitsUrl(authType: AuthType, url: GitUrl): void {
    if (authType === "ssh_key" && url.scheme !== "ssh") {
        throw new DeployError("INPUT_INVALID", "authType ssh_key needs an SSH URL such as git@host:owner/name.git.");
    }
    if (authType !== "ssh_key" && url.scheme === "ssh") {
        throw new DeployError("INPUT_INVALID", `An SSH URL needs authType ssh_key. For ${authType} give the https:// URL.`);
    }
}

/** Stored values with the given ones over them: left out keeps, null (or empty) clears. Only what the authType uses is kept. */
export function mergeCredentials(authType: AuthType, stored: Credentials, given: CredentialsInput | undefined): Credentials {
    switch (authType) {
        case "none":
            return NO_CREDENTIALS;
        case "http_token":
            return {
                ...NO_CREDENTIALS,
                username: given?.username === undefined ? stored.username : given.username === "" ? null : given.username,
                token: secretOf(given?.token, stored.token),
            };
        case "ssh_key":
            return {
                ...NO_CREDENTIALS,
                privateKey: secretOf(given?.privateKey, stored.privateKey),
                // A new key does not have the old one's passphrase.
                passphrase: secretOf(given?.passphrase, isGiven(given?.privateKey) ? null : stored.passphrase),
            };
    }
}

export interface ResolvedCredentials {
    credentials: Credentials;
    publicKey: string | null;
    isKeyGenerated: boolean;
}

/**
 * Merges as above and sees to the SSH key: a pasted one is read, a kept one stays, and without either one is generated.
 * @throws SSH_KEY_INVALID, SSH_PASSPHRASE_WRONG
 */
export async function resolveCredentials(
    sshKeys: Pick<SshKeys, "generate" | "import">,
    input: {
        stack: string;
        authType: AuthType;
        stored: Credentials;
        storedPublicKey: string | null;
        given: CredentialsInput | undefined;
        keyType: "ed25519" | "rsa2048" | "rsa4096";
    },
): Promise<ResolvedCredentials> {
    const credentials = mergeCredentials(input.authType, input.stored, input.given);
    if (input.authType !== "ssh_key") {
        return { credentials, publicKey: null, isKeyGenerated: false };
    }
    const comment = `dockge-git-deploy-${input.stack}`;
    if (credentials.privateKey === null) {
        const generated = await sshKeys.generate(input.keyType, comment);
        return { credentials: { ...NO_CREDENTIALS, privateKey: generated.privateKey }, publicKey: generated.publicKey, isKeyGenerated: true };
    }
    const isUnchanged = !isGiven(input.given?.privateKey) && input.given?.passphrase === undefined;
    if (isUnchanged && input.storedPublicKey !== null) {
        return { credentials, publicKey: input.storedPublicKey, isKeyGenerated: false };
    }
    const imported = sshKeys.import(credentials.privateKey, credentials.passphrase, comment);
    return { credentials: { ...credentials, privateKey: imported.privateKey }, publicKey: imported.publicKey, isKeyGenerated: false };
}

function isGiven(value: string | null | undefined): value is string {
    return value !== undefined && value !== null && value !== "";
}

function secretOf(given: string | null | undefined, stored: Secret | null): Secret | null {
    if (given === undefined) {
        return stored;
    }
    return isGiven(given) ? new Secret(given) : null;
}
