import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KnownHostsFile } from "../../../backend/vault/known-hosts-file.ts";
import { keysOf } from "../../../backend/vault/known-hosts-line.ts";

const ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAfuCHKVTjquxvt6CM6tdG4SLp1Btn/nOeHHE5UOzRdf";
const FINGERPRINT = "SHA256:eUXGGm1YGsMAS7vkcx6JOJdOGHPem5gQp4taiCfCLB8";
const OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIazEu89wgQZ4bqs3d63QSMzYVa0MuJ2e2gKTKqu+UUO";
const OTHER_FINGERPRINT = "SHA256:ybgmFkzwOSotHTHLJgHO0QN8L0xErw6vd0VhFA9m3SM";

let directory: string;
let file: string;
let shown: string;
const open = () => new KnownHostsFile({ path: file, scan: async () => shown });
beforeEach(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), "known-hosts-"));
    file = path.join(directory, "known_hosts");
    shown = `[git.lan]:2222 ${ED25519}\n`;
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("the shipped keys", () => {
    it.each([
        ["github.com", "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"],
        ["gitlab.com", "SHA256:eUXGGm1YGsMAS7vkcx6JOJdOGHPem5gQp4taiCfCLB8"],
        ["bitbucket.org", "SHA256:ybgmFkzwOSotHTHLJgHO0QN8L0xErw6vd0VhFA9m3SM"],
    ])("%s has the published fingerprint, as ssh-keygen reads the file", async (host, fingerprint) => {
        const hosts = open();
        expect(await hosts.isKnown(host, 22)).toBe(true);
        expect(execFileSync("ssh-keygen", ["-lF", host, "-f", file], { encoding: "utf8" })).toContain(fingerprint);
    });

    it("include the providers' doors at port 443, and no withdrawn key", async () => {
        const hosts = open();
        expect(await hosts.isKnown("ssh.github.com", 443)).toBe(true);
        expect(await hosts.isKnown("ssh.github.com", 22)).toBe(false);
        expect(readFileSync(file, "utf8")).not.toContain("AAAAB3NzaC1yc2EAAAABIwAAAQEAq2A7");
    });

    const shipped = path.resolve(import.meta.dirname, "../../../../shared/payloads/known_hosts");
    it.skipIf(!existsSync(shipped))("are those of ../shared/payloads/known_hosts", () => {
        open();
        const lines = readFileSync(shipped, "utf8").trim().split("\n");
        expect(readFileSync(file, "utf8").split("\n")).toEqual(expect.arrayContaining(lines));
    });

    it("do not come back over a person's own lines", () => {
        writeFileSync(file, `github.com ${OTHER}`);
        open();
        expect(keysOf(readFileSync(file, "utf8"), "github.com", 22).map((key) => key.fingerprint)).toEqual([OTHER_FINGERPRINT]);
        const once = readFileSync(file, "utf8");
        open();
        expect(readFileSync(file, "utf8")).toBe(once);
    });
});

describe("confirming", () => {
    it("pins the key that the person saw, and nothing else", async () => {
        shown += `[git.lan]:2222 ${OTHER}\n`;
        const hosts = open();
        expect(await hosts.isKnown("git.lan", 2222)).toBe(false);
        expect((await hosts.scan("git.lan", 2222)).map((key) => key.fingerprint)).toContain(FINGERPRINT);
        await hosts.confirm("git.lan", 2222, FINGERPRINT);
        await hosts.confirm("git.lan", 2222, FINGERPRINT);
        expect(keysOf(readFileSync(file, "utf8"), "git.lan", 2222).map((key) => key.fingerprint)).toEqual([FINGERPRINT]);
        expect(await hosts.isKnown("git.lan", 22)).toBe(false);
    });

    it("refuses a fingerprint that the host does not show", async () => {
        const hosts = open();
        await expect(hosts.confirm("git.lan", 2222, OTHER_FINGERPRINT)).rejects.toMatchObject({ code: "GIT_HOST_KEY_UNKNOWN", details: { fingerprint: FINGERPRINT } });
        expect(await hosts.isKnown("git.lan", 2222)).toBe(false);
    });

    it("never replaces a pinned key", async () => {
        const hosts = open();
        await hosts.confirm("git.lan", 2222, FINGERPRINT);
        shown = `[git.lan]:2222 ${OTHER}\n`;
        await expect(hosts.confirm("git.lan", 2222, OTHER_FINGERPRINT)).rejects.toMatchObject({ code: "GIT_HOST_KEY_CHANGED" });
        expect(keysOf(readFileSync(file, "utf8"), "git.lan", 2222).map((key) => key.fingerprint)).toEqual([FINGERPRINT]);
    });

    it("loses none of several at once", async () => {
        const hosts = new KnownHostsFile({ path: file, scan: async (host) => `${host} ${ED25519}\n` });
        const names = Array.from({ length: 10 }, (_, index) => `git${index}.lan`);
        await Promise.all(names.map(async (name) => await hosts.confirm(name, 22, FINGERPRINT)));
        expect(await Promise.all(names.map(async (name) => await hosts.isKnown(name, 22)))).not.toContain(false);
    });
});

it("reads the file as OpenSSH does", async () => {
    const hosts = open();
    appendFileSync(file, `@revoked bad.lan ${ED25519}\n# a comment\n*.wild.lan,!not.wild.lan ${ED25519}\nbroken ssh-ed25519 AAAA\nhashed.lan ${ED25519}\n`);
    execFileSync("ssh-keygen", ["-q", "-H", "-f", file], { stdio: "ignore" });
    expect(await hosts.isKnown("bad.lan", 22)).toBe(false);
    expect(await hosts.isKnown("a.wild.lan", 22)).toBe(true);
    expect(await hosts.isKnown("not.wild.lan", 22)).toBe(false);
    expect(await hosts.isKnown("broken", 22)).toBe(false);
    expect(readFileSync(file, "utf8")).not.toContain("hashed.lan");
    expect(await hosts.isKnown("hashed.lan", 22)).toBe(true);
});
