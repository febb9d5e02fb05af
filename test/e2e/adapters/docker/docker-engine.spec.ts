import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DockerEngine } from "../../../../backend/adapters/docker/docker-engine.ts";
import { BASE_IMAGE, ensureBaseImage } from "../../../fixtures/base-image.ts";
import { docker as cli, removeProject, uniqueProject } from "../../../fixtures/engine.ts";

const settings = { searchPath: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", dockerSocket: "/var/run/docker.sock" };
const docker = new DockerEngine(settings);
const name = uniqueProject("engine");
let root: string;

beforeAll(async () => {
    await ensureBaseImage();
    root = await mkdtemp(path.join(os.tmpdir(), "docker-engine-"));
});

afterAll(async () => {
    await removeProject(name);
    await rm(root, { recursive: true, force: true });
});

async function folder(files: Record<string, string>): Promise<string> {
    const directory = await mkdtemp(path.join(root, "context-"));
    for (const [file, content] of Object.entries(files)) {
        await mkdir(path.dirname(path.join(directory, file)), { recursive: true });
        await writeFile(path.join(directory, file), content);
    }
    return directory;
}

describe("the Engine", () => {
    it("answers with its version", async () => {
        expect((await docker.ping()).version).toMatch(/^\d+\.\d+/);
        expect(await docker.ownProject()).toBeNull();
    });

    it("builds, tags and untags images", async () => {
        const directory = await folder({ "docker/Dockerfile": `FROM ${BASE_IMAGE}\nARG V\nCOPY a /a\nRUN echo "v is $V"\n`, a: "a" });
        const lines: string[] = [];
        await docker.build(
            { directory, dockerfile: "docker/Dockerfile", tags: [`${name}:one`, `${name}:latest`], buildArgs: [{ name: "V", value: "1; exit 9" }], isNoCache: true },
            { onLines: (_stream, text) => lines.push(...text.split("\n")) },
        );
        expect(lines.some((line) => line.endsWith("v is 1; exit 9"))).toBe(true);
        const id = await docker.imageId(`${name}:one`);
        expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);

        await docker.tag(id ?? "", `${name}:two`);
        expect(await docker.imageId(`${name}:two`)).toBe(id);
        await expect(docker.tag(`sha256:${"0".repeat(64)}`, `${name}:none`)).rejects.toMatchObject({ code: "IMAGE_MISSING" });

        await cli(["run", "-d", "--name", name, "--label", `com.docker.compose.project=${name}`, `${name}:two`, "sleep", "300"]);
        await docker.untag(`${name}:one`);
        await docker.untag(`${name}:latest`);
        await docker.untag(`${name}:two`);
        await docker.untag(`${name}:never`);
        await docker.untag("NOT A reference");
        expect(await docker.imageId(`${name}:one`)).toBeNull();
        expect(await docker.imageId(id ?? "")).toBe(id);
        expect(await docker.imageId("NOT A reference")).toBeNull();
    });

    it("names what is missing or broken in a build", async () => {
        const directory = await folder({ Dockerfile: `FROM ${BASE_IMAGE}\nRUN echo the-reason >&2; exit 4\n` });
        const build = { directory, tags: [`${name}:x`], buildArgs: [], isNoCache: false };
        await expect(docker.build({ ...build, dockerfile: "deploy/Dockerfile" }, {})).rejects.toMatchObject({ code: "DOCKERFILE_MISSING" });
        await expect(docker.build({ ...build, dockerfile: "Dockerfile" }, {})).rejects.toMatchObject({ code: "BUILD_FAILED", message: expect.stringContaining("the-reason") as string });
    });

    it("reads the end of a container's log, with and without a terminal", async () => {
        for (const [suffix, tty] of [["log", []], ["tty", ["-t"]]] as const) {
            const { stdout } = await cli(["run", "-d", ...tty, "--label", `com.docker.compose.project=${name}`, BASE_IMAGE, "sh", "-c", `echo one; echo two-${suffix} >&2; echo three`]);
            await cli(["wait", stdout.trim()]);
            // The Engine does not promise an order between the two streams.
            expect([...(await docker.tail(stdout.trim(), 3))].sort()).toEqual(["one", "three", `two-${suffix}`]);
            expect(await docker.tail(stdout.trim(), 1)).toHaveLength(1);
        }
        expect(await docker.tail("no-such-container", 10)).toEqual([]);
    });

    it("shows how a container ended", async () => {
        await cli(["run", "--label", `com.docker.compose.project=${name}-end`, "--label", "com.docker.compose.service=job", BASE_IMAGE, "sh", "-c", "exit 7"], { isFailureFine: true });
        expect(await docker.containers(`${name}-end`)).toMatchObject([{ service: "job", state: "exited", exitCode: 7, health: "none" }]);
        await removeProject(`${name}-end`);
    });

    it("says that the Engine is away, and finds it again by itself", async () => {
        const socket = path.join(root, "engine.sock");
        const away = new DockerEngine({ ...settings, dockerSocket: socket });
        const unavailable = { code: "DOCKER_UNAVAILABLE", isRetryable: true };
        await expect(away.ping()).rejects.toMatchObject(unavailable);
        await expect(away.projects()).rejects.toMatchObject(unavailable);
        await expect(away.containers("x")).rejects.toMatchObject(unavailable);
        await expect(away.imageId("x")).rejects.toMatchObject(unavailable);
        await expect(away.untag("x")).rejects.toMatchObject(unavailable);
        const directory = await folder({ Dockerfile: "FROM scratch\n" });
        await expect(away.build({ directory, dockerfile: "Dockerfile", tags: ["x"], buildArgs: [], isNoCache: false }, {})).rejects.toMatchObject(unavailable);

        const changes: (string | null)[] = [];
        const watching = new AbortController();
        away.watch((project) => changes.push(project), watching.signal);
        const event = `${JSON.stringify({ Type: "container", Action: "start", Actor: { Attributes: { "com.docker.compose.project": "blog" } } })}\n`;
        const engine = http.createServer((_request, response) => {
            // Cut within a line, as a socket may.
            response.write(event.slice(0, 20));
            setImmediate(() => response.write(event.slice(20)));
        });
        await new Promise<void>((resolve) => engine.listen(socket, resolve));
        await expect.poll(() => changes, { timeout: 10_000 }).toEqual([null, "blog"]);
        engine.closeAllConnections();
        await expect.poll(() => changes, { timeout: 10_000 }).toEqual([null, "blog", null, null, "blog"]);
        watching.abort();
        engine.closeAllConnections();
        await new Promise((resolve) => engine.close(resolve));
    });
});
