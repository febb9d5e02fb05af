import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { GitCli } from "../../backend/adapters/git/git-cli.ts";
import type { RemoteAccess } from "../../backend/domain/ports.ts";
import { Secret } from "../../backend/domain/secret.ts";
import { startGitHttpServer, type GitHttpServer } from "../fixtures/git-http-server.ts";
import { makeRepositories, type TestRepositories, type TestRepository } from "../fixtures/git-repository.ts";

let repositories: TestRepositories;
let server: GitHttpServer;
let other: GitHttpServer;
let directory: string;
let git: GitCli;
let app: TestRepository;
let lib: TestRepository;
let count = 0;

beforeAll(async () => {
    repositories = await makeRepositories();
    server = await startGitHttpServer({ root: repositories.root, token: "own-token" });
    other = await startGitHttpServer({ root: repositories.root });
});
afterAll(async () => {
    await server.close();
    await other.close();
    await repositories.close();
});
beforeEach(async () => {
    directory = mkdtempSync(path.join(os.tmpdir(), "git-sub-"));
    count += 1;
    app = await repositories.create(`group/app-${count}`);
    lib = await repositories.create(`group/lib-${count}`);
    server.requests.length = 0;
    other.requests.length = 0;
    other.token = null;
    git = new GitCli({
        mirrorsDirectory: path.join(directory, "mirrors"),
        scratchDirectory: path.join(directory, "scratch"),
        knownHosts: { path: "/dev/null", isKnown: async () => false, scan: async () => [], confirm: async () => undefined },
        searchPath: process.env["PATH"] ?? "",
        insecureHttpHosts: ["127.0.0.1"],
        maxFiles: 100,
        maxBytes: 1_000_000,
    });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const access = (): RemoteAccess => ({
    id: "repo-1",
    url: server.urlOf(app.name),
    authType: "http_token",
    credentials: { username: null, token: new Secret("own-token"), privateKey: null, passphrase: null },
    provider: "generic",
});

const gitmodules = (url: string) => `[submodule "lib"]\n\tpath = vendor/lib\n\turl = ${url}\n\tbranch = main\n`;

async function checkout(files: Parameters<TestRepository["commit"]>[0], hasSubmodules = true): Promise<{ target: string; treeId: string }> {
    const sha = await app.commit(files);
    await git.fetch(access(), { ref: { type: "branch", name: "main" }, commitSha: sha });
    const target = path.join(directory, `out-${(count += 1)}`);
    await mkdir(target);
    return { target, ...(await git.checkout(access(), sha, target, { hasSubmodules, hasLfs: false })) };
}

it.each(["../lib-NAME.git", "URL/group/lib-NAME.git", "ssh://git@127.0.0.1/group/lib-NAME.git"])("gives a submodule on the same host the credentials: %s", async (pattern) => {
    const url = pattern.replace("NAME", lib.name.split("-")[1] ?? "").replace("URL", server.url);
    const pinned = await lib.commit({ "l.txt": "lib 1", "run": { executable: "#!" }, "up": { symlink: "../../main.txt" } });
    await lib.commit({ "l.txt": "lib 2" });
    const { target, treeId } = await checkout({ "main.txt": "m", ".gitmodules": gitmodules(url), "vendor/lib": { submodule: pinned } });
    expect(readFileSync(path.join(target, "vendor/lib/l.txt"), "utf8")).toBe("lib 1");
    expect((await git.listTree("repo-1", treeId)).map(({ path: name, mode }) => `${mode} ${name}`)).toEqual([
        "100644 .gitmodules",
        "100644 main.txt",
        "100644 vendor/lib/l.txt",
        "100755 vendor/lib/run",
        "120000 vendor/lib/up",
    ]);
    server.behaviour = "error-500";
    const again = path.join(directory, "again");
    await mkdir(again);
    await git.exportTree("repo-1", treeId, again);
    expect(readFileSync(path.join(again, "vendor/lib/up"), "utf8")).toBe("m");
    server.behaviour = "normal";
});

it("gives a submodule on another host no credentials, not even when it asks", async () => {
    const pinned = await lib.commit({ "l.txt": "lib" });
    const files = { ".gitmodules": gitmodules(other.urlOf(lib.name)), "vendor/lib": { submodule: pinned } };
    const { target } = await checkout(files);
    expect(readFileSync(path.join(target, "vendor/lib/l.txt"), "utf8")).toBe("lib");
    rmSync(path.join(directory, "mirrors/repo-1.modules"), { recursive: true });
    other.token = "its-own";
    await expect(checkout({ "x": "1" })).rejects.toMatchObject({ code: "GIT_AUTH_FAILED", message: expect.stringContaining("Submodule vendor/lib") });
    expect(other.requests.length).toBeGreaterThan(0);
    expect(other.requests.filter((request) => request.credentials !== null)).toEqual([]);
});

it.each(["ext::sh -c id", "/etc", "file:///etc", "--upload-pack=x", "-u", "https://169.254.169.254/x", "../../../../../x", "http://user:pw@127.0.0.1/x"])("refuses the submodule address %j", async (url) => {
    const pinned = await lib.commit({ "l.txt": "lib" });
    // Git itself refuses some of these when it checks the objects that it fetches.
    await expect(checkout({ ".gitmodules": gitmodules(url), "vendor/lib": { submodule: pinned } })).rejects.toMatchObject({ code: expect.stringMatching(/^GIT_(URL_INVALID|FAILED)$/) });
});

it("refuses a link that leaves only together with the submodule", async () => {
    const pinned = await lib.commit({ "up": { symlink: "../.." }, "l.txt": "x" });
    await expect(checkout({ ".gitmodules": gitmodules(`../${path.basename(lib.name)}.git`), "vendor/lib": { submodule: pinned }, "bad": { symlink: "vendor/lib/up/../x" } })).rejects.toMatchObject({
        code: "SYMLINK_REFUSED",
    });
});

it("leaves submodules alone when they are not asked for, and those that nobody says where from", async () => {
    const pinned = await lib.commit({ "l.txt": "lib" });
    const { target } = await checkout({ a: "1", ".gitmodules": gitmodules("../nope.git"), "vendor/lib": { submodule: pinned } }, false);
    expect(readFileSync(path.join(target, "a"), "utf8")).toBe("1");
    await checkout({ ".gitmodules": null });
});
