import { describe, expect, it } from "vitest";
import { commandFailure } from "../../../../backend/adapters/docker/container-commands.ts";
import { runContainerArgv } from "../../../../backend/adapters/docker/container-commands-argv.ts";
import { buildImageArgv } from "../../../../backend/adapters/docker/docker-build.ts";

describe("docker run for a command", () => {
    const command = { name: "gd-1", runId: "1", image: "node:20", directory: "/runs/1", interpreter: "sh", text: "npm ci && rm -rf $HOME", environment: ["-e", "TOKEN"], user: { uid: 1000, gid: 100 } } as const;

    it("gives the container its folder and no rights, and the text as one argument", () => {
        expect(runContainerArgv(command)).toEqual([
            "run", "--rm", "--init", "--log-driver", "none", "--name", "gd-1", "--label", "dockge-git-deploy.run=1",
            "--mount", "type=bind,source=/runs/1,target=/workspace", "--workdir", "/workspace",
            "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--pids-limit", "4096", "--user", "1000:100",
            "-e", "TOKEN", "--entrypoint", "sh", "--", "node:20", "-e", "-c", "npm ci && rm -rf $HOME",
        ]);
    });

    it("does not let an image or a folder add options", () => {
        const argv = runContainerArgv({ ...command, image: "--privileged", directory: '/a,readonly,"b', user: null });
        expect(argv.slice(argv.indexOf("--")).slice(0, 2)).toEqual(["--", "--privileged"]);
        expect(argv).toContain('type=bind,"source=/a,readonly,""b",target=/workspace');
    });

    it("shortens a long command in the sentence for people", () => {
        const error = commandFailure({ interpreter: "sh", text: "x".repeat(300), image: null }, { exitCode: 2, stdout: "", stderr: "" });
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
