import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ContainerCommands } from "../../../../backend/adapters/docker/container-commands.ts";
import { BASE_IMAGE, ensureBaseImage } from "../../../fixtures/base-image.ts";
import { docker as cli, uniqueProject } from "../../../fixtures/engine.ts";
import { processesWith, watchProcesses } from "../../../fixtures/processes.ts";

let root: string;
let directory: string;
let commands: ContainerCommands;
const runId = uniqueProject("run");

beforeAll(async () => {
    await ensureBaseImage();
    root = await mkdtemp(path.join(os.tmpdir(), "commands-"));
    // A comma would end the path in docker's own notation.
    directory = path.join(root, "work, tree");
    await mkdir(directory);
    await writeFile(path.join(directory, "name; touch hacked"), "");
    commands = new ContainerCommands({ searchPath: "/usr/local/bin:/usr/bin:/bin", dockerSocket: "/var/run/docker.sock", scratchDirectory: path.join(root, "scratch") });
});

afterAll(async () => {
    await cli(["rm", "-f", `gd-${runId}`], { isFailureFine: true });
    await rm(root, { recursive: true, force: true });
});

async function run(text: string, options: { image?: string; interpreter?: "sh" | "bash"; env?: Record<string, string>; signal?: AbortSignal; onLines?: (text: string) => void } = {}): Promise<string[]> {
    const lines: string[] = [];
    await commands.run(
        { interpreter: options.interpreter ?? "sh", text, directory, env: options.env ?? {}, image: options.image ?? null, runId },
        {
            onLines: (_stream, printed) => {
                lines.push(...printed.split("\n"));
                options.onLines?.(printed);
            },
            ...(options.signal === undefined ? {} : { signal: options.signal }),
        },
    );
    return lines;
}

describe.each([["on the host", undefined], ["in a container", BASE_IMAGE]])("commands %s", (_where, image) => {
    const where = image === undefined ? {} : { image };

    it("run in the folder with the given variables, which nobody sees in the process list", async () => {
        const watched = watchProcesses();
        const lines = await run("pwd; echo \"$TOKEN\"; echo out > made; sleep 0.3", { ...where, env: { TOKEN: "s3cret\nof two lines" } });
        expect(lines).toEqual([image === undefined ? directory : "/workspace", "s3cret", "of two lines"]);
        expect(await readFile(path.join(directory, "made"), "utf8")).toBe("out\n");
        expect([...(await watched.stop())].filter((commandLine) => commandLine.includes("s3cret"))).toEqual([]);
    });

    it("stop at the first command that fails and say which text and code", async () => {
        await expect(run("echo before\nexit 3\necho after", where)).rejects.toMatchObject({ code: "COMMAND_FAILED", message: expect.stringContaining('The command "echo before exit 3 echo after" failed with exit code 3.') as string });
        await expect(run("false\necho after", where)).rejects.toMatchObject({ details: { exitCode: 1 } });
        await expect(run("no-such-program-here", where)).rejects.toMatchObject({ message: expect.stringContaining("not installed") as string });
    });

    it("leave nothing behind when aborted", async () => {
        const controller = new AbortController();
        const marker = uniqueProject("marker");
        const aborted = run(`trap "" TERM; echo up; while :; do sleep 0.2; : ${marker}; done`, { ...where, signal: controller.signal, onLines: () => controller.abort(new Error("cancelled")) });
        await expect(aborted).rejects.toThrow("cancelled");
        await expect.poll(async () => await processesWith(marker), { timeout: 15_000 }).toEqual([]);
        expect((await cli(["ps", "-aq", "--filter", `name=gd-${runId}`])).stdout).toBe("");
    });
});

