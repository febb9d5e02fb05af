import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { GitCli } from "../../backend/adapters/git/git-cli.ts";
import { sshKeyscan } from "../../backend/adapters/git/ssh-keyscan.ts";
import type { RemoteAccess } from "../../backend/domain/ports.ts";
import { Secret } from "../../backend/domain/secret.ts";
import { KnownHostsFile } from "../../backend/vault/known-hosts-file.ts";
import { OpenSshKeys } from "../../backend/vault/openssh-keys.ts";
import { startGitHttpServer, type GitHttpServer } from "../fixtures/git-http-server.ts";
import { makeRepositories, type TestRepositories, type TestRepository } from "../fixtures/git-repository.ts";
import { hasSshd, startSshServer } from "../fixtures/ssh-server.ts";

const TOKEN = "t0ken-that-nobody-may-see";
const searchPath = process.env["PATH"] ?? "";
let repositories: TestRepositories;
let repository: TestRepository;
let server: GitHttpServer;
let directory: string;
let git: GitCli;
let hosts: KnownHostsFile;

beforeAll(async () => {
    repositories = await makeRepositories();
    repository = await repositories.create("app");
    await repository.commit({ a: "1" });
    server = await startGitHttpServer({ root: repositories.root, token: TOKEN });
});
afterAll(async () => {
    await server.close();
    await repositories.close();
});
beforeEach(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), "git-secrecy-"));
    hosts = new KnownHostsFile({ path: path.join(directory, "known_hosts"), scan: sshKeyscan({ searchPath, insecureHttpHosts: ["127.0.0.1"] }) });
    git = new GitCli({
        mirrorsDirectory: path.join(directory, "mirrors"),
        scratchDirectory: path.join(directory, "scratch"),
        knownHosts: hosts,
        searchPath,
        insecureHttpHosts: ["127.0.0.1"],
        maxFiles: 100,
        maxBytes: 1_000_000,
    });
    server.behaviour = "normal";
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const main = { ref: { type: "branch" as const, name: "main" }, commitSha: null };
const access = (): RemoteAccess => ({
    id: "repo-1",
    url: server.urlOf("app"),
    authType: "http_token",
    credentials: { username: null, token: new Secret(TOKEN), privateKey: null, passphrase: null },
    provider: "github",
});

/** Argument lists of every process on the machine that name this test's folder or server, by process id. */
function processesOf(mark: string): Map<string, string> {
    const found = new Map<string, string>();
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name) && name !== String(process.pid))) {
        try {
            const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
            if (argv.includes(mark)) {
                found.set(pid, argv);
            }
        } catch {
            // It ended while we looked.
        }
    }
    return found;
}

function everyFile(folder: string): string[] {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name));
}

async function until(condition: () => boolean): Promise<void> {
    while (!condition()) {
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

describe("a token", () => {
    it("is in no argument list and no file while git runs, and an abort leaves no process", async () => {
        server.behaviour = "hang-pack";
        const controller = new AbortController();
        const asked = server.nextRequest("git-upload-pack");
        const running = git.fetch(access(), main, { signal: controller.signal });
        const settled = expect(running).rejects.toThrow("enough");
        await asked;
        await server.nextRequest("/git-upload-pack");
        const mark = `127.0.0.1:${server.port}`;
        const processes = processesOf(mark);
        expect([...processes.values()].some((argv) => argv.includes("remote-http"))).toBe(true);
        expect([...processes.values()].filter((argv) => argv.includes(TOKEN))).toEqual([]);
        expect(everyFile(directory).filter((file) => readFileSync(file).includes(TOKEN))).toEqual([]);
        controller.abort(new Error("enough"));
        await settled;
        await until(() => processesOf(mark).size === 0);
        expect(readdirSync(path.join(directory, "scratch"))).toEqual([]);
    });

    it("is nowhere in the mirror afterwards, nor in an error", async () => {
        await git.fetch(access(), main);
        const error: unknown = await git.fetch(access(), { ref: { type: "branch", name: "nope" }, commitSha: null }).catch((thrown: unknown) => thrown);
        expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(TOKEN);
        const files = everyFile(directory);
        expect(files.some((file) => file.endsWith("repo-1.git/config"))).toBe(true);
        expect(files.filter((file) => readFileSync(file).includes(TOKEN))).toEqual([]);
        expect(readFileSync(path.join(directory, "mirrors/repo-1.git/config"), "utf8")).not.toMatch(/remote|credential|url/);
    });
});

describe.skipIf(!hasSshd)("a key (needs openssh-server)", () => {
    it("lies in a private file only while ssh runs", async () => {
        const ssh = await startSshServer();
        const key = await new OpenSshKeys().generate("ed25519", "test");
        await ssh.authorize(key.publicKey);
        await ssh.hang(true);
        await hosts.confirm("127.0.0.1", ssh.port, ssh.hostFingerprint());
        const controller = new AbortController();
        const remote: RemoteAccess = { ...access(), url: ssh.urlOf(repository.directory), authType: "ssh_key", credentials: { username: null, token: null, privateKey: key.privateKey, passphrase: null } };
        const settled = expect(git.listRefs(remote, { signal: controller.signal })).rejects.toThrow("enough");
        const secretLine = key.privateKey.reveal().split("\n")[2] ?? "?";
        const keyFiles = () => everyFile(path.join(directory, "scratch")).filter((file) => readFileSync(file).includes(secretLine));
        await until(() => processesOf(directory).size > 0 && keyFiles().length > 0);
        const [file = ""] = keyFiles();
        expect(statSync(file).mode & 0o777).toBe(0o600);
        expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
        expect([...processesOf(directory).values()].filter((argv) => argv.includes(secretLine))).toEqual([]);
        controller.abort(new Error("enough"));
        await settled;
        await until(() => processesOf(directory).size === 0);
        expect(everyFile(path.join(directory, "scratch"))).toEqual([]);
        await ssh.close();
    });
});

it("a start removes what a killed server left", async () => {
    const { mkdirSync, writeFileSync } = await import("node:fs");
    mkdirSync(path.join(directory, "scratch/call-old"), { recursive: true });
    writeFileSync(path.join(directory, "scratch/call-old/key"), "key");
    const options = { mirrorsDirectory: path.join(directory, "mirrors"), scratchDirectory: path.join(directory, "scratch"), knownHosts: hosts, searchPath, insecureHttpHosts: [], maxFiles: 1, maxBytes: 1 };
    expect(new GitCli(options)).toBeDefined();
    expect(readdirSync(path.join(directory, "scratch"))).toEqual([]);
});
