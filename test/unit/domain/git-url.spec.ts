import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { DeployError } from "../../../backend/domain/errors.ts";
import { guessProvider, originOf, parseGitUrl, repositoryIdentity } from "../../../backend/domain/git-url.ts";
import { classifyHost, hostRefusal } from "../../../backend/domain/host-address.ts";

const strict = { insecureHttpHosts: [] };
const vectorFile = path.resolve(import.meta.dirname, "../../../../shared/payloads/git-urls.json");
interface Vectors {
    accept: { url: string; scheme: string; host: string; port: number | null; path: string }[];
    refuse: { url: string; why: string }[];
}
const vectors = existsSync(vectorFile) ? (JSON.parse(readFileSync(vectorFile, "utf8")) as Vectors) : null;

function codeOf(run: () => unknown): string {
    try {
        run();
    } catch (error) {
        return error instanceof DeployError ? error.code : String(error);
    }
    return "no error";
}

describe.skipIf(vectors === null)("shared vectors (need ../shared/payloads/git-urls.json)", () => {
    it.each(vectors?.accept ?? [])("accepts $url", ({ url, ...parts }) => {
        expect(parseGitUrl(url, strict)).toMatchObject(parts);
    });

    it.each(vectors?.refuse ?? [])("refuses $url ($why)", ({ url }) => {
        expect(codeOf(() => parseGitUrl(url, strict))).toBe("GIT_URL_INVALID");
    });
});

describe("what git gets", () => {
    it.each([
        ["https://GitHub.com:443/o/r.git", "https://github.com/o/r.git"],
        ["https://ada@bitbucket.org/team/repo.git", "https://bitbucket.org/team/repo.git"],
        ["https://git.lan:8443/scm/prj/repo/", "https://git.lan:8443/scm/prj/repo"],
        ["ssh://host.example/srv/git/r.git", "ssh://git@host.example/srv/git/r.git"],
        ["ssh://git@host.example:22/~ada/r", "ssh://git@host.example/~ada/r"],
        ["org-12@github.com:o/r.git", "org-12@github.com:o/r.git"],
        ["git@host.example:/srv/r.git", "git@host.example:/srv/r.git"],
        ["git@host.example:2222/r.git", "git@host.example:2222/r.git"],
        ["ssh://git@[2001:DB8::1]:2222/r", "ssh://git@[2001:db8::1]:2222/r"],
        ["https://dev.example/org/My%20Project/_git/r", "https://dev.example/org/My%20Project/_git/r"],
        ["https://192.168.1.20:3000/o/r", "https://192.168.1.20:3000/o/r"],
    ])("%s becomes %s", (text, href) => {
        const url = parseGitUrl(text, strict);
        expect(url.href).toBe(href);
        expect(parseGitUrl(url.href, strict)).toEqual({ ...url, user: url.scheme === "ssh" ? url.user : null });
    });
});

describe("refused", () => {
    it.each([
        "https://ghp_0123456789@github.com/o/r",
        "https://github.com/",
        "https:///o/r",
        "https://github.com/o/../r",
        "https://github.com/o/%2e%2e/r",
        "https://github.com/o/r?x=1",
        "https://github.com/o/r#x",
        "https://github.com/o/r%0a",
        "https://github.com/o//r",
        "https://host:0/r",
        "https://host:99999/r",
        "https://0x7f.1/r",
        "ssh://git@0x7f000001/r",
        "ssh://git@2130706433/r",
        "git@localhost:r",
        "git@LOCALHOST.:r",
        "https://api.localhost/r",
        "https://[::ffff:127.0.0.1]/r",
        "https://169.254.169.254/latest",
        "https://metadata.google.internal/r",
        "https://[fe80::1]/r",
        "https://[fd00:ec2::254]/r",
        "https://[64:ff9b::a9fe:a9fe]/r",
        "https://0.0.0.0/r",
        "https://224.0.0.1/r",
        "git@host:-repo",
        "git@-host:repo",
        "git@host:a/../../b",
        "git@host:$(id)",
        "host:path",
        "C:/repo",
        "file:///etc",
        "https://a@b@c/r",
        "ext::sh%20-c@x:y",
    ])("%s", (text) => {
        expect(codeOf(() => parseGitUrl(text, strict))).toBe("GIT_URL_INVALID");
    });

    it("says what to do", () => {
        expect(() => parseGitUrl("http://git.lan/o/r", strict)).toThrow("GIT_DEPLOY_INSECURE_HTTP_HOSTS");
        expect(() => parseGitUrl("https://u:p@git.lan/o/r", strict)).toThrow("enter it as the token");
        expect(() => parseGitUrl("https://gіthub.com/o/r", strict)).toThrow("xn--gthub-n2e.com");
    });
});

