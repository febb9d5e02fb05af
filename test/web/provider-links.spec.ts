import { describe, expect, it } from "vitest";
import { commitUrl, deployKeysUrl, isSshUrl, recognizeProvider, repositoryUrl, webhooksUrl } from "../../common/provider-links.ts";

const SHA = "9c2f1ab4d0e35a7788b1c2d3e4f5061728394a5b";

describe("provider links", () => {
    it.each([
        ["https://github.com/o/r.git", "github", false],
        ["git@github.com:o/r.git", "github", true],
        ["ssh://git@altssh.gitlab.com:443/g/p.git", "gitlab", true],
        ["https://gitlab.example.com/g/sub/p", "gitlab", false],
        ["git@bitbucket.org:team/repo.git", "bitbucket", true],
        ["ssh://git@bitbucket.example.com:7999/PRJ/repo.git", "bitbucket_dc", true],
        ["https://codeberg.org/me/app", "forgejo", false],
        ["https://git.example.com/me/app", "generic", false],
        ["not a url", "generic", false],
    ])("recognises %s", (url, provider, isSsh) => {
        expect(recognizeProvider(url)).toBe(provider);
        expect(isSshUrl(url)).toBe(isSsh);
    });

    it("finds pages on the web host, never on the ssh port or host", () => {
        expect(commitUrl("github", "ssh://git@ssh.github.com:443/o/r.git", SHA)).toBe(`https://github.com/o/r/commit/${SHA}`);
        expect(commitUrl("gitlab", "git@gitlab.com:g/sub/p.git", SHA)).toBe(`https://gitlab.com/g/sub/p/-/commit/${SHA}`);
        expect(repositoryUrl("gitea", "http://git.home.lan:3000/me/app.git")).toBe("http://git.home.lan:3000/me/app");
        expect(webhooksUrl("bitbucket_dc", "ssh://git@git.corp.example:7999/PRJ/repo.git")).toBe("https://git.corp.example/plugins/servlet/webhooks/projects/PRJ/repos/repo");
        expect(deployKeysUrl("github", "git@github.com:o/r.git")).toBe("https://github.com/o/r/settings/keys/new");
        expect(repositoryUrl("generic", "https://git.example.com/a/b")).toBeNull();
    });

    it("keeps a password in a URL out of the link, and makes none of what is no commit", () => {
        expect(repositoryUrl("github", "https://me:secret@github.com/o/r.git")).toBe("https://github.com/o/r");
        expect(commitUrl("github", "https://github.com/o/r", "javascript:alert(1)")).toBeNull();
    });
});
