import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { GitCli } from "../../backend/adapters/git/git-cli.ts";
import type { RemoteAccess } from "../../backend/domain/ports.ts";
import { Secret } from "../../backend/domain/secret.ts";
import { startGitHttpServer, type GitHttpServer } from "../fixtures/git-http-server.ts";
import { makeRepositories, type TestRepositories, type TestRepository } from "../fixtures/git-repository.ts";

const TOKEN = "s3cr3t-t0ken-value";
let repositories: TestRepositories;
let server: GitHttpServer;
let directory: string;
let git: GitCli;
let count = 0;
let repository: TestRepository;

const noHosts = { path: "/dev/null", isKnown: async () => false, scan: async () => [], confirm: async () => undefined };

function makeGit(limits: { maxFiles?: number; maxBytes?: number } = {}): GitCli {
    return new GitCli({
        mirrorsDirectory: path.join(directory, "mirrors"),
        scratchDirectory: path.join(directory, "scratch"),
        knownHosts: noHosts,
        searchPath: process.env["PATH"] ?? "",
        insecureHttpHosts: [`127.0.0.1:${server.port}`],
        maxFiles: 1000,
        maxBytes: 10_000_000,
        stallTimeoutSeconds: 5,
        ...limits,
    });
}

function access(options: { token?: string | null; url?: string; id?: string } = {}): RemoteAccess {
    const token = options.token === undefined ? TOKEN : options.token;
    return {
        id: options.id ?? "repo-1",
        url: options.url ?? server.urlOf(repository.name),
        authType: token === null ? "none" : "http_token",
        credentials: { username: null, token: token === null ? null : new Secret(token), privateKey: null, passphrase: null },
        provider: "gitea",
    };
}

async function emptyDirectory(): Promise<string> {
    count += 1;
    const target = path.join(directory, `out-${count}`);
    await mkdir(target);
    return target;
}

/** Files below a folder, relative. */
function filesIn(folder: string): string[] {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
        .sort();
}

const branch = (name: string) => ({ type: "branch" as const, name });

