import type { Provider } from "../../common/schemas.ts";
import { DeployError } from "./errors.ts";
import { classifyHost, hostRefusal } from "./host-address.ts";

/** A repository's address in its parts. Only values rebuilt from these parts reach git, never a person's text. */
export interface GitUrl {
    scheme: "https" | "http" | "ssh";
    /** Login name. Of an http(s) URL it is not part of `href`: it belongs to the credentials. */
    user: string | null;
    /** Lower case, ASCII; IPv6 in brackets. */
    host: string;
    /** null: the scheme's own (https and http); ssh always has one. */
    port: number | null;
    /** Without the leading slash and without `.git`. */
    path: string;
    /** What git gets and what is stored. */
    href: string;
}

export interface GitUrlPolicy {
    /**
     * `host` or `host:port`. A host named here may be used over plain http (at that port when one is given), and may be this machine itself
     * (then with every scheme and port).
     */
    insecureHttpHosts: readonly string[];
}

const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])$/;
const USER = /^[A-Za-z0-9_][\w.+~-]*$/;
/** No port is possible here: a number after the colon is a path. */
const SCP_LIKE = /^([^@/:\s]+)@([^@/:\s[\]]+|\[[^\]\s]*\]):(.*)$/;
const WITH_SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)(.*)$/;
/** Tokens that people paste as the user name of a URL. @see https://docs.github.com/en/authentication (token prefixes), GitLab's token overview */
const TOKEN_LIKE = /^(?:gh[a-z]_|github_pat_|gl[a-z]+-|ATB|ATCTT|[0-9a-f]{40}$)/;

/**
 * Reads `https://HOST[:PORT]/PATH`, `ssh://[USER@]HOST[:PORT]/PATH` and `USER@HOST:PATH`; plain http only for the policy's hosts.
 * Everything else (local paths, `ext::`, options, embedded passwords, control characters) is refused.
 * Whether a *name* leads to a forbidden address is known only after resolving it: see the adapter.
 * @throws GIT_URL_INVALID with a sentence that says what to do
 */
export function parseGitUrl(text: string, policy: GitUrlPolicy): GitUrl {
    const url = splitGitUrl(text);
    if (url.scheme === "http" && !isInsecureHttpAllowed(url, policy)) {
        refuse(`Plain http:// would send everything readable by others. Use https://, or name ${url.host} in GIT_DEPLOY_INSECURE_HTTP_HOSTS, a setting of the server, and start it again.`);
    }
    const reason = hostRefusal(url.host, isLoopbackAllowed(url.host, policy));
    if (reason !== null) {
        refuse(`${url.host} cannot be used as a Git server: ${reason}.`);
    }
    return url;
}

/** True when the operator has named this host, so that it may be this machine itself. */
export function isLoopbackAllowed(host: string, policy: GitUrlPolicy): boolean {
    return policy.insecureHttpHosts.some((entry) => splitEntry(entry).host === host.toLowerCase());
}

/** Host and port of the whole of an http(s) URL, which is how far a token may go; for ssh the same with its scheme. */
export function originOf(url: GitUrl): string {
    return `${url.scheme}://${url.host}${url.port === null ? "" : `:${url.port}`}`;
}

/** The port that is really used. */
export function effectivePort(url: GitUrl): number {
    return url.port ?? (url.scheme === "https" ? 443 : 80);
}

const ALIASES: Record<string, string> = { "ssh.github.com": "github.com", "www.github.com": "github.com", "altssh.gitlab.com": "gitlab.com", "altssh.bitbucket.org": "bitbucket.org" };

/**
 * `host/path` in lower case, equal for every way of writing the same repository (https, ssh, with and without `.git`).
 * Ports are left out: they differ between the schemes of one server. null for what is no URL of a repository.
 */
export function repositoryIdentity(url: string): string | null {
    try {
        const { host, path } = splitGitUrl(url);
        // Bitbucket Data Center: https has `scm/` before the project, ssh has not.
        return `${ALIASES[host] ?? host}/${path.toLowerCase().replace(/^scm\//, "")}`;
    } catch {
        return null;
    }
}

/** Which provider a URL most likely belongs to; a person may choose another. */
export function guessProvider(url: string | GitUrl): Provider {
    let parts: GitUrl;
    try {
        parts = typeof url === "string" ? splitGitUrl(url) : url;
    } catch {
        return "generic";
    }
    const host = ALIASES[parts.host] ?? parts.host;
    const known: Record<string, Provider> = { "github.com": "github", "gitlab.com": "gitlab", "bitbucket.org": "bitbucket", "codeberg.org": "forgejo" };
    const exact = known[host];
    if (exact !== undefined) {
        return exact;
    }
    const isHttp = parts.scheme !== "ssh";
    if (host.includes("bitbucket") || (isHttp && parts.path.startsWith("scm/")) || (!isHttp && parts.port === 7999)) {
        return "bitbucket_dc";
    }
    const named = (["gitlab", "forgejo", "gitea", "gogs", "github"] as const).find((provider) => host.includes(provider));
    return named ?? "generic";
}

function splitGitUrl(text: string): GitUrl {
    if (text === "") {
        refuse("Enter the address of the repository, such as https://github.com/owner/name.git.");
    }
    if (hasForbiddenCharacter(text)) {
        refuse("The address holds a space, a line break, a backslash or another character that no repository address has. Copy it again from the provider.");
    }
    if (text.startsWith("-")) {
        refuse("A repository address does not start with a dash.");
    }
    const withScheme = WITH_SCHEME.exec(text);
    if (withScheme !== null) {
        return fromScheme((withScheme[1] ?? "").toLowerCase(), withScheme[2] ?? "", withScheme[3] ?? "");
    }
    const scpLike = SCP_LIKE.exec(text);
    if (scpLike !== null && !text.includes("::")) {
        return fromScpLike(scpLike[1] ?? "", scpLike[2] ?? "", scpLike[3] ?? "");
    }
    return refuse("This is not a repository address. Use https://HOST/PATH, ssh://USER@HOST/PATH or USER@HOST:PATH.");
}

