import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { ASK_PASS_SCRIPT, remoteEnvironment, sshCommand, usernameFor } from "../../../../backend/adapters/git/git-environment.ts";
import { parseGitUrl } from "../../../../backend/domain/git-url.ts";
import { Secret } from "../../../../backend/domain/secret.ts";

const files = { directory: "/s/call-1", askPass: "/s/call-1/askpass", knownHosts: "/d/known_hosts", privateKey: null };
const environment = (href: string, username: string | null) =>
    remoteEnvironment({
        url: parseGitUrl(href, { insecureHttpHosts: ["git.lan"] }),
        login: username === null ? null : { username, token: new Secret("t0ken$(id)'\"") },
        files,
        searchPath: "/bin:/usr/bin",
    });

/** What the script answers to a prompt, or null when it refuses. */
function answer(prompt: string, env: Record<string, string>): string | null {
    const result = spawnSync("sh", ["-c", ASK_PASS_SCRIPT, "askpass", prompt], { env, encoding: "utf8" });
    return result.status === 0 ? result.stdout : null;
}

describe("the environment", () => {
    it("has nothing of the server's own, and no way but https and ssh", () => {
        expect(environment("https://git.lan/o/r", null)).toMatchObject({
            PATH: "/bin:/usr/bin",
            HOME: "/s/call-1",
            LC_ALL: "C",
            GIT_ALLOW_PROTOCOL: "https:ssh",
            GIT_CONFIG_NOSYSTEM: "1",
            GIT_CONFIG_GLOBAL: "/dev/null",
            GIT_TERMINAL_PROMPT: "0",
            GIT_PROTOCOL_FROM_USER: "0",
            GIT_LFS_SKIP_SMUDGE: "1",
        });
        expect(environment("https://git.lan/o/r", null)).not.toHaveProperty("GIT_ASKPASS");
        expect(environment("http://git.lan/o/r", null)["GIT_ALLOW_PROTOCOL"]).toBe("http:https:ssh");
    });
});

describe("the askpass script", () => {
    const env = environment("https://git.lan:8443/o/r", "gitlab+deploy-token-1");

    it.each([
        ["Username for 'https://git.lan:8443': ", "gitlab+deploy-token-1\n"],
        ["Password for 'https://gitlab+deploy-token-1@git.lan:8443': ", "t0ken$(id)'\"\n"],
        ["Password for 'https://gitlab%2Bdeploy-token-1@git.lan:8443': ", "t0ken$(id)'\"\n"],
    ])("answers %s", (prompt, expected) => {
        expect(answer(prompt, env)).toBe(expected);
    });

    it.each([
        "Username for 'https://git.lan': ",
        "Username for 'http://git.lan:8443': ",
        "Username for 'https://git.lan:84433': ",
        "Username for 'https://git.lan:8443.evil.example': ",
        "Password for 'https://git.lan:8443': ",
        "Password for 'https://gitlab+deploy-token-1@evil.example': ",
        "Password for 'https://evil.example/gitlab+deploy-token-1@git.lan:8443': ",
        "Enter passphrase for key: ",
        "",
    ])("is silent at %j", (prompt) => {
        expect(answer(prompt, env)).toBeNull();
    });
});

describe("the ssh command", () => {
    it("trusts only our file and our key", () => {
        const command = sshCommand({ knownHosts: "/d/known_hosts", privateKey: "/s/call-1/key" });
        for (const option of ["BatchMode=yes", "IdentitiesOnly=yes", "GlobalKnownHostsFile=/dev/null", "StrictHostKeyChecking=yes", "ForwardAgent=no", "ProxyCommand=none", "ConnectTimeout=15", "IdentityAgent=none"]) {
            expect(command).toContain(`-o ${option}`);
        }
        expect(command).toMatch(/^ssh -F \/dev\/null /);
        expect(command).toContain(`-o 'IdentityFile="/s/call-1/key"'`);
        expect(sshCommand({ knownHosts: "/d/known_hosts", privateKey: null })).toContain("-o IdentityFile=none");
    });

    it("survives the shell in between, whatever the data folder is called", () => {
        const command = sshCommand({ knownHosts: "/a b/$(touch x)/it's/50%/known_hosts", privateKey: null });
        const words = spawnSync("sh", ["-c", `printf '%s\\n' ${command}`], { encoding: "utf8" }).stdout.split("\n");
        expect(words).toContain(`UserKnownHostsFile="/a b/$(touch x)/it's/50%%/known_hosts"`);
    });
});

it.each([
    ["github", "t", "x-access-token"],
    ["gitlab", "t", "oauth2"],
    ["bitbucket", "ATCTT3", "x-token-auth"],
    ["bitbucket", "ATATT3", "x-bitbucket-api-token-auth"],
    ["bitbucket_dc", "t", "x-token-auth"],
    ["forgejo", "t", "git"],
] as const)("user name of a %s token %s: %s", (provider, token, expected) => {
    expect(usernameFor(provider, null, new Secret(token))).toBe(expected);
    expect(usernameFor(provider, "ada", new Secret(token))).toBe("ada");
});
