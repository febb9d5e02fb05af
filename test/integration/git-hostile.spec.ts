import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GitCli } from "../../backend/adapters/git/git-cli.ts";
import type { RemoteAccess } from "../../backend/domain/ports.ts";
import { startGitHttpServer, type GitHttpServer } from "../fixtures/git-http-server.ts";
import { makeRepositories, type TestRepositories, type TestRepository } from "../fixtures/git-repository.ts";

/** Rule R3: small repositories that unfold to more than anybody can take. */

const EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

let repositories: TestRepositories;
let server: GitHttpServer;
let directory: string;
let git: GitCli;

beforeAll(async () => {
    repositories = await makeRepositories();
    server = await startGitHttpServer({ root: repositories.root });
    directory = mkdtempSync(path.join(os.tmpdir(), "git-hostile-"));
    git = new GitCli({
        mirrorsDirectory: path.join(directory, "mirrors"),
        scratchDirectory: path.join(directory, "scratch"),
        knownHosts: { path: "/dev/null", isKnown: async () => false, scan: async () => [], confirm: async () => undefined },
        searchPath: process.env["PATH"] ?? "",
        insecureHttpHosts: [`127.0.0.1:${server.port}`],
        maxFiles: 1000,
        maxBytes: 10_000_000,
    });
});

afterAll(async () => {
    await server.close();
    await repositories.close();
    rmSync(directory, { recursive: true, force: true });
});

function access(repository: TestRepository): RemoteAccess {
    return { id: repository.name, url: server.urlOf(repository.name), authType: "none", credentials: { username: null, token: null, privateKey: null, passphrase: null }, provider: "generic" };
}

/** A commit whose tree names a tree ten times, which names a tree ten times, and so on. */
async function treeBomb(repository: TestRepository, innermost: string, levels = 9): Promise<string> {
    let tree = innermost;
    for (let level = 0; level < levels; level += 1) {
        const lines = Array.from({ length: 10 }, (_, index) => `040000 tree ${tree}\td${index}\n`).join("");
        tree = (await repository.git({ input: Buffer.from(lines) }, "mktree")).trim();
    }
    const sha = (await repository.git("commit-tree", "-m", "small", tree)).trim();
    await repository.branch("main", sha);
    return sha;
}

async function checkOut(repository: TestRepository, sha: string): Promise<unknown> {
    const target = path.join(directory, `out-${repository.name}`);
    mkdirSync(target);
    await git.fetch(access(repository), { ref: null, commitSha: sha });
    return await git.checkout(access(repository), sha, target, { hasSubmodules: false, hasLfs: false });
}

describe("R3: a repository of a few kilobytes", () => {
    it("with a billion files is refused as soon as it is too long", async () => {
        const repository = await repositories.create("bomb");
        const blob = (await repository.git({ input: Buffer.from("x") }, "hash-object", "-w", "--stdin")).trim();
        const leaf = (await repository.git({ input: Buffer.from(`100644 blob ${blob}\tf\n`) }, "mktree")).trim();
        const sha = await treeBomb(repository, leaf);
        await expect(checkOut(repository, sha)).rejects.toMatchObject({ code: "CHECKOUT_TOO_LARGE" });
        const before = await repository.commit({ a: "1" }, { branch: "other", parent: null });
        await git.fetch(access(repository), { ref: null, commitSha: before });
        await expect(git.changedPaths(access(repository), before, sha)).rejects.toMatchObject({ code: "CHECKOUT_TOO_LARGE" });
    });

    it("with a billion empty folders is refused as well", async () => {
        const repository = await repositories.create("hollow");
        await repository.git("hash-object", "-w", "-t", "tree", "/dev/null");
        const sha = await treeBomb(repository, EMPTY_TREE);
        await expect(checkOut(repository, sha)).rejects.toMatchObject({ code: "CHECKOUT_TOO_LARGE" });
    });
});

it("R3: a commit's message and author are cut where nobody reads on", async () => {
    const repository = await repositories.create("wordy");
    const sha = await repository.commit({ a: "1" }, { message: "m".repeat(1_000_000) });
    const commit = await git.fetch(access(repository), { ref: null, commitSha: sha });
    expect(commit.message.length).toBeLessThanOrEqual(8192);
});

it("R2: a branch with the name of something that every object has is an ordinary branch", async () => {
    const repository = await repositories.create("names");
    const sha = await repository.commit({ a: "1" });
    const { branches } = await git.listRefs(access(repository));
    expect(branches["constructor"]).toBeUndefined();
    await repository.branch("__proto__", sha);
    expect(Object.keys((await git.listRefs(access(repository))).branches)).toContain("__proto__");
});

it("R1, R3: names of files that a shell, an option parser or a terminal would act upon are names of files", async () => {
    const repository = await repositories.create("file-names");
    const marker = path.join(directory, "pwned");
    const names = [`$(touch ${path.basename(marker)})`, "`id`", "-rf", "--upload-pack=x", "a;b", "a|b", "a\\b", "tab\there", "x\u001b[31m", " leading", "ünï"];
    const blob = (await repository.git({ input: Buffer.from("x") }, "hash-object", "-w", "--stdin")).trim();
    const listed = Buffer.from(names.map((name) => `100644 blob ${blob}\t${name}\0`).join(""));
    const tree = (await repository.git({ input: listed }, "mktree", "-z")).trim();
    const sha = (await repository.git("commit-tree", "-m", "names", tree)).trim();
    await repository.branch("main", sha);
    await checkOut(repository, sha);
    expect(readdirSync(path.join(directory, `out-${repository.name}`)).sort()).toEqual([...names].sort());
    expect(existsSync(marker)).toBe(false);
});
