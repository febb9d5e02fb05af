import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { proxyVariables } from "../../../../backend/adapters/docker/docker-proxies.ts";

describe("the proxies of the docker CLI", () => {
    let homeDirectory: string;
    beforeAll(async () => {
        homeDirectory = await mkdtemp(path.join(os.tmpdir(), "docker-home-"));
        await mkdir(path.join(homeDirectory, ".docker"));
    });
    afterAll(async () => await rm(homeDirectory, { recursive: true, force: true }));

    async function variables(config: string, dockerSocket = "/var/run/docker.sock"): Promise<Record<string, string>> {
        await writeFile(path.join(homeDirectory, ".docker", "config.json"), config);
        return await proxyVariables({ homeDirectory, dockerSocket });
    }

    const config = JSON.stringify({
        auths: {},
        proxies: { default: { httpProxy: "http://proxy:3128", httpsProxy: "", noProxy: "*.lan,127.0.0.0/8" }, "unix:///run/other.sock": { allProxy: "socks5://other:1080" } },
    });

    it("are given in both spellings, without those that are empty", async () => {
        expect(await variables(config)).toEqual({ HTTP_PROXY: "http://proxy:3128", http_proxy: "http://proxy:3128", NO_PROXY: "*.lan,127.0.0.0/8", no_proxy: "*.lan,127.0.0.0/8" });
    });

    it("are those of the Engine when it has its own", async () => {
        expect(await variables(config, "/run/other.sock")).toEqual({ ALL_PROXY: "socks5://other:1080", all_proxy: "socks5://other:1080" });
    });

    it.each(["{", "null", '{"proxies": 1}', '{"proxies": {"default": {"httpProxy": 1}}}', "{}"])("are none when the file says %s", async (text) => {
        expect(await variables(text)).toEqual({});
    });

    it("are none when there is no file", async () => {
        expect(await proxyVariables({ homeDirectory: path.join(homeDirectory, "none"), dockerSocket: "/run/d.sock" })).toEqual({});
    });
});