function fromScheme(scheme: string, authority: string, rest: string): GitUrl {
    if (scheme !== "https" && scheme !== "http" && scheme !== "ssh") {
        refuse(`${scheme}:// is not supported. Use https:// or ssh://.`);
    }
    const at = authority.lastIndexOf("@");
    const userInfo = at < 0 ? null : authority.slice(0, at);
    if (userInfo?.includes(":") === true) {
        refuse("The address holds a password. Take it out and enter it as the token.");
    }
    const user = userInfo === null || userInfo === "" ? (scheme === "ssh" ? "git" : null) : checkedUser(userInfo);
    if (scheme !== "ssh" && user !== null && TOKEN_LIKE.test(user)) {
        refuse("The address holds a token. Take it out and enter it as the token.");
    }
    const hostAndPort = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(authority.slice(at + 1));
    if (hostAndPort === null) {
        refuse("The host of the address is not valid.");
    }
    const host = canonicalHost(hostAndPort[1] ?? "");
    const port = checkedPort(hostAndPort[2], scheme);
    const { path, suffix } = checkedPath(rest);
    const userPart = scheme === "ssh" && user !== null ? `${user}@` : "";
    const portPart = port === null || (scheme === "ssh" && port === 22) ? "" : `:${port}`;
    return { scheme, user, host, port, path, href: `${scheme}://${userPart}${host}${portPart}/${path}${suffix}` };
}

function fromScpLike(userText: string, hostText: string, pathText: string): GitUrl {
    const user = checkedUser(userText);
    const host = canonicalHost(hostText);
    const { path, suffix } = checkedPath(pathText.startsWith("/") ? pathText : `/${pathText}`);
    // Kept in this form: a path without a slash is relative to the login folder, which ssh:// cannot say.
    return { scheme: "ssh", user, host, port: 22, path, href: `${user}@${host}:${pathText.startsWith("/") ? "/" : ""}${path}${suffix}` };
}

function checkedUser(user: string): string {
    return USER.test(user) ? user : refuse("The user name in the address is not valid.");
}

function checkedPort(text: string | undefined, scheme: string): number | null {
    if (text === undefined || text === "") {
        return scheme === "ssh" ? 22 : null;
    }
    const port = Number(text);
    if (port < 1 || port > 65_535) {
        refuse("The port of the address must be between 1 and 65535.");
    }
    const isDefault = (scheme === "https" && port === 443) || (scheme === "http" && port === 80);
    return isDefault ? null : port;
}

/** Lower case, numeric forms of IPv4 (`0x7f.1`) as four numbers, by the WHATWG rules whatever the scheme. */
function canonicalHost(host: string): string {
    if (/[^\x20-\x7e]/.test(host)) {
        refuse(`The host holds letters that can be mistaken for others. If it is meant, write it as ${asciiHost(host) ?? "its ASCII form"}.`);
    }
    if (!HOST.test(host) || host.includes("..")) {
        refuse("The host of the address is not valid.");
    }
    const canonical = asciiHost(host);
    if (canonical === null || (/^[\d.]+$/.test(canonical) && classifyHost(canonical) === "name")) {
        return refuse("The host of the address is not valid.");
    }
    return canonical;
}

function asciiHost(host: string): string | null {
    return URL.canParse(`https://${host}/`) ? new URL(`https://${host}/`).hostname : null;
}

function checkedPath(text: string): { path: string; suffix: "" | ".git" } {
    if (/[?#]/.test(text)) {
        refuse("Take everything from the ? or # on out of the address.");
    }
    const trimmed = text.replace(/^\//, "").replace(/\/+$/, "");
    const suffix = trimmed.endsWith(".git") ? ".git" : "";
    const path = suffix === "" ? trimmed : trimmed.slice(0, -suffix.length);
    const segments = path.split("/");
    if (path === "" || segments.some((segment) => segment === "")) {
        refuse("The address has no complete path to a repository, such as owner/name.");
    }
    if (segments.some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment))) {
        refuse("The path of the address must not hold . or .. parts.");
    }
    if (path.startsWith("-")) {
        refuse("The path of the address must not start with a dash.");
    }
    if (/%(?:[01][0-9a-f]|7f|5c|2f|25)/i.test(path) || /%(?![0-9a-f]{2})/i.test(path)) {
        refuse("The path of the address holds an encoded character that no repository path has.");
    }
    return { path, suffix };
}

function hasForbiddenCharacter(text: string): boolean {
    for (const character of text) {
        const code = character.codePointAt(0) ?? 0;
        if (code <= 0x20 || code === 0x7f || (code >= 0x80 && code <= 0xa0) || character === "\\" || /[\u2028\u2029\ufeff'"`$<>|;&]/.test(character)) {
            return true;
        }
    }
    return false;
}

function isInsecureHttpAllowed(url: GitUrl, policy: GitUrlPolicy): boolean {
    return policy.insecureHttpHosts.some((text) => {
        const entry = splitEntry(text);
        return entry.host === url.host && (entry.port === null || entry.port === effectivePort(url));
    });
}

function splitEntry(entry: string): { host: string; port: number | null } {
    const match = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry.trim().toLowerCase());
    return match === null ? { host: entry.toLowerCase(), port: null } : { host: match[1] ?? "", port: match[2] === undefined ? null : Number(match[2]) };
}

function refuse(message: string): never {
    throw new DeployError("GIT_URL_INVALID", message);
}
