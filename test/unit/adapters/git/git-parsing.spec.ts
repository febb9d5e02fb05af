import { describe, expect, it } from "vitest";
import { checkedAddresses } from "../../../../backend/adapters/host-check.ts";
import { parsePointer } from "../../../../backend/adapters/git/git-lfs.ts";
import { parseCommits, parseTree } from "../../../../backend/adapters/git/git-reader.ts";
import { parseRefs, toRemoteRefs } from "../../../../backend/adapters/git/git-refs.ts";
import { parseSubmodules, submoduleAddress, withParentsCredentials } from "../../../../backend/adapters/git/git-submodules.ts";
import { findEscapingSymlink } from "../../../../backend/adapters/git/git-symlinks.ts";
import { parseGitUrl } from "../../../../backend/domain/git-url.ts";

const strict = { insecureHttpHosts: [] };
const [A, B, C] = ["a".repeat(40), "b".repeat(40), "c".repeat(40)];

describe("refs", () => {
    it("peels tags and finds the default branch", () => {
        const refs = parseRefs(`ref: refs/heads/dev\tHEAD\n${A}\tHEAD\n${A}\trefs/heads/dev\n${B}\trefs/tags/v1\n${C}\trefs/tags/v1^{}\nwarning: noise\n`);
        expect(toRemoteRefs(refs)).toEqual({ defaultBranch: "dev", branches: { dev: A }, tags: { v1: C } });
    });

    it("guesses the default branch where the server does not say it", () => {
        expect(toRemoteRefs(parseRefs(`${A}\tHEAD\n${A}\trefs/heads/aaa\n${A}\trefs/heads/main\n`)).defaultBranch).toBe("main");
        expect(toRemoteRefs(parseRefs(`ref: refs/heads/gone\tHEAD\n${A}\trefs/heads/x\n`)).defaultBranch).toBeNull();
    });
});

it("reads trees and commits", () => {
    expect(parseTree(`040000 tree ${C}       -\ta b\x00100664 blob ${A}      12\ta b/\tc\x00160000 commit ${B}       -\tlib\0`)).toEqual({
        files: [
            { path: "a b/\tc", mode: "100644", blobId: A, size: 12 },
            { path: "lib", mode: "160000", blobId: B, size: 0 },
        ],
        folders: new Map([["a b", C]]),
    });
    expect(parseCommits(`${A}\0${B}\0Ada\0Subject\n\nBody\n\0\n${C}\0${B}\0Bob\0Two\n\0\n`)).toEqual([
        { sha: A, treeId: B, author: "Ada", message: "Subject\n\nBody" },
        { sha: C, treeId: B, author: "Bob", message: "Two" },
    ]);
});

describe("symlinks", () => {
    const escaping = (links: Record<string, string>) => findEscapingSymlink(new Map(Object.entries(links)))?.path ?? null;
    it.each([
        [{ a: "b" }, null],
        [{ a: "." }, null],
        [{ "d/a": "../b" }, null],
        [{ a: "missing/x" }, null],
        [{ a: "b", b: "a" }, null],
        [{ a: "/etc" }, "a"],
        [{ a: ".." }, "a"],
        [{ a: "d/../../x" }, "a"],
        [{ "x/y/in": "../..", "x/y/out": "in/../z" }, "x/y/out"],
        [{ "a": "b/c", "b": "/tmp" }, "a"],
        [{ a: "d\\..\\.." }, "a"],
        [{ a: "" }, null],
    ])("%j", (links, expected) => {
        expect(escaping(links)).toBe(expected);
    });

    it("R3: follow many links with long targets in no time, or give up", () => {
        const long = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`l${index}`, `${"a/".repeat(2000)}b`]));
        const chain = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`c${index}`, `c${index + 1}/${"a/".repeat(2000)}`]));
        for (const links of [long, chain]) {
            expect(() => escaping(links)).toThrow(/so many folders/);
        }
    });
});

