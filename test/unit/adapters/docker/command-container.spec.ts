import { describe, expect, it } from "vitest";
import { commandContainerOptions } from "../../../../backend/adapters/docker/command-container-options.ts";
import { commandFailure } from "../../../../backend/adapters/docker/container-commands.ts";
import { buildImageArgv } from "../../../../backend/adapters/docker/docker-build.ts";

describe("the container of a command", () => {
    const command = { name: "gd-1", runId: "1", image: "node:20", directory: "/runs/1", interpreter: "sh", text: "npm ci && rm -rf $HOME", env: { TOKEN: "a=b" }, user: { uid: 1000, gid: 100 } } as const;

    it("gets its folder and no rights, and the text as one argument", () => {
        expect(commandContainerOptions(command)).toEqual({
            name: "gd-1", Image: "node:20", Entrypoint: ["sh"], Cmd: ["-e", "-c", "npm ci && rm -rf $HOME"], Env: ["TOKEN=a=b"], WorkingDir: "/workspace", User: "1000:100",
            Labels: { "dockge-git-deploy.run": "1" }, AttachStdout: true, AttachStderr: true,
            HostConfig: {
                AutoRemove: true, Init: true, LogConfig: { Type: "none", Config: {} }, Mounts: [{ Type: "bind", Source: "/runs/1", Target: "/workspace" }],
                CapDrop: ["ALL"], SecurityOpt: ["no-new-privileges"], PidsLimit: 4096,
            },
        });
    });

    it("is root's when the server is", () => {
        expect(commandContainerOptions({ ...command, user: null })).not.toHaveProperty("User");
    });

    it("has its long command shortened in the sentence for people", () => {
        const error = commandFailure({ interpreter: "sh", text: "x".repeat(300), image: null }, 2);
        expect(error.message).toBe(`The command "${"x".repeat(100)}…" failed with exit code 2. The log has its output.`);
    });
});

describe("docker build", () => {
    it("names the Dockerfile absolutely, and the folder behind the options", () => {
        expect(buildImageArgv({ directory: "/runs/1", dockerfile: "-docker/Dockerfile", tags: ["blog:abc", "blog:latest"], isNoCache: true }, ["--build-arg", "V"])).toEqual([
            "build", "--progress", "plain", "--file", "/runs/1/-docker/Dockerfile", "--tag", "blog:abc", "--tag", "blog:latest", "--build-arg", "V", "--no-cache", "--", "/runs/1",
        ]);
    });
});