describe("hosts that the operator names", () => {
    it("opens plain http at the named port only", () => {
        const policy = { insecureHttpHosts: ["127.0.0.1:3000", "git.lan"] };
        expect(parseGitUrl("http://127.0.0.1:3000/o/r.git", policy).href).toBe("http://127.0.0.1:3000/o/r.git");
        expect(parseGitUrl("http://git.lan:8080/o/r", policy).port).toBe(8080);
        expect(codeOf(() => parseGitUrl("http://127.0.0.1:3001/o/r", policy))).toBe("GIT_URL_INVALID");
        expect(codeOf(() => parseGitUrl("http://other.lan/o/r", policy))).toBe("GIT_URL_INVALID");
    });

    it("permits this machine with every scheme and port", () => {
        const policy = { insecureHttpHosts: ["127.0.0.1:3000", "[::1]:3000"] };
        expect(parseGitUrl("ssh://git@127.0.0.1:2222/r", policy).port).toBe(2222);
        expect(parseGitUrl("https://[::1]/r", policy).host).toBe("[::1]");
        expect(codeOf(() => parseGitUrl("https://127.0.0.2/r", policy))).toBe("GIT_URL_INVALID");
    });

    it("never permits metadata addresses", () => {
        expect(codeOf(() => parseGitUrl("http://169.254.169.254/r", { insecureHttpHosts: ["169.254.169.254"] }))).toBe("GIT_URL_INVALID");
    });
});

describe("addresses", () => {
    it.each([
        ["10.1.2.3", "private"],
        ["172.31.0.1", "private"],
        ["172.32.0.1", "public"],
        ["100.64.0.1", "private"],
        ["100.100.100.200", "metadata"],
        ["fd12::1", "private"],
        ["fe80::1%eth0", "link-local"],
        ["::", "loopback"],
        ["::ffff:7f00:1", "loopback"],
        ["2002:7f00:1::", "loopback"],
        ["2606:4700::1", "public"],
        ["git.example", "name"],
        ["1.2.3.4.5", "name"],
        ["::1::", "name"],
    ])("%s is %s", (address, kind) => {
        expect(classifyHost(address)).toBe(kind);
    });

    it("keeps link-local closed even with the permission for loopback", () => {
        expect(hostRefusal("127.0.0.1", true)).toBeNull();
        expect(hostRefusal("169.254.1.1", true)).toMatch(/link-local/);
    });
});

it("knows one repository by each of its addresses", () => {
    const ways = ["https://github.com/Octo/App.git", "git@github.com:octo/app.git", "ssh://git@ssh.github.com:443/octo/app"];
    expect(new Set(ways.map(repositoryIdentity))).toEqual(new Set(["github.com/octo/app"]));
    expect(repositoryIdentity("https://bb.example/scm/PRJ/r.git")).toBe(repositoryIdentity("ssh://git@bb.example:7999/prj/r.git"));
    expect(repositoryIdentity("nonsense")).toBeNull();
});

it.each([
    ["git@github.com:o/r.git", "github"],
    ["https://gitlab.example.com/g/r", "gitlab"],
    ["https://bitbucket.org/t/r", "bitbucket"],
    ["https://code.example/scm/PRJ/r.git", "bitbucket_dc"],
    ["ssh://git@code.example:7999/prj/r", "bitbucket_dc"],
    ["https://codeberg.org/o/r", "forgejo"],
    ["https://gitea.home.lan/o/r", "gitea"],
    ["https://gogs.home.lan/o/r", "gogs"],
    ["https://git.home.lan/o/r", "generic"],
] as const)("guesses the provider of %s: %s", (url, provider) => {
    expect(guessProvider(url)).toBe(provider);
});

it("names the origin that a credential is bound to", () => {
    expect(originOf(parseGitUrl("https://git.lan:8443/o/r", strict))).toBe("https://git.lan:8443");
});
