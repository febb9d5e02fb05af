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
        ["GIT_DEPLOY_TLS", "yes", "give off or self-signed"],
        ["DOCKGE_ENABLE_CONSOLE", "yes", "give true or false"],
        ["PUID", "root", "give a whole number from 0 to 4294967294"],
    ])("says of %s=%s what it may be", (name, value, sentence) => {
        const load = () => loadConfig({ [name]: value });
        expect(load).toThrow(ConfigError);
        expect(load).toThrow(`${name} is "${value}": ${sentence}`);
    });

    it("looks for programs where the system does, not among those of this project", () => {
        const PATH = "/srv/app/node_modules/.bin:/srv/node_modules/.bin:/usr/lib/node_modules/npm/node_modules/@npmcli/run-script/lib/node-gyp-bin:/usr/local/bin:/usr/bin";
        expect(loadConfig({ PATH }).searchPath).toBe("/usr/local/bin:/usr/bin");
    });

    it("does not take Kubernetes' variable of a service called dockge for the port", () => {
        expect(loadConfig({ DOCKGE_PORT: "tcp://10.0.0.7:5001" }).port).toBe(5001);
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

    it("takes Dockge's options from the command line, before their variables", () => {
        const env = { DOCKGE_PORT: "1", DOCKGE_STACKS_DIR: "/srv/stacks", DOCKGE_ENABLE_CONSOLE: "false" };
        const argv = ["--port=5002", "--hostname", "127.0.0.1", "--dataDir", "/d", "--sslKey", "/k.pem", "--sslCert=/c.pem", "--sslKeyPassphrase", "a=b", "--enableConsole"];
        expect(loadConfig(env, argv)).toMatchObject({
            port: 5002,
            hostname: "127.0.0.1",
            dataDirectory: "/d",
            stacksDirectory: "/srv/stacks",
            tls: { kind: "files", keyFile: "/k.pem", certificateFile: "/c.pem", passphrase: "a=b" },
            isConsoleEnabled: true,
        });
        expect(loadConfig({}, ["--enableConsole", "false", "--stacksDir", "/s"])).toMatchObject({ isConsoleEnabled: false, stacksDirectory: "/s" });
    });

    it("names a wrong option as it was written", () => {
        expect(() => loadConfig({}, ["--port", "abc"])).toThrow('--port is "abc": give a whole number from 0 to 65535.');
    });

    it.each([
        ["half a certificate", { DOCKGE_SSL_KEY: "/k.pem" }, "DOCKGE_SSL_CERT is not"],
        ["two certificates", { DOCKGE_SSL_KEY: "/k.pem", DOCKGE_SSL_CERT: "/c.pem", GIT_DEPLOY_TLS: "self-signed" }, "Set one or the other"],
        ["a user without a group", { PUID: "1000" }, "PGID is not"],
    ])("refuses %s", (_what, env, sentence) => {
        expect(() => loadConfig(env)).toThrow(ConfigError);
        expect(() => loadConfig(env)).toThrow(sentence);
    });

    it("has HTTPS of its own making and an owner of the stacks' files only when asked", () => {
        expect(loadConfig({})).toMatchObject({ tls: null, stackOwner: undefined, isConsoleEnabled: false });
        expect(loadConfig({ GIT_DEPLOY_TLS: "self-signed", GIT_DEPLOY_TLS_NAMES: "nas.lan, 192.168.1.5", PUID: "1000", PGID: "100" })).toMatchObject({
            tls: { kind: "self-signed", names: ["nas.lan", "192.168.1.5"] },
            stackOwner: { uid: 1000, gid: 100 },
        });
    });
});
