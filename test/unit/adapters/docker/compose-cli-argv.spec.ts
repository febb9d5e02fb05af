import { describe, expect, it } from "vitest";
import { actArgv, buildArgv, composeArgv, configArgv, pullArgv, upArgv } from "../../../../backend/adapters/docker/compose-cli-argv.ts";
import { buildArgsByEnvironment, dockerEnvironment } from "../../../../backend/adapters/docker/docker-environment.ts";

const project = { name: "blog", directory: "/stacks/blog", files: ["deploy/compose.yaml", "/runs/1/override.yaml"], envFiles: ["/stacks/global.env", ".env"] };
const bare = { name: "blog", directory: "/stacks/blog", files: [], envFiles: [] };
const common = ["compose", "--progress", "plain", "--ansi", "never", "--project-name", "blog", "--project-directory", "/stacks/blog"];

describe("arguments of docker compose", () => {
    it("names every file absolutely and in order", () => {
        expect(composeArgv(project)).toEqual([
            ...common,
            "--env-file", "/stacks/global.env", "--env-file", "/stacks/blog/.env",
            "-f", "/stacks/blog/deploy/compose.yaml", "-f", "/runs/1/override.yaml",
        ]);
    });

    it("leaves the files to Compose's own discovery when none are given", () => {
        expect(composeArgv(bare)).toEqual(common);
    });

    it("turns a file called - into a path, not into standard input", () => {
        expect(composeArgv({ ...bare, files: ["-"] }).at(-1)).toBe("/stacks/blog/-");
    });

    it("separates service names from options", () => {
        expect(buildArgv(bare, ["--push", "web"], ["--build-arg", "A"])).toEqual([...common, "build", "--build-arg", "A", "--", "--push", "web"]);
        expect(pullArgv(bare, ["-q"])).toEqual([...common, "pull", "--", "-q"]);
    });

    it("acts on the whole project, or on the services that are named", () => {
        expect(actArgv(bare, "down")).toEqual([...common, "down", "--remove-orphans"]);
        expect(actArgv(bare, "stop", ["-t0", "web"])).toEqual([...common, "stop", "--", "-t0", "web"]);
        expect(buildArgv(bare, ["web"], [], true)).toEqual([...common, "build", "--pull", "--", "web"]);
    });

    it("never builds on up, and asks the network only when told to", () => {
        expect(upArgv(bare, { shouldPull: false })).toEqual([...common, "up", "-d", "--no-build", "--remove-orphans", "--pull", "never", "--"]);
        expect(upArgv(bare, { shouldPull: true, services: ["web"] })).toEqual([...common, "up", "-d", "--no-build", "--remove-orphans", "--", "web"]);
    });

    it("asks for a model as JSON", () => {
        expect(configArgv(bare, true)).toEqual([...common, "config", "--format", "json"]);
        expect(configArgv(bare, false)).toEqual([...common, "config", "--format", "json", "--no-interpolate"]);
    });

    it("takes orphans along on down only", () => {
        expect(actArgv(bare, "restart")).toEqual([...common, "restart"]);
        expect(actArgv(bare, "down")).toEqual([...common, "down", "--remove-orphans"]);
    });
});

describe("the environment of docker", () => {
    it("always says which Engine and which logins, so that a project's .env cannot", () => {
        expect(dockerEnvironment({ searchPath: "/bin", dockerSocket: "/run/d.sock", homeDirectory: "/home/me" })).toEqual({
            PATH: "/bin", HOME: "/home/me", LC_ALL: "C", DOCKER_HOST: "unix:///run/d.sock", DOCKER_CONFIG: "/home/me/.docker", DOCKER_BUILDKIT: "1",
        });
    });

    it("keeps values out of the arguments", () => {
        expect(buildArgsByEnvironment([{ name: "TOKEN", value: "s3cret" }, { name: "V", value: "1" }, { name: "V", value: "2" }])).toEqual({
            argv: ["--build-arg", "TOKEN", "--build-arg", "V"],
            env: { TOKEN: "s3cret", V: "2" },
        });
    });

    it.each(["DOCKER_PASSWORD", "SSH_KEY", "HTTPS_PROXY", "DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE", "BUILDKIT_TOKEN"])("keeps the value of %s out of the arguments too", (name) => {
        expect(buildArgsByEnvironment([{ name, value: "x" }])).toEqual({ argv: ["--build-arg", name], env: { [name]: "x" } });
    });

    it.each(["PATH", "PWD", "DOCKER_HOST", "LD_PRELOAD", "COMPOSE_FILE", "SSL_CERT_FILE", "GODEBUG"])("does not let the value of %s change the tool", (name) => {
        expect(buildArgsByEnvironment([{ name, value: "x" }])).toEqual({ argv: ["--build-arg", `${name}=x`], env: {} });
    });
});