describe("submodules", () => {
    it("reads .gitmodules as git lists it", () => {
        const output = "submodule.lib.path\nvendor/lib\0submodule.lib.url\n../lib.git\0submodule.a.b.url\nu\0submodule.a.b.path\np/\0submodule.a.b.update\nnone\0submodule.half.path\nx\0core.x\ny\0";
        expect(parseSubmodules(output)).toEqual([
            { name: "lib", path: "vendor/lib", url: "../lib.git", isSkipped: false },
            { name: "a.b", path: "p", url: "u", isSkipped: true },
        ]);
    });

    it.each([
        ["https://git.lan/o/app.git", "../lib.git", "https://git.lan/o/lib.git"],
        ["https://git.lan/o/app.git", "./sub", "https://git.lan/o/app.git/sub"],
        ["git@git.lan:o/app.git", "../../x/lib", "git@git.lan:x/lib"],
        ["git@git.lan:/srv/o/app.git", "../lib", "git@git.lan:/srv/o/lib"],
        ["ssh://git@git.lan:2222/o/app", "../lib", "ssh://git@git.lan:2222/o/lib"],
        ["https://git.lan/o/app.git", "https://other.lan/x", "https://other.lan/x"],
    ])("%s with %s is %s", (parent, text, expected) => {
        expect(submoduleAddress(parseGitUrl(parent, strict), text)).toBe(expected);
    });

    it("does not climb above the host", () => {
        expect(() => submoduleAddress(parseGitUrl("https://git.lan/o/app", strict), "../../../x")).toThrow(expect.objectContaining({ code: "GIT_URL_INVALID" }));
    });

    it("reads an SSH address of the same host with the token, and no other", () => {
        const parent = parseGitUrl("https://git.lan/o/app", strict);
        expect(withParentsCredentials(parent, parseGitUrl("git@git.lan:o/lib.git", strict), true)).toBe("https://git.lan/o/lib.git");
        expect(withParentsCredentials(parent, parseGitUrl("git@other.lan:o/lib.git", strict), true)).toBe("git@other.lan:o/lib.git");
        expect(withParentsCredentials(parent, parseGitUrl("git@git.lan:o/lib.git", strict), false)).toBe("git@git.lan:o/lib.git");
    });
});

describe("addresses behind a name", () => {
    const check = async (addresses: string[], host = "git.example", insecureHttpHosts: string[] = []) => await checkedAddresses(host, { insecureHttpHosts }, async () => addresses);

    it("takes public and private ones", async () => {
        expect(await check(["192.168.1.5", "2606:4700::1"])).toEqual(["192.168.1.5", "2606:4700::1"]);
    });

    it.each([["127.0.0.1"], ["10.0.0.1", "169.254.169.254"], ["::1"], ["fe80::1"], ["::ffff:127.0.0.1"]])("refuses %s", async (...addresses) => {
        await expect(check(addresses)).rejects.toMatchObject({ code: "GIT_URL_INVALID" });
    });

    it("lets a named host be this machine, but never a metadata address", async () => {
        expect(await check(["127.0.0.1"], "git.example", ["git.example:3000"])).toEqual(["127.0.0.1"]);
        await expect(check(["169.254.169.254"], "git.example", ["git.example"])).rejects.toMatchObject({ code: "GIT_URL_INVALID" });
    });

    it("says when there is none", async () => {
        const failing = async () => await Promise.reject(new Error("ENOTFOUND"));
        await expect(checkedAddresses("git.example", strict, failing)).rejects.toMatchObject({ code: "GIT_UNREACHABLE" });
    });
});

it("reads LFS pointers and nothing else", () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"d".repeat(64)}\nsize 12\n`;
    expect(parsePointer(pointer)).toEqual({ oid: "d".repeat(64), size: 12 });
    expect(parsePointer(pointer.replace("sha256:d", "sha256:../"))).toBeNull();
    expect(parsePointer("hello")).toBeNull();
});
