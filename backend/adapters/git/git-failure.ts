import type { ErrorCode } from "../../../common/error-codes.ts";
import type { AuthType } from "../../../common/schemas.ts";
import { DeployError } from "../../domain/errors.ts";
import type { GitUrl } from "../../domain/git-url.ts";

/** What the sentence about a failure needs to know of the call. */
export interface FailureContext {
    url: GitUrl;
    authType: AuthType;
    /** False for a submodule of another host, which is asked without credentials. */
    hasCredentials: boolean;
}

interface Rule {
    code: ErrorCode;
    pattern: RegExp;
    say: (context: FailureContext, match: RegExpExecArray) => string;
}

const where = ({ url }: FailureContext) => (url.scheme === "ssh" && url.port !== 22 ? `${url.host}:${url.port ?? 22}` : url.host);
const repository = ({ url }: FailureContext) => `${url.path} on ${url.host}`;

/** git's and its helpers' own words (LC_ALL=C), first match wins. */
const RULES: readonly Rule[] = [
    {
        code: "GIT_HOST_KEY_CHANGED",
        pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED|POSSIBLE DNS SPOOFING|REVOKED HOST KEY/,
        say: (context) => `${where(context)} shows another host key than the one that was confirmed. Somebody may be in between: ask its administrator before anything else.`,
    },
    {
        code: "GIT_HOST_KEY_UNKNOWN",
        pattern: /No \S+ host key is known for|Host key verification failed/,
        say: (context) => `${where(context)} is a new SSH server. Compare its fingerprint with the one its administrator publishes, and confirm it.`,
    },
    {
        code: "GIT_UNREACHABLE",
        pattern: /Could not resolve host(?:name)?|Name or service not known|Temporary failure in name resolution|No address associated with hostname/,
        say: (context) => `The name ${context.url.host} cannot be resolved. Check the spelling and this server's DNS.`,
    },
    {
        code: "GIT_UNREACHABLE",
        pattern: /Connection refused|Couldn't connect to server|Failed to connect to/,
        say: (context) => `${where(context)} refuses the connection. Check that the Git server runs and that the port is right.`,
    },
    {
        code: "GIT_UNREACHABLE",
        pattern: /timed out|Operation too slow|Connection timeout|Timeout, server .* not responding/i,
        say: (context) => `${where(context)} does not answer. Check the network between this server and it.`,
    },
    {
        code: "GIT_UNREACHABLE",
        pattern: /No route to host|Network is unreachable/,
        say: (context) => `There is no network route to ${where(context)}. Check this server's network.`,
    },
    {
        code: "GIT_FAILED",
        pattern: /certificate|SSL_ERROR|gnutls_handshake|SSL connect error|SSL routines|TLS/,
        say: (context) => `No trusted TLS connection to ${where(context)}. Its certificate must be valid and issued by an authority that this server trusts; check also that the port speaks https.`,
    },
    {
        code: "GIT_AUTH_FAILED",
        pattern: /Permission denied \(|Too many authentication failures|no mutual signature/,
        say: (context) =>
            context.authType === "ssh_key" && context.hasCredentials
                ? `${where(context)} does not accept the deploy key. Add its public half as a deploy key of ${context.url.path}.`
                : `${where(context)} wants an SSH key and none is set for it. Choose a deploy key, or an https address.`,
    },
    {
        code: "GIT_AUTH_FAILED",
        pattern: /Authentication failed for|HTTP Basic: Access denied|Invalid username or (?:password|token)/i,
        say: (context) => `${where(context)} refuses the token. Check that it has not expired and may read ${context.url.path}.`,
    },
    {
        code: "GIT_AUTH_FAILED",
        pattern: /could not read (?:Username|Password)|terminal prompts disabled/,
        say: (context) =>
            context.hasCredentials && context.authType === "http_token"
                ? `${where(context)} refuses the token. Check that it has not expired and may read ${context.url.path}.`
                : `${repository(context)} is private or does not exist. Enter a token that may read it, or check the address.`,
    },
    {
        code: "GIT_AUTH_FAILED",
        pattern: /returned error: 403|Access denied|access rights.*denied|You are not allowed|not authorized/i,
        say: (context) => `${where(context)} knows the credentials but does not let them read ${context.url.path}. Give them read access.`,
    },
    {
        code: "GIT_FAILED",
        pattern: /returned error: (30[1278])/,
        say: (context) => `${where(context)} says that the repository has moved. Open it in a browser and enter the address it has now.`,
    },
    {
        code: "GIT_REPOSITORY_MISSING",
        pattern: /repository '[^']*' not found|Repository not found|does not appear to be a git repository|returned error: 404|project you were looking for could not be found|No such repository|Could not find repository|not found: did you run git update-server-info/i,
        say: (context) => `There is no repository ${repository(context)}, or the credentials may not see it. Check the address and the access.`,
    },
    {
        code: "GIT_UNREACHABLE",
        pattern: /returned error: (5\d\d|429)/,
        say: (context, match) => `${where(context)} answers with error ${match[1] ?? ""}. Try again later; if it stays, look at the Git server.`,
    },
    {
        code: "GIT_UNREACHABLE",
        pattern: /RPC failed|unexpected disconnect|early EOF|Connection (?:reset|closed|to .* closed)|remote end hung up|bad pack header|Empty reply from server|kex_exchange_identification|unexpected eof/i,
        say: (context) => `The connection to ${where(context)} broke off. Try again; if it stays, look at the Git server.`,
    },
    {
        code: "DISK_FULL",
        pattern: /No space left on device|Disk quota exceeded/,
        say: () => "The disk is full. Free some space and try again; the running stack was not changed.",
    },
    {
        code: "GIT_FAILED",
        pattern: /fsck error[^\n]*|error: object [^\n]*/,
        say: (context, match) => `${repository(context)} holds an object that is not safe to take over (${match[0]}). Repair the history, or ask who made it.`,
    },
    {
        code: "GIT_FAILED",
        pattern: /transport '([^']*)' not allowed/,
        say: (_context, match) => `Git was led to the transport ${match[1] ?? ""}, which is not allowed. Use an https or ssh address.`,
    },
    {
        code: "GIT_REPOSITORY_MISSING",
        pattern: /Could not read from remote repository/,
        say: (context) => `There is no repository ${repository(context)}, or the credentials may not see it. Check the address and the access.`,
    },
];

