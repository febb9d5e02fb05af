import { describe, expect, it } from "vitest";
import { ConfigError, loadConfig } from "../../backend/config.ts";

describe("loadConfig", () => {
    it("has a default for everything, and takes an empty variable for one that is not set", () => {
        expect(loadConfig({ DOCKGE_PORT: "", GIT_DEPLOY_PUBLIC_URL: "" })).toMatchObject({ port: 5001, publicUrl: undefined, stacksDirectory: "/opt/stacks", insecureHttpHosts: [], isProxyTrusted: false });
    });

    it.each([
        ["DOCKGE_PORT", "abc", "give a whole number from 0 to 65535"],
        ["DOCKGE_PORT", "65536", "give a whole number from 0 to 65535"],
        ["GIT_DEPLOY_CONCURRENCY", "1.5", "give a whole number from 1 to 64"],
        ["GIT_DEPLOY_PUBLIC_URL", "ftp://x", "give an address such as https://"],
        ["GIT_DEPLOY_TRUST_PROXY", "maybe", "give true or false"],
        ["GIT_DEPLOY_LOG_LEVEL", "loud", "give debug, info"],
    ])("says of %s=%s what it may be", (name, value, sentence) => {
        const load = () => loadConfig({ [name]: value });
        expect(load).toThrow(ConfigError);
        expect(load).toThrow(`${name} is "${value}": ${sentence}`);
    });

    it("names every wrong setting at once", () => {
        expect(() => loadConfig({ DOCKGE_PORT: "x", GIT_DEPLOY_LOG_LEVEL: "y" })).toThrow(/DOCKGE_PORT[\s\S]*GIT_DEPLOY_LOG_LEVEL/);
    });

    it("reads lists, flags and addresses as people write them", () => {
        expect(loadConfig({ GIT_DEPLOY_INSECURE_HTTP_HOSTS: " Git.Home:3000, 127.0.0.1 ", GIT_DEPLOY_TRUST_PROXY: "1", GIT_DEPLOY_PUBLIC_URL: "https://d.example/" })).toMatchObject({
            insecureHttpHosts: ["git.home:3000", "127.0.0.1"],
            isProxyTrusted: true,
            publicUrl: "https://d.example",
        });
    });
});
