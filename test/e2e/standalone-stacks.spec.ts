import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ComposeCli } from "../../backend/adapters/docker/compose-cli.ts";
import { DockerEngine } from "../../backend/adapters/docker/docker-engine.ts";
import { BASE_IMAGE, ensureBaseImage } from "../fixtures/base-image.ts";
import { containersOf, docker as cli, removeProject, uniqueProject } from "../fixtures/engine.ts";
import { freePort } from "../fixtures/server.ts";
import { startStandalone, type Client, type Standalone } from "../fixtures/standalone-host.ts";

/** Dockge's buttons over real sockets, with the real Compose and the real Engine. */

const settings = { searchPath: process.env["PATH"] ?? "", dockerSocket: "/var/run/docker.sock" };
type ListPush = { stackList: Record<string, { status: number; isManagedByDockge: boolean }> };
type Services = Record<string, { status: string; name: string; ports?: { publicPort: number }[] }[]>;

let server: Standalone;
let client: Client;
const projects: string[] = [];

beforeAll(async () => await ensureBaseImage());
beforeEach(async () => {
    server = await startStandalone({ compose: new ComposeCli(settings), docker: new DockerEngine(settings) });
    client = await (await server.connect()).login();
});
afterEach(async () => {
    await server.stop();
    await Promise.all(projects.splice(0).map(removeProject));
});
afterAll(async () => await cli(["image", "prune", "-f", "--filter", "label=git-deploy-test=buttons"], { isFailureFine: true }));

const file = (...parts: string[]) => path.join(server.stacksDirectory, ...parts);
const idle = (more = "") => `    image: ${BASE_IMAGE}\n    init: true\n    stop_grace_period: 1s\n    command: ["sleep", "600"]\n${more}`;

function project(purpose: string): string {
    const name = uniqueProject(purpose);
    projects.push(name);
    return name;
}

async function ok(event: string, ...args: unknown[]) {
    const answer = await client.agent(event, ...args);
    expect(answer, `${event} ${JSON.stringify(args)}`).toMatchObject({ ok: true });
    return answer;
}

const status = async (stack: string, wanted: number) => await client.push("stackList", (push: ListPush) => push.stackList[stack]?.status === wanted);
const services = async (stack: string) => (await ok("serviceStatusList", stack))["serviceStatusList"] as Services;

describe("services of a stack", () => {
    it("start, stop and restart one by one, with ports, states and what they use", async () => {
        const name = project("services");
        const port = await freePort();
        const yaml = `services:\n  web:\n${idle(`    ports: ["127.0.0.1:${port}:80"]\n`)}  job:\n${idle()}`;
        await ok("deployStack", name, yaml, "", true);
        await status(name, 3);
        const running = await services(name);
        expect(running).toMatchObject({ web: [{ status: "running", ports: [{ publicPort: port, privatePort: 80, protocol: "tcp", address: "127.0.0.1" }] }], job: [{ status: "running" }] });

        const { dockerStats } = (await ok("dockerStats")) as unknown as { dockerStats: Record<string, Record<string, string>> };
        const line = dockerStats[running["web"]?.[0]?.name ?? ""] ?? {};
        const [shown] = JSON.parse(`[${(await cli(["stats", "--no-stream", "--format", "{{json .}}", running["web"]?.[0]?.name ?? ""])).stdout}]`) as Record<string, string>[];
        expect(Object.keys(line).sort()).toEqual(Object.keys(shown ?? {}).sort());
        expect(line).toMatchObject({ Name: shown?.["Name"], PIDs: shown?.["PIDs"], CPUPerc: expect.stringMatching(/^\d+\.\d\d%$/), MemUsage: expect.stringMatching(/^[\d.]+[KM]iB \/ [\d.]+GiB$/) });
        expect(line["MemUsage"]?.split(" / ")[1]).toBe(shown?.["MemUsage"]?.split(" / ")[1]);

        const webBefore = (await containersOf(name)).find(({ service }) => service === "web");
        await ok("stopService", name, "job");
        expect(await services(name)).toMatchObject({ web: [{ status: "running" }], job: [{ status: "exited" }] });
        await ok("startService", name, "job");
        await ok("restartService", name, "job");
        expect(await services(name)).toMatchObject({ web: [{ status: "running" }], job: [{ status: "running" }] });
        expect((await containersOf(name)).find(({ service }) => service === "web")?.id).toBe(webBefore?.id);
        expect(await client.agent("restartService", name, "nobody")).toMatchObject({ ok: false, msg: expect.stringContaining("no such service: nobody") });

        expect((await ok("getDockerNetworkList"))["dockerNetworkList"]).toEqual(expect.arrayContaining(["bridge", `${name}_default`]));
        await ok("downStack", name);
        expect(await services(name)).toEqual({});
        expect(await containersOf(name)).toEqual([]);
    });

    it("are built anew by the build button, and not by Deploy", async () => {
        const name = project("built");
        const yaml = `services:\n  app:\n    build: .\n    image: ${name}-app\n    init: true\n    stop_grace_period: 1s\n    command: ["sleep", "600"]\n`;
        const dockerfile = (version: string) => `FROM ${BASE_IMAGE}\nLABEL git-deploy-test=buttons\nRUN echo ${version} > /version\n`;
        await ok("saveStack", name, yaml, "", true);
        await writeFile(file(name, "Dockerfile"), dockerfile("one"));
        await ok("deployStack", name, yaml, "", false);
        const version = async () => (await cli(["exec", (await containersOf(name))[0]?.id ?? "", "cat", "/version"])).stdout.trim();
        expect(await version()).toBe("one");
        await writeFile(file(name, "Dockerfile"), dockerfile("two"));
        await ok("deployStack", name, yaml, "", false);
        expect(await version()).toBe("one");
        expect(await client.agent("buildStack", name)).toEqual({ ok: true, msg: "Built", msgi18n: true });
        expect(await version()).toBe("two");
        const [, text] = await client.push("terminalWrite", (terminal: string, chunk: string) => terminal === `compose--${name}` && chunk.includes("echo two"));
        expect(text).toContain("\r\n");

        await writeFile(file(name, "Dockerfile"), `${dockerfile("three")}RUN false\n`);
        expect(await client.agent("buildStack", name)).toMatchObject({ ok: false, code: "BUILD_FAILED" });
        expect(await version()).toBe("two");
        await ok("saveStack", name, `services:\n  app:\n${idle()}`, "", false);
        expect(await client.agent("buildStack", name)).toMatchObject({ ok: false, code: "INPUT_INVALID", msg: expect.stringContaining("build section") });
    });
});