describe("what a command may do", () => {
    it("sees nothing of the server's own environment on the host, and has a home of its own", async () => {
        const lines = await run("env | cut -d= -f1 | sort | tr '\\n' ' '; echo; echo $HOME", { env: { A: "1" } });
        expect(lines[0]?.split(" ").filter((name) => !["", "_", "PWD", "OLDPWD", "SHLVL"].includes(name))).toEqual(["A", "HOME", "LC_ALL", "PATH"]);
        expect(lines[1]).toBe(path.join(root, "scratch", `${runId}.home`));
    });

    it("fails a script in the middle of a pipe", async () => {
        await expect(run("false | cat\necho after", { interpreter: "bash" })).rejects.toMatchObject({ code: "COMMAND_FAILED", message: "The build script failed with exit code 1. The log has its output." });
    });

    it("has no capabilities in a container and takes over what a crash has left", async () => {
        await cli(["create", "--name", `gd-${runId}`, BASE_IMAGE, "true"]);
        const lines = await run("grep -E 'CapEff|NoNewPrivs' /proc/self/status", { image: BASE_IMAGE });
        expect(lines).toContain("A container that was left behind is in the way. It is removed, and the command runs again.");
        expect(lines.slice(-2).map((line) => line.split(/\s+/)[1])).toEqual(["0000000000000000", "1"]);
    });

    it("is ended from outside when its server was killed, and only once", async () => {
        const running = run("echo up; sleep 600", { image: BASE_IMAGE, onLines: () => void commands.endLeft(runId).then(async (wasThere) => ended.push(wasThere, await commands.endLeft(runId))) });
        const ended: boolean[] = [];
        await expect(running).rejects.toMatchObject({ code: "COMMAND_FAILED" });
        await expect.poll(() => ended).toEqual([true, false]);
    });

    it("runs no command twice that only says that a name is taken", async () => {
        const lines: string[] = [];
        const pretending = `echo once; echo 'docker: Error response from daemon: Conflict. The container name "/gd-other" is already in use' >&2; exit 125`;
        await expect(run(pretending, { image: BASE_IMAGE, onLines: (text) => lines.push(...text.split("\n")) })).rejects.toMatchObject({ code: "COMMAND_FAILED" });
        expect(lines.filter((line) => line === "once")).toHaveLength(1);
    });

    it("hands on both streams whole and the last line without an end, before it ends", async () => {
        const lines = await run("seq 20000; printf 'no end'; seq 3 >&2; exit 0", { image: BASE_IMAGE });
        expect(lines.filter((line) => line === "1")).toHaveLength(2);
        expect(lines.filter((line) => Number(line) > 3)).toEqual(Array.from({ length: 19_997 }, (_, at) => String(at + 4)));
        expect(lines).toContain("no end");
    });

    it("has the proxies that the docker CLI gives to containers, and a person's own before them", async () => {
        const homeDirectory = path.join(root, "home");
        await mkdir(path.join(homeDirectory, ".docker"), { recursive: true });
        await writeFile(path.join(homeDirectory, ".docker", "config.json"), JSON.stringify({ proxies: { default: { httpProxy: "http://proxy:1", noProxy: "lan" } } }));
        const behindProxy = new ContainerCommands({ searchPath: "/usr/bin:/bin", dockerSocket: "/var/run/docker.sock", scratchDirectory: root, homeDirectory });
        const lines: string[] = [];
        await behindProxy.run({ interpreter: "sh", text: 'echo "$HTTP_PROXY $http_proxy $NO_PROXY"', directory, env: { NO_PROXY: "own" }, image: BASE_IMAGE, runId }, { onLines: (_stream, text) => lines.push(text) });
        expect(lines).toEqual(["http://proxy:1 http://proxy:1 own"]);
    });

    it("ends with the reason of whoever takes its lines, and leaves no container", async () => {
        await expect(
            run("echo one; sleep 60", {
                image: BASE_IMAGE,
                onLines: () => {
                    throw new Error("the log is full");
                },
            }),
        ).rejects.toThrow("the log is full");
        expect((await cli(["ps", "-aq", "--filter", `name=gd-${runId}`])).stdout).toBe("");
    });

    it("says that its container was taken away", async () => {
        const running = run("echo up; sleep 60", { image: BASE_IMAGE, onLines: () => void cli(["rm", "-f", `gd-${runId}`]) });
        await expect(running).rejects.toMatchObject({ code: "COMMAND_FAILED", message: expect.stringContaining("failed with exit code 137") as string });
    });

    // With something unread the connection is reset; else it ends as if all had been said.
    it.each([["while it speaks", 0], ["while it is silent", 500]])("says that the Engine went away %s", async (_when, afterMs) => {
        const connections: net.Socket[] = [];
        const socketPath = path.join(root, "engine.sock");
        const proxy = net.createServer((from) => {
            const to = net.connect("/var/run/docker.sock");
            connections.push(from, to);
            from.on("error", () => to.destroy()).pipe(to.on("error", () => from.destroy())).pipe(from);
        });
        await new Promise<void>((resolve) => proxy.listen(socketPath, resolve));
        const throughProxy = new ContainerCommands({ searchPath: "/usr/bin:/bin", dockerSocket: socketPath, scratchDirectory: root });
        const leave = () => {
            proxy.close();
            setTimeout(() => connections.forEach((connection) => connection.destroy()), afterMs);
        };
        const running = throughProxy.run({ interpreter: "sh", text: "echo up; sleep 60", directory, env: {}, image: BASE_IMAGE, runId }, { onLines: leave });
        await expect(running).rejects.toMatchObject({ code: "DOCKER_UNAVAILABLE" });
        await cli(["rm", "-f", `gd-${runId}`]);
    });

    it("says why a container cannot be started", async () => {
        await expect(commands.run({ interpreter: "sh", text: "true", directory: path.join(root, "gone"), env: {}, image: BASE_IMAGE, runId }, {})).rejects.toMatchObject({
            code: "COMMAND_FAILED",
            message: expect.stringMatching(/^The container of the image .* for build commands could not be started: .*gone/) as string,
        });
    });

    it("tells a missing image from a failing command", async () => {
        await expect(run("true", { image: "127.0.0.1:9/none:1" })).rejects.toMatchObject({ code: "PULL_FAILED" });
        const away = new ContainerCommands({ searchPath: "/usr/bin:/bin", dockerSocket: path.join(root, "none.sock"), scratchDirectory: root });
        await expect(away.run({ interpreter: "sh", text: "true", directory, env: {}, image: BASE_IMAGE, runId }, {})).rejects.toMatchObject({ code: "DOCKER_UNAVAILABLE" });
    });
});