beforeAll(async () => {
    repositories = await makeRepositories();
    server = await startGitHttpServer({ root: repositories.root, token: TOKEN });
});
afterAll(async () => {
    await server.close();
    await repositories.close();
});
beforeEach(async () => {
    directory = mkdtempSync(path.join(os.tmpdir(), "git-cli-"));
    server.behaviour = "normal";
    server.speaksOldProtocol = false;
    server.token = TOKEN;
    server.requests.length = 0;
    count += 1;
    repository = await repositories.create(`app-${count}`);
    git = makeGit();
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("listing", () => {
    it("names branches, tags by their commits, and the default branch", async () => {
        const first = await repository.commit({ a: "1" });
        const second = await repository.commit({ a: "2" }, { branch: "feature/#12", parent: first });
        await repository.tag("v1", first, { isAnnotated: true });
        await repository.tag("light", second);
        expect(await git.listRefs(access())).toEqual({ defaultBranch: "main", branches: { main: first, "feature/#12": second }, tags: { v1: first, light: second } });
    });

    it("sends the provider's user name with the token", async () => {
        await repository.commit({ a: "1" });
        await git.listRefs({ ...access(), provider: "gitlab" });
        expect(server.requests.at(-1)?.credentials).toEqual({ username: "oauth2", password: TOKEN });
        await git.listRefs({ ...access(), credentials: { ...access().credentials, username: "gitlab+deploy-token-1" } });
        expect(server.requests.at(-1)?.credentials).toEqual({ username: "gitlab+deploy-token-1", password: TOKEN });
    });
});

describe("exact reasons", () => {
    it.each([
        ["a wrong token", () => access({ token: "wrong" }), { code: "GIT_AUTH_FAILED", message: expect.stringContaining("refuses the token") }],
        ["no token", () => access({ token: null }), { code: "GIT_AUTH_FAILED", message: expect.stringContaining("Enter a token") }],
        ["a repository that is not there", () => access({ url: `${server.url}/nope.git` }), { code: "GIT_REPOSITORY_MISSING" }],
        ["a name that does not resolve", () => access({ url: "https://nowhere.invalid/o/r" }), { code: "GIT_UNREACHABLE", message: expect.stringContaining("cannot be resolved") }],
        ["a closed port", () => access({ url: "https://127.0.0.1:1/o/r" }), { code: "GIT_UNREACHABLE", message: expect.stringContaining("refuses the connection"), isRetryable: true }],
        ["https where http is spoken", () => access({ url: `https://127.0.0.1:${server.port}/o/r` }), { code: "GIT_FAILED", message: expect.stringContaining("TLS") }],
        ["plain http that nobody allowed", () => access({ url: "http://127.0.0.2/o/r" }), { code: "GIT_URL_INVALID" }],
        ["an empty repository", () => access(), { code: "GIT_REPOSITORY_EMPTY" }],
    ])("%s", async (_name, remote, expected) => {
        await expect(git.listRefs(remote())).rejects.toMatchObject(expected);
    });

    it.each([
        ["error-500", { code: "GIT_UNREACHABLE", message: expect.stringContaining("500") }],
        ["forbidden", { code: "GIT_AUTH_FAILED", message: expect.stringContaining("read access") }],
    ] as const)("a server in state %s", async (behaviour, expected) => {
        server.behaviour = behaviour;
        await expect(git.listRefs(access())).rejects.toMatchObject(expected);
    });

    it("a redirect, which is not followed and gets no credentials", async () => {
        const other = await startGitHttpServer({ root: repositories.root, token: "another" });
        server.behaviour = "redirect";
        server.redirectTo = other.url;
        await expect(git.listRefs(access())).rejects.toMatchObject({ code: "GIT_FAILED", message: expect.stringContaining("moved") });
        expect(other.requests).toEqual([]);
        await other.close();
    });

    it("a transfer that breaks off or stands still", async () => {
        await repository.commit({ a: "x".repeat(50_000) });
        server.behaviour = "cut-pack";
        await expect(git.fetch(access(), { ref: branch("main"), commitSha: null })).rejects.toMatchObject({ code: "GIT_UNREACHABLE" });
        server.behaviour = "hang-pack";
        await expect(git.fetch(access(), { ref: branch("main"), commitSha: null })).rejects.toMatchObject({ code: "GIT_UNREACHABLE", message: expect.stringContaining("does not answer") });
        server.behaviour = "normal";
        expect((await git.fetch(access(), { ref: branch("main"), commitSha: null })).message).toBe("Commit 1");
    });
});

describe("fetching", () => {
    it("brings the head, shallow, and tells who made it", async () => {
        const shas = await repository.commits(5);
        const commit = await git.fetch(access(), { ref: branch("main"), commitSha: null });
        expect(commit).toMatchObject({ sha: shas[4], message: "Commit 5", author: "Ada Example" });
        expect(await git.log("repo-1", shas[3] ?? "", commit.sha, 10)).toEqual([]);
    });

    it("brings a push into a mirror that has its history over one connection, and knows that it is the head", async () => {
        await repository.commit({ a: "1" });
        await git.fetch(access(), { ref: branch("main"), commitSha: null });
        const pushed = await repository.commit({ a: "2" });
        server.requests.length = 0;
        expect(await git.fetch(access(), { ref: branch("main"), commitSha: pushed })).toMatchObject({ sha: pushed, isHead: true });
        expect(server.requests.filter(({ path: asked }) => asked.includes("/info/refs")).length).toBeLessThanOrEqual(2);
        const newer = await repository.commit({ a: "3" });
        expect(await git.fetch(access(), { ref: branch("main"), commitSha: pushed })).toMatchObject({ sha: pushed, isHead: false });
        await repository.branch("other", newer);
        expect(await git.fetch(access(), { ref: branch("other"), commitSha: newer })).toMatchObject({ sha: newer, isHead: true });
    });

    it.each([false, true])("into a mirror that has history finds old commits, and misses what is gone (server speaks v0: %s)", async (isOld) => {
        server.speaksOldProtocol = isOld;
        await repository.allowShaWants(!isOld);
        const shas = await repository.commits(60);
        await git.fetch(access(), { ref: branch("main"), commitSha: null });
        expect(await git.fetch(access(), { ref: branch("main"), commitSha: shas[2] ?? "" })).toMatchObject({ sha: shas[2], isHead: false });
        await repository.commit({ a: "rewritten" }, { parent: shas[57] ?? null });
        await expect(git.fetch(access(), { ref: branch("main"), commitSha: shas[59] ?? "" })).rejects.toMatchObject({ code: "COMMIT_GONE" });
        await expect(git.fetch(access(), { ref: branch("main"), commitSha: "1".repeat(40) })).rejects.toMatchObject({ code: "COMMIT_GONE" });
        await expect(git.fetch(access(), { ref: branch("nope"), commitSha: shas[59] ?? "" })).rejects.toMatchObject({ code: "GIT_REF_MISSING" });
        server.behaviour = "forbidden";
        server.requests.length = 0;
        await expect(git.fetch(access(), { ref: branch("main"), commitSha: shas[58] ?? "" })).rejects.toMatchObject({ code: "GIT_AUTH_FAILED" });
    });

    it("brings exactly the asked commit while the branch has moved on", async () => {
        const shas = await repository.commits(60);
        expect((await git.fetch(access(), { ref: branch("main"), commitSha: shas[2] ?? "" })).sha).toBe(shas[2]);
    });

    it.each([false, true])("ends with COMMIT_GONE after a force push (server speaks v0: %s)", async (isOld) => {
        server.speaksOldProtocol = isOld;
        await repository.allowShaWants(!isOld);
        const [first, second] = await repository.commits(2);
        await repository.commit({ a: "rewritten" }, { parent: first ?? null });
        await expect(git.fetch(access(), { ref: branch("main"), commitSha: second ?? "" })).rejects.toMatchObject({ code: "COMMIT_GONE" });
        expect((await git.fetch(access(), { ref: branch("main"), commitSha: first ?? "" })).sha).toBe(first);
    });

    it("finds a commit where the server does not hand out ids", async () => {
        server.speaksOldProtocol = true;
        await repository.allowShaWants(false);
        const shas = await repository.commits(60);
        expect((await git.fetch(access(), { ref: branch("main"), commitSha: shas[0] ?? "" })).sha).toBe(shas[0]);
        expect((await git.fetch(access({ id: "repo-2" }), { ref: null, commitSha: shas[1] ?? "" })).sha).toBe(shas[1]);
        await expect(git.fetch(access(), { ref: null, commitSha: "1".repeat(40) })).rejects.toMatchObject({ code: "COMMIT_GONE" });
    });

    it("peels tags, by name and by the id of the tag object", async () => {
        const first = await repository.commit({ a: "1" });
        await repository.commit({ a: "2" });
        const tag = await repository.tag("v1", first, { isAnnotated: true });
        const ref = { type: "tag" as const, name: "v1" };
        expect((await git.fetch(access(), { ref, commitSha: null })).sha).toBe(first);
        expect((await git.fetch(access({ id: "repo-2" }), { ref, commitSha: tag })).sha).toBe(first);
        expect((await git.fetch(access({ id: "repo-3" }), { ref: null, commitSha: tag })).sha).toBe(first);
        await repository.tag("v1", (await repository.find("refs/heads/main")) ?? "", { isAnnotated: true });
        await expect(git.fetch(access(), { ref, commitSha: first })).rejects.toMatchObject({ code: "COMMIT_GONE" });
    });

    it("says which branches there are when the asked one is missing", async () => {
        await repository.commit({ a: "1" });
        await expect(git.fetch(access(), { ref: branch("nope"), commitSha: null })).rejects.toMatchObject({ code: "GIT_REF_MISSING", message: expect.stringContaining("main") });
        await expect(git.fetch(access(), { ref: { type: "tag", name: "v9" }, commitSha: null })).rejects.toMatchObject({ code: "GIT_REF_MISSING" });
    });

    it.each(["--upload-pack=touch /tmp/pwn", "-x", "a..b", "a b", "x:y", "refs/../x", "@{u}"])("refuses the branch %j without asking anybody", async (name) => {
        await expect(git.fetch(access(), { ref: branch(name), commitSha: null })).rejects.toMatchObject({ code: "GIT_REF_INVALID" });
        expect(server.requests).toEqual([]);
    });

    it("gives one mirror to one fetch at a time, and brings along what came since the last", async () => {
        const shas = await repository.commits(4);
        await Promise.all([1, 2, 3].map(async () => await git.fetch(access(), { ref: branch("main"), commitSha: null })));
        const next = await repository.commit({ "moved/counter.txt": "3\n", "counter.txt": null });
        await git.fetch(access(), { ref: branch("main"), commitSha: next });
        expect(await git.changedPaths(access(), shas[3] ?? "", next)).toEqual(["counter.txt", "moved/counter.txt"]);
        expect((await git.log("repo-1", shas[2] ?? "", next, 10)).map((commit) => commit.message)).toEqual(["Commit 5", "Commit 4"]);
    });

    it("fetches the older of two commits for a comparison, and says null when it is gone", async () => {
        const old = await repository.commit({ a: "1", b: "1" });
        const next = await repository.commit({ b: "2" });
        await git.fetch(access(), { ref: branch("main"), commitSha: next });
        expect(await git.changedPaths(access(), old, next)).toEqual(["b"]);
        expect(await git.changedPaths(access(), "1".repeat(40), next)).toBeNull();
    });

    it("reads an address without .git that the server redirects to the one with it, as GitLab does", async () => {
        const sha = await repository.commit({ a: "1" });
        server.behaviour = "redirect-to-dot-git";
        const remote = access({ url: server.urlOf(repository.name).replace(/\.git$/, "") });
        expect((await git.fetch(remote, { ref: branch("main"), commitSha: null })).sha).toBe(sha);
        expect((await git.fetch({ ...remote, id: "repo-2" }, { ref: null, commitSha: sha })).sha).toBe(sha);
    });

    it("ends a fetch that waits for another as soon as it is aborted", async () => {
        await repository.commit({ a: "1" });
        server.behaviour = "hang";
        const [first, second] = [new AbortController(), new AbortController()];
        const hanging = git.fetch(access(), { ref: branch("main"), commitSha: null }, { signal: first.signal });
        await server.nextRequest("info/refs");
        const waiting = git.fetch(access(), { ref: branch("main"), commitSha: null }, { signal: second.signal });
        second.abort(new Error("not needed any more"));
        await expect(waiting).rejects.toThrow("not needed any more");
        first.abort(new Error("enough"));
        await expect(hanging).rejects.toThrow("enough");
        server.behaviour = "normal";
        expect((await git.fetch(access(), { ref: branch("main"), commitSha: null })).message).toBe("Commit 1");
    });

    it("reads a SHA-256 repository", async () => {
        await repository.git("init", "--quiet", "--bare", "--initial-branch=main", "--object-format=sha256", `${repository.directory.replace(/\.git$/, "")}-256.git`);
        const wide = repositories.open(`${repository.name}-256`);
        const sha = await wide.commit({ a: "1" });
        expect(sha).toHaveLength(64);
        const commit = await git.fetch(access({ url: server.urlOf(wide.name) }), { ref: branch("main"), commitSha: sha });
        expect(await git.listTree("repo-1", commit.treeId)).toMatchObject([{ path: "a", size: 1 }]);
    });

    it("takes over a lock that a killed git left", async () => {
        await repository.commit({ a: "1" });
        await git.fetch(access(), { ref: branch("main"), commitSha: null });
        const { writeFileSync } = await import("node:fs");
        writeFileSync(path.join(directory, "mirrors/repo-1.git/shallow.lock"), "");
        const next = await repository.commit({ a: "2" });
        expect((await git.fetch(access(), { ref: branch("main"), commitSha: null })).sha).toBe(next);
    });
});

describe("checking out", () => {
    it("writes exactly the commit's bytes, without .git, whatever the attributes say", async () => {
        const sha = await repository.commit({
            ".gitattributes": "* text eol=crlf\n*.txt filter=evil ident export-ignore\n*.u16 working-tree-encoding=UTF-16\n",
            "a.txt": "$Id$\nline\n",
            "b.u16": "text",
            "run.sh": { executable: "#!/bin/sh\n" },
            "link": { symlink: "a.txt" },
            "deep/er/up": { symlink: "../../a.txt" },
            "ümlaut ☃": "x",
        });
        const commit = await git.fetch(access(), { ref: branch("main"), commitSha: sha });
        const target = await emptyDirectory();
        expect(await git.checkout(access(), sha, target, { hasSubmodules: true, hasLfs: true })).toEqual({ treeId: commit.treeId });
        expect(filesIn(target)).toEqual([".gitattributes", "a.txt", "b.u16", "deep/er/up", "link", "run.sh", "ümlaut ☃"]);
        expect(readFileSync(path.join(target, "a.txt"), "utf8")).toBe("$Id$\nline\n");
        expect(statSync(path.join(target, "run.sh")).mode & 0o111).not.toBe(0);
        const entries = await git.listTree("repo-1", commit.treeId);
        expect(entries.find((entry) => entry.path === "run.sh")).toMatchObject({ mode: "100755", size: 10 });
        const id = await git.objectAt("repo-1", commit.treeId, "a.txt");
        expect((await git.readBlob("repo-1", id ?? "")).toString()).toBe("$Id$\nline\n");
        expect(await git.objectAt("repo-1", commit.treeId, "")).toBe(commit.treeId);
        expect(await git.objectAt("repo-1", commit.treeId, "deep/er")).toMatch(/^[0-9a-f]{40}$/);
        expect(await git.objectAt("repo-1", commit.treeId, "nope")).toBeNull();
        await expect(git.readBlob("repo-1", "1".repeat(40))).rejects.toMatchObject({ code: "NOT_FOUND" });
    });

    it("reads bytes that are no text", async () => {
        const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
        const sha = await repository.commit({ "x.bin": bytes });
        const commit = await git.fetch(access(), { ref: null, commitSha: sha });
        expect(await git.readBlob("repo-1", (await git.objectAt("repo-1", commit.treeId, "x.bin")) ?? "")).toEqual(bytes);
    });

    it.each([
        ["absolute", { bad: { symlink: "/etc/passwd" } }],
        ["climbing", { "d/bad": { symlink: "../../etc" } }],
        ["climbing through another link", { "a/b/in": { symlink: "../.." }, "a/b/bad": { symlink: "in/../x" } }],
    ])("refuses a symlink that leaves: %s", async (_name, files) => {
        const sha = await repository.commit(files);
        await git.fetch(access(), { ref: branch("main"), commitSha: sha });
        await expect(git.checkout(access(), sha, await emptyDirectory(), { hasSubmodules: false, hasLfs: false })).rejects.toMatchObject({
            code: "SYMLINK_REFUSED",
            message: expect.stringContaining("bad"),
        });
    });

    it("refuses what is too large", async () => {
        const sha = await repository.commit({ a: "1", b: "x".repeat(2000) });
        await git.fetch(access(), { ref: branch("main"), commitSha: sha });
        for (const limits of [{ maxFiles: 1 }, { maxBytes: 1000 }]) {
            const target = await emptyDirectory();
            await expect(makeGit(limits).checkout(access(), sha, target, { hasSubmodules: false, hasLfs: false })).rejects.toMatchObject({ code: "CHECKOUT_TOO_LARGE" });
            expect(filesIn(target)).toEqual([]);
        }
    });

    it("keeps a release's tree and writes it again without the network", async () => {
        const sha = await repository.commit({ a: "1", "s/b": { executable: "2" } });
        const { treeId } = await git.fetch(access(), { ref: branch("main"), commitSha: sha });
        await git.keepRelease("repo-1", "release-1", sha, treeId);
        server.behaviour = "error-500";
        const target = await emptyDirectory();
        await git.exportTree("repo-1", treeId, target);
        expect(filesIn(target)).toEqual(["a", "s/b"]);
        await git.dropRelease("repo-1", "release-1");
        expect(await git.prune()).toBe(0);
        await git.remove("repo-1");
        expect(existsSync(path.join(directory, "mirrors/repo-1.git"))).toBe(false);
        await expect(git.exportTree("repo-1", treeId, target)).rejects.toMatchObject({ code: "NOT_FOUND" });
    });

    it("knows what a folder and a file of a tree are, whether it has listed the tree before or not", async () => {
        const sha = await repository.commit({ a: "1", "s/b": "2", "s/t/c": "3" });
        const { treeId } = await git.fetch(access(), { ref: branch("main"), commitSha: sha });
        const asked = ["", ".", "a", "./s", "s/", "s/t", "s/t/c", "none", "s/none", "s/../a"];
        const ids = async () => await Promise.all(asked.map((each) => git.objectAt("repo-1", treeId, each)));
        const unlisted = await ids();
        expect(unlisted.map((id) => id !== null)).toEqual([true, true, true, true, true, true, true, false, false, false]);
        expect((await git.listTree("repo-1", treeId)).map(({ path: name }) => name)).toEqual(["a", "s/b", "s/t/c"]);
        expect(await ids()).toEqual(unlisted);
    });

    it("keeps the last 50 commits that were fetched, and of older ones those of releases", async () => {
        const shas: string[] = [];
        for (let n = 0; n < 52; n += 1) {
            shas.push(await repository.commit({ a: String(n) }));
            await git.fetch(access(), { ref: null, commitSha: shas[n] ?? "" });
        }
        expect(await git.prune()).toBe(2);
        expect(await git.prune()).toBe(0);
    });

    it("takes a snapshot of any folder, not through its links", async () => {
        const sha = await repository.commit({ a: "1", link: { symlink: "/etc" } }).catch(() => "");
        await git.fetch(access(), { ref: branch("main"), commitSha: sha });
        const { mkdirSync, symlinkSync, writeFileSync } = await import("node:fs");
        const source = await emptyDirectory();
        mkdirSync(path.join(source, "sub"));
        writeFileSync(path.join(source, "compose.yaml"), "services: {}\n");
        writeFileSync(path.join(source, "sub/run"), "#!", { mode: 0o755 });
        symlinkSync("/etc", path.join(source, "out"));
        const { treeId } = await git.snapshot("repo-1", source, ["compose.yaml", "sub/run", "missing", "out/passwd", "../escape", "sub"]);
        expect((await git.listTree("repo-1", treeId)).map(({ path: name, mode }) => [name, mode])).toEqual([
            ["compose.yaml", "100644"],
            ["sub/run", "100755"],
        ]);
    });
});

describe("LFS", () => {
    it("puts the content in place of the pointers, with the token, and keeps it for the rollback", async () => {
        const sha = await repository.commit({ ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "big.bin": { lfs: "large content" }, a: "1" });
        await git.fetch(access(), { ref: branch("main"), commitSha: sha });
        const pointer = await emptyDirectory();
        await git.checkout(access(), sha, pointer, { hasSubmodules: false, hasLfs: false });
        expect(readFileSync(path.join(pointer, "big.bin"), "utf8")).toContain("git-lfs.github.com");
        const target = await emptyDirectory();
        const { treeId } = await git.checkout(access(), sha, target, { hasSubmodules: false, hasLfs: true });
        expect(readFileSync(path.join(target, "big.bin"), "utf8")).toBe("large content");
        server.behaviour = "error-500";
        const again = await emptyDirectory();
        await git.exportTree("repo-1", treeId, again);
        expect(readFileSync(path.join(again, "big.bin"), "utf8")).toBe("large content");
        expect(readFileSync(path.join(again, "a"), "utf8")).toBe("1");
    });
});