/** Turns what git printed into an error that says what to do; what no rule knows becomes GIT_FAILED with git's last useful line. */
export function classifyFailure(stderr: string, context: FailureContext): DeployError {
    for (const rule of RULES) {
        const match = rule.pattern.exec(stderr);
        if (match !== null) {
            return new DeployError(rule.code, rule.say(context, match), { cause: new Error(stderr.trim()), details: { host: context.url.host, port: context.url.port } });
        }
    }
    return new DeployError("GIT_FAILED", `Git failed for ${repository(context)}: ${lastUsefulLine(stderr)}`, { cause: new Error(stderr.trim()) });
}

/** True when a server hands out tips only: the commit may be there, below a branch. */
export function isShaRefused(stderr: string): boolean {
    return /unadvertised object|does not allow request for|want [0-9a-f]{40,64} not valid|no such remote ref/i.test(stderr);
}

/** True when a server that would hand out any commit does not have this one (or nothing leads to it). */
export function isShaUnknown(stderr: string): boolean {
    return /not our ref/.test(stderr);
}

/** True when the branch or tag that was asked for by its name is not there. */
export function isRefMissing(stderr: string): boolean {
    return /couldn't find remote ref/.test(stderr);
}

export function isRedirected(stderr: string): boolean {
    return /returned error: 30[1278]/.test(stderr);
}

/** Fingerprint of the key that a changed host showed. */
export function shownFingerprint(stderr: string): string | null {
    return /SHA256:[A-Za-z0-9+/]{43}/.exec(stderr)?.[0] ?? null;
}

export function lastUsefulLine(stderr: string): string {
    const lines = stderr
        .split(/[\r\n]+/)
        .map((line) => line.replace(/^(?:fatal|error|remote):\s*/, "").trim())
        .filter((line) => line !== "" && !/^(?:Please make sure|and the repository exists|hint:)/.test(line));
    return lines.at(-1)?.slice(0, 300) ?? "it gave no reason.";
}
