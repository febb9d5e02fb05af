import { describe, expect, it } from "vitest";
import { fetch, initBare, lfsFetch, localConfig, lsRemote, lsTree, REFS, remoteConfig } from "../../../../backend/adapters/git/git-arguments.ts";
import { keyscanArguments } from "../../../../backend/adapters/git/ssh-keyscan.ts";

const SHA = "a".repeat(40);
const settings = { isHttpAllowed: false, resolvedAddress: null, stallTimeoutSeconds: 60 };

describe("argument lists", () => {
    it("put --end-of-options before whatever comes from outside", () => {
        const lists = [
            { argv: lsRemote("URL", ["refs/heads/x"]), outside: ["URL", "refs/heads/x"] },
            { argv: fetch("URL", 1, ["+a:b"]), outside: ["URL", "+a:b"] },
            { argv: initBare("DIR", false), outside: ["DIR"] },
            { argv: lsTree(SHA), outside: [SHA] },
        ];
        for (const { argv, outside } of lists) {
            expect(argv.slice(argv.indexOf("--end-of-options") + 1)).toEqual(outside);
        }
        expect(keyscanArguments("[::1]", 22).slice(-2)).toEqual(["--", "::1"]);
    });

    it("fetch exactly what is named: no tags, no submodules, no maintenance", () => {
        expect(fetch("https://git.lan/o/r.git", 1, [`+${SHA}:${REFS.commit(SHA)}`])).toEqual([
            "fetch",
            "--progress",
            "--no-tags",
            "--no-recurse-submodules",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--update-shallow",
            "--force",
            "--depth=1",
            "--end-of-options",
            "https://git.lan/o/r.git",
            `+${SHA}:refs/git-deploy/commits/${SHA}`,
        ]);
    });

    it("give LFS its server by settings, never by a file of the repository", () => {
        expect(lfsFetch("https://git.lan/o/r", "https://lfs.lan/o/r", SHA)).toEqual(expect.arrayContaining(["remote.origin.url=https://git.lan/o/r", "lfs.url=https://lfs.lan/o/r", "lfs.standalonetransferagent="]));
    });
});

describe("settings", () => {
    it("of every call: no hooks, no monitor, no transport", () => {
        expect(localConfig("/m")).toEqual(expect.arrayContaining(["core.hooksPath=/dev/null", "core.fsmonitor=false", "protocol.allow=never", "submodule.recurse=false", "gc.auto=0", "safe.directory=/m"]));
    });

    it("of a remote call: checked objects, no redirects, no helper, an end to stalls", () => {
        const config = remoteConfig("/m", settings);
        expect(config).toEqual(
            expect.arrayContaining([
                "protocol.https.allow=always",
                "protocol.ssh.allow=always",
                "fetch.fsckObjects=true",
                "transfer.fsckObjects=true",
                "transfer.bundleURI=false",
                "credential.helper=",
                "http.followRedirects=false",
                "http.lowSpeedTime=60",
            ]),
        );
        expect(config.join(" ")).not.toMatch(/protocol\.(http|file|ext|git)\.allow|sslVerify/);
    });

    it("open plain http only when asked, and pin the checked addresses", () => {
        const config = remoteConfig("/m", { ...settings, isHttpAllowed: true, resolvedAddress: "git.lan:80:10.0.0.5" });
        expect(config).toEqual(expect.arrayContaining(["protocol.http.allow=always", "http.curloptResolve=git.lan:80:10.0.0.5"]));
    });
});
