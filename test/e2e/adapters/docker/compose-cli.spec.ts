import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ComposeCli } from "../../../../backend/adapters/docker/compose-cli.ts";
import { DockerEngine } from "../../../../backend/adapters/docker/docker-engine.ts";
import { HttpProbe } from "../../../../backend/adapters/http-probe.ts";
import type { ComposeProject } from "../../../../backend/domain/ports.ts";
import { BASE_IMAGE, ensureBaseImage } from "../../../fixtures/base-image.ts";
import { removeProject, uniqueProject } from "../../../fixtures/engine.ts";
import { processesWith, watchProcesses } from "../../../fixtures/processes.ts";

const SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const settings = { searchPath: SEARCH_PATH, dockerSocket: "/var/run/docker.sock" };
const compose = new ComposeCli(settings);
const docker = new DockerEngine(settings);
const SERVE = `trap 'exit 0' TERM; httpd -p 8080 -h /www; while :; do sleep 0.2; done`;

let root: string;
const projects: string[] = [];

beforeAll(async () => {
    await ensureBaseImage();
    root = await mkdtemp(path.join(os.tmpdir(), "compose-cli-"));
});

afterAll(async () => {
    for (const project of projects) {
        await removeProject(project);
    }
    await rm(root, { recursive: true, force: true });
});

async function project(files: Record<string, string>): Promise<ComposeProject> {
    const name = uniqueProject("compose");
    projects.push(name);
    const directory = path.join(root, name);
    for (const [file, content] of Object.entries({ ".dockerignore": "", ...files })) {
        await mkdir(path.dirname(path.join(directory, file)), { recursive: true });
        await writeFile(path.join(directory, file), content);
    }
    return { name, directory, files: [], envFiles: [] };
}

