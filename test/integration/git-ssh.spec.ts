import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { GitCli } from "../../backend/adapters/git/git-cli.ts";
import { sshKeyscan } from "../../backend/adapters/git/ssh-keyscan.ts";
import type { GeneratedSshKey, RemoteAccess } from "../../backend/domain/ports.ts";
import { KnownHostsFile } from "../../backend/vault/known-hosts-file.ts";
import { OpenSshKeys } from "../../backend/vault/openssh-keys.ts";
import { makeRepositories, type TestRepositories, type TestRepository } from "../fixtures/git-repository.ts";
import { hasSshd, startSshServer, type SshServer } from "../fixtures/ssh-server.ts";

const insecureHttpHosts = ["127.0.0.1"];
const searchPath = process.env["PATH"] ?? "";
const keys = new OpenSshKeys();

describe.skipIf(!hasSshd)("Git over a real sshd (needs openssh-server)", () => {
    let repositories: TestRepositories;
    let repository: TestRepository;
    let server: SshServer;
    let directory: string;
    let hosts: KnownHostsFile;
    let git: GitCli;
    let key: GeneratedSshKey;
    let head: string;

    beforeAll(async () => {
        repositories = await makeRepositories();
        repository = await repositories.create("app");
        head = await repository.commit({ a: "1" });
        server = await startSshServer();
        key = await keys.generate("ed25519", "test");
    });
    afterAll(async () => {
        await server.close();
        await repositories.close();
    });
    beforeEach(async () => {
        // A space, a quote and a percent sign, which ssh and the shell in between would trip over.
        directory = mkdtempSync(path.join(os.tmpdir(), "git ssh'%d-"));
        hosts = new KnownHostsFile({ path: path.join(directory, "known_hosts"), scan: sshKeyscan({ searchPath, insecureHttpHosts }) });
        git = new GitCli({
            mirrorsDirectory: path.join(directory, "mirrors"),
            scratchDirectory: path.join(directory, "scratch"),
            knownHosts: hosts,
            searchPath,
            insecureHttpHosts,
            maxFiles: 1000,
            maxBytes: 1_000_000,
        });
        await server.authorize(key.publicKey);
    });
    afterEach(() => rmSync(directory, { recursive: true, force: true }));

    const access = (privateKey: GeneratedSshKey["privateKey"] | null = key.privateKey): RemoteAccess => ({
        id: "repo-1",
        url: server.urlOf(repository.directory),
        authType: privateKey === null ? "none" : "ssh_key",
        credentials: { username: null, token: null, privateKey, passphrase: null },
        provider: "generic",
    });
    const main = { ref: { type: "branch" as const, name: "main" }, commitSha: null };

    it("asks a person about a new host, and goes on after the confirmation", async () => {
        const fingerprint = server.hostFingerprint();
        await expect(git.listRefs(access())).rejects.toMatchObject({
            code: "GIT_HOST_KEY_UNKNOWN",
            details: { host: "127.0.0.1", port: server.port, fingerprint, fingerprints: [{ type: "ssh-ed25519", fingerprint }] },
        });
        await hosts.confirm("127.0.0.1", server.port, fingerprint);
        expect((await git.fetch(access(), main)).sha).toBe(head);
        expect(readdirSync(path.join(directory, "scratch"))).toEqual([]);
    });

    it("stops hard when the host key changes", async () => {
        await hosts.confirm("127.0.0.1", server.port, server.hostFingerprint());
        await server.changeHostKey();
        const fingerprint = server.hostFingerprint();
        await expect(git.listRefs(access())).rejects.toMatchObject({ code: "GIT_HOST_KEY_CHANGED", details: { host: "127.0.0.1", port: server.port, fingerprint } });
        await expect(hosts.confirm("127.0.0.1", server.port, fingerprint)).rejects.toMatchObject({ code: "GIT_HOST_KEY_CHANGED" });
        await expect(git.listRefs(access())).rejects.toMatchObject({ code: "GIT_HOST_KEY_CHANGED" });
    });

    it("says what is wrong with the key, the path and the port", async () => {
        await hosts.confirm("127.0.0.1", server.port, server.hostFingerprint());
        const other = await keys.generate("ed25519", "other");
        await expect(git.listRefs(access(other.privateKey))).rejects.toMatchObject({ code: "GIT_AUTH_FAILED", message: expect.stringContaining("deploy key") });
        await expect(git.listRefs(access(null))).rejects.toMatchObject({ code: "GIT_AUTH_FAILED", message: expect.stringContaining("none is set") });
        await expect(git.listRefs({ ...access(), url: `${access().url}-nope` })).rejects.toMatchObject({ code: "GIT_REPOSITORY_MISSING" });
        await expect(git.listRefs({ ...access(), url: `ssh://git@127.0.0.1:1/x` })).rejects.toMatchObject({ code: "GIT_UNREACHABLE" });
        await expect(hosts.scan("127.0.0.1", 1)).rejects.toMatchObject({ code: "GIT_UNREACHABLE" });
    });

    it("logs in with an RSA key and finds a commit that is no tip", async () => {
        await hosts.confirm("127.0.0.1", server.port, server.hostFingerprint());
        const rsa = await keys.generate("rsa2048", "rsa");
        await server.authorize(rsa.publicKey);
        await repository.commit({ a: "2" });
        expect((await git.fetch(access(rsa.privateKey), { ...main, commitSha: head })).sha).toBe(head);
    });
});