describe("the state of a stack", () => {
    it("is right in an upper-case folder with a dot, whoever started it", async () => {
        const name = project("upper");
        const folder = name.replace("gdt-upper", "GDT.-Upper");
        await mkdir(file(folder));
        await writeFile(file(folder, "compose.yaml"), `services:\n  web:\n${idle()}`);
        await cli(["compose", "up", "-d"], { cwd: file(folder) });
        await status(folder, 3);
        expect(await containersOf(name)).toHaveLength(1);
        expect(Object.keys(await services(folder))).toEqual(["web"]);
        const before = (await containersOf(name))[0]?.id;
        await ok("startStack", folder);
        expect((await containersOf(name))[0]?.id).toBe(before);
        await ok("stopStack", folder);
        client.forget();
        await ok("requestStackList");
        await status(folder, 4);
        await ok("deleteStack", folder);
        expect(await containersOf(name)).toEqual([]);
    });

    it("is right when the file names the project, by a word or by a variable", async () => {
        const [byWord, byVariable] = [project("word"), project("variable")];
        for (const [folder, name] of [["worded", byWord], ["computed", `\${PROJECT:-${byVariable}}`]] as const) {
            await mkdir(file(folder));
            await writeFile(file(folder, "compose.yaml"), `name: ${name}\nservices:\n  web:\n${idle()}`);
            await cli(["compose", "up", "-d"], { cwd: file(folder) });
        }
        for (const [folder, name] of [["worded", byWord], ["computed", byVariable]] as const) {
            await status(folder, 3);
            expect(Object.keys(await services(folder))).toEqual(["web"]);
            const before = (await containersOf(name))[0]?.id;
            await ok("startStack", folder);
            expect((await containersOf(name)).map(({ id }) => id)).toEqual([before]);
            await ok("downStack", folder);
            expect(await containersOf(name)).toEqual([]);
        }
    });

    it("is right for a symbolic link to a folder elsewhere, which is used and never written", async () => {
        const name = project("link");
        const clone = path.join(server.stacksDirectory, "..", "clone", "deploy");
        const yaml = `services:\n  web:\n${idle()}`;
        await mkdir(clone, { recursive: true });
        await writeFile(path.join(clone, "compose.yaml"), yaml);
        await symlink(clone, file(name));
        await ok("startStack", name);
        await status(name, 3);
        expect(Object.keys(await services(name))).toEqual(["web"]);
        expect(await client.agent("saveStack", name, `${yaml}# 2\n`, "", false)).toMatchObject({ ok: false, code: "SYMLINK_REFUSED" });
        await ok("deleteStack", name);
        expect(await containersOf(name)).toEqual([]);
        expect(await readFile(path.join(clone, "compose.yaml"), "utf8")).toBe(yaml);
    });

    it("is shown for a stack from elsewhere, which is not ours to start", async () => {
        const name = project("foreign");
        const elsewhere = path.join(server.stacksDirectory, "..", name);
        await mkdir(elsewhere);
        await writeFile(path.join(elsewhere, "compose.yaml"), `services:\n  web:\n${idle()}`);
        await cli(["compose", "up", "-d"], { cwd: elsewhere });
        const [{ stackList }] = (await client.push("stackList", (push: ListPush) => push.stackList[name]?.status === 3)) as [ListPush];
        expect(stackList[name]?.isManagedByDockge).toBe(false);
        expect(Object.keys(await services(name))).toEqual(["web"]);
        expect(await client.agent("stopStack", name)).toMatchObject({ ok: false, code: "STACK_NOT_FOUND" });
    });
});