describe("docker compose on a real Engine", () => {
    it("builds, starts, shows, stops and removes a stack", async () => {
        const stack = await project({
            Dockerfile: `FROM ${BASE_IMAGE}\nARG GREETING\nRUN mkdir -p /www && echo "$GREETING" > /www/index.html\nCMD ["/bin/sh", "-c", "${SERVE}"]\n`,
            "compose.yaml": 'services:\n  web:\n    build: .\n    ports: ["127.0.0.1::8080"]\n    healthcheck: {test: ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/"], interval: 500ms, retries: 20}\n',
        });
        const model = await compose.config(stack);
        expect(model).toMatchObject({ name: stack.name, services: { web: { build: { context: stack.directory } } } });

        const changes: (string | null)[] = [];
        const watching = new AbortController();
        docker.watch((changed) => changes.push(changed), watching.signal);
        await expect.poll(() => changes).toEqual([null]);

        const lines: string[] = [];
        const watched = watchProcesses();
        await compose.build(stack, ["web"], { buildArgs: [{ name: "GREETING", value: "hello-from-an-argument" }], onLines: (_stream, text) => lines.push(...text.split("\n")) });
        await compose.up(stack, { shouldPull: false });
        expect([...(await watched.stop())].filter((commandLine) => /docker/.test(commandLine.split(" ")[0] ?? "") && commandLine.includes("hello-from-an-argument"))).toEqual([]);
        expect(lines.some((line) => /^#\d+ \[web/.test(line))).toBe(true);

        await expect.poll(async () => (await docker.containers(stack.name)).map(({ health }) => health), { timeout: 30_000 }).toEqual(["healthy"]);
        const [container] = await docker.containers(stack.name);
        expect(container).toMatchObject({ project: stack.name, service: "web", state: "running", exitCode: null, restartCount: 0, isOneOff: false, imageId: await docker.imageId(`${stack.name}-web`) });
        await expect.poll(() => changes).toContain(stack.name);
        watching.abort();

        const probe = new HttpProbe();
        const urls = container === undefined ? [] : probe.baseUrls(container, 8080);
        expect(urls.length).toBe(2);
        for (const url of urls) {
            expect(await probe.get(`${url}/`, 5000)).toBe(200);
        }
        expect((await docker.projects()).find(({ name }) => name === stack.name)).toMatchObject({ workingDirectory: stack.directory, configFiles: [path.join(stack.directory, "compose.yaml")], containers: [{ service: "web", health: "healthy" }] });

        await compose.act(stack, "stop", {});
        expect((await docker.containers(stack.name))[0]).toMatchObject({ state: "exited", exitCode: 0 });
        await compose.act(stack, "start", {});
        await compose.act(stack, "restart", {});
        await compose.act(stack, "down", {});
        expect(await docker.containers(stack.name)).toEqual([]);
    });

    it("says what failed in a build, and leaves no process behind when it is aborted", async () => {
        const marker = `marker-${uniqueProject("abort")}`;
        const stack = await project({
            "broken/Dockerfile": `FROM ${BASE_IMAGE}\nRUN echo what-went-wrong && exit 3\n`,
            "slow/Dockerfile": `FROM ${BASE_IMAGE}\nRUN echo started && sleep 300 && echo ${marker}\n`,
            "compose.yaml": "services:\n  broken: {build: broken}\n  slow: {build: slow}\n",
        });
        await expect(compose.build(stack, ["broken"], { buildArgs: [] })).rejects.toMatchObject({ code: "BUILD_FAILED", isRetryable: false, message: expect.stringContaining("what-went-wrong") as string });

        const controller = new AbortController();
        const run = compose.build(stack, ["slow"], {
            buildArgs: [],
            signal: controller.signal,
            onLines: (_stream, text) => {
                if (/^#\d+ \d+\.\d+ started$/m.test(text)) {
                    controller.abort(new Error("cancelled"));
                }
            },
        });
        await expect(run).rejects.toThrow("cancelled");
        await expect.poll(async () => [...(await processesWith(stack.directory)), ...(await processesWith(marker))], { timeout: 10_000 }).toEqual([]);
    });

    it("says what is wrong with a model before anything is changed", async () => {
        const nested = await project({ "compose.yaml": "services: {a: {image: x}}", "empty/.keep": "" });
        await expect(compose.config({ ...nested, directory: path.join(nested.directory, "empty") })).rejects.toMatchObject({ code: "COMPOSE_MISSING" });
        await expect(compose.config({ ...nested, files: ["deploy/none.yaml"] })).rejects.toMatchObject({ code: "COMPOSE_MISSING" });
        const invalid = await project({ "compose.yaml": "services:\n  web:\n    imag: x\n" });
        await expect(compose.config(invalid)).rejects.toMatchObject({ code: "COMPOSE_INVALID", message: expect.stringContaining("validating compose.yaml: services.web") as string });
        await expect(compose.up(invalid, { shouldPull: false })).rejects.toMatchObject({ code: "COMPOSE_INVALID" });
    });

    it("finds what an included file includes in the project, wherever this server was started", async () => {
        const stack = await project({ "compose.yaml": "include: [a/a.yaml]\n", "a/a.yaml": "include: [{path: b/b.yaml, env_file: b.env}]\n", "a/b.env": "NAME=inner\n", "a/b/b.yaml": 'services: {b: {image: "x:${NAME}"}}\n' });
        expect((await compose.config(stack)).services).toMatchObject({ b: { image: "x:inner" } });
    });

    it("takes PWD for the folder that the stack will have", async () => {
        const stack = await project({ "compose.yaml": 'services: {a: {image: "x", command: ["${PWD}"]}}\n' });
        expect((await compose.config(stack)).services["a"]).toMatchObject({ command: [stack.directory] });
        expect((await compose.config({ ...stack, stackDirectory: "/stacks/blog" })).services["a"]).toMatchObject({ command: ["/stacks/blog"] });
    });

    it("keeps a project's .env from choosing the Engine", async () => {
        const stack = await project({ "compose.yaml": `services:\n  web:\n    image: ${BASE_IMAGE}\n    command: ["true"]\n`, ".env": "DOCKER_HOST=unix:///nowhere.sock\nDOCKER_CONFIG=/nowhere\n" });
        await compose.up(stack, { shouldPull: false });
        expect(await docker.containers(stack.name)).toHaveLength(1);
    });

    it("does not ask a registry on up, and tells a registry that is away from an image that is not there", async () => {
        const stack = await project({ "compose.yaml": "services:\n  web:\n    image: 127.0.0.1:9/none:1\n    pull_policy: always\n" });
        await expect(compose.up(stack, { shouldPull: false })).rejects.toMatchObject({ code: "UP_FAILED", message: expect.stringContaining("127.0.0.1:9/none:1") as string });
        await expect(compose.pull(stack, ["web"], {})).rejects.toMatchObject({ code: "PULL_FAILED", isRetryable: true });
    });

    it("says that the Engine is away", async () => {
        const stack = await project({ Dockerfile: `FROM ${BASE_IMAGE}\n`, "compose.yaml": "services: {web: {build: ., image: x}}" });
        const away = new ComposeCli({ ...settings, dockerSocket: path.join(root, "none.sock") });
        const unavailable = { code: "DOCKER_UNAVAILABLE", isRetryable: true };
        await expect(away.build(stack, ["web"], { buildArgs: [] })).rejects.toMatchObject(unavailable);
        await expect(away.pull(stack, ["web"], {})).rejects.toMatchObject(unavailable);
        await expect(away.up(stack, { shouldPull: false })).rejects.toMatchObject(unavailable);
        await expect(away.act(stack, "down", {})).rejects.toMatchObject(unavailable);
    });
});
