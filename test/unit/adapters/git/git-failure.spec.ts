import { describe, expect, it } from "vitest";
import { classifyFailure, isShaRefused, isShaUnknown } from "../../../../backend/adapters/git/git-failure.ts";
import { parseGitUrl } from "../../../../backend/domain/git-url.ts";

const https = { url: parseGitUrl("https://git.lan/o/r.git", { insecureHttpHosts: [] }), authType: "http_token" as const, hasCredentials: true };
const ssh = { url: parseGitUrl("ssh://git@git.lan:2222/o/r.git", { insecureHttpHosts: [] }), authType: "ssh_key" as const, hasCredentials: true };

/** git 2.39 and OpenSSH 9.2 said these; providers' own words as they document or send them. */
describe("git's words become a code and a sentence", () => {
    it.each([
        ["fatal: unable to access 'https://git.lan/o/r.git/': Could not resolve host: git.lan", https, "GIT_UNREACHABLE", "cannot be resolved"],
        ["ssh: Could not resolve hostname git.lan: Name or service not known\nfatal: Could not read from remote repository.", ssh, "GIT_UNREACHABLE", "cannot be resolved"],
        ["fatal: unable to access 'https://git.lan/o/r.git/': Failed to connect to git.lan port 443 after 0 ms: Couldn't connect to server", https, "GIT_UNREACHABLE", "refuses the connection"],
        ["ssh: connect to host git.lan port 2222: Connection refused\nfatal: Could not read from remote repository.", ssh, "GIT_UNREACHABLE", "git.lan:2222 refuses"],
        ["ssh: connect to host git.lan port 2222: Connection timed out", ssh, "GIT_UNREACHABLE", "does not answer"],
        ["error: RPC failed; curl 28 Operation too slow. Less than 1 bytes/sec transferred the last 60 seconds", https, "GIT_UNREACHABLE", "does not answer"],
        ["fatal: unable to access 'https://git.lan/': server certificate verification failed. CAfile: none CRLfile: none", https, "GIT_FAILED", "TLS"],
        ["git@git.lan: Permission denied (publickey).\nfatal: Could not read from remote repository.", ssh, "GIT_AUTH_FAILED", "does not accept the deploy key"],
        ["git@git.lan: Permission denied (publickey).", { ...ssh, authType: "none" as const, hasCredentials: false }, "GIT_AUTH_FAILED", "none is set"],
        ["fatal: Authentication failed for 'https://git.lan/o/r.git/'", https, "GIT_AUTH_FAILED", "refuses the token"],
        ["remote: HTTP Basic: Access denied. The provided password or token is incorrect", https, "GIT_AUTH_FAILED", "refuses the token"],
        ["fatal: could not read Username for 'https://git.lan': terminal prompts disabled", { ...https, hasCredentials: false }, "GIT_AUTH_FAILED", "Enter a token"],
        ["remote: Repository not found.\nfatal: repository 'https://git.lan/o/r.git/' not found", https, "GIT_REPOSITORY_MISSING", "no repository"],
        ["ERROR: Repository not found.\nfatal: Could not read from remote repository.", ssh, "GIT_REPOSITORY_MISSING", "no repository"],
        ["fatal: '/o/r.git' does not appear to be a git repository", ssh, "GIT_REPOSITORY_MISSING", "no repository"],
        ["@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nHost key verification failed.", ssh, "GIT_HOST_KEY_CHANGED", "another host key"],
        ["No ED25519 host key is known for [git.lan]:2222 and you have requested strict checking.\nHost key verification failed.", ssh, "GIT_HOST_KEY_UNKNOWN", "fingerprint"],
        ["fatal: unable to access 'https://git.lan/': The requested URL returned error: 503", https, "GIT_UNREACHABLE", "503"],
        ["fatal: unable to access 'https://git.lan/': The requested URL returned error: 301", https, "GIT_FAILED", "moved"],
        ["fetch-pack: unexpected disconnect while reading sideband packet\nfatal: early EOF", https, "GIT_UNREACHABLE", "broke off"],
        ["error: object 1234: gitmodulesUrl: disallowed submodule url: -u./x\nfatal: fsck error in packed object", https, "GIT_FAILED", "not safe"],
        ["fatal: transport 'ext' not allowed", https, "GIT_FAILED", "not allowed"],
        ["fatal: write error: No space left on device", https, "DISK_FULL", "disk is full"],
        ["hint: something\nfatal: a thing that nobody foresaw\n", https, "GIT_FAILED", "a thing that nobody foresaw"],
    ] as const)("%s", (stderr, context, code, part) => {
        const error = classifyFailure(stderr, context);
        expect(error).toMatchObject({ code, message: expect.stringContaining(part), isRetryable: code === "GIT_UNREACHABLE" });
    });
});

it("knows a server that does not hand out ids", () => {
    expect(isShaRefused("error: Server does not allow request for unadvertised object e9d0f")).toBe(true);
    expect(isShaRefused(`fatal: remote error: want ${"a".repeat(40)} not valid`)).toBe(true);
    expect(isShaUnknown("fatal: remote error: upload-pack: not our ref e9d0f")).toBe(true);
    expect(isShaRefused("fatal: Authentication failed")).toBe(false);
});
