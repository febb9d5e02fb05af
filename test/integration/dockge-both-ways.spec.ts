import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DeploymentView } from "../../common/views.ts";
import { openDatabase } from "../../db/database.ts";
import { BASE_IMAGE, ensureBaseImage } from "../fixtures/base-image.ts";
import { removeProject, uniqueProject } from "../fixtures/engine.ts";
import { startGitHttpServer, type GitHttpServer } from "../fixtures/git-http-server.ts";
import { TestRepository } from "../fixtures/git-repository.ts";
import { findDockge } from "../fixtures/real-dockge.ts";
import { freePort } from "../fixtures/server.ts";
import { Client, PASSWORD, USERNAME } from "../fixtures/standalone-host.ts";

const found = findDockge();
const isReal = "directory" in found;
if (!isReal) {
    console.warn(`NOT RUN: Dockge with us, Dockge alone and our own server on one data folder (${found.why})`);
}

const project = path.join(import.meta.dirname, "../..");
const loader = path.join(project, "node_modules/tsx/dist/loader.mjs");
/** Sorts after every migration that Dockge has. */
const NEWER_MIGRATION = "2099-01-01-0000-newer.js";

const compose = (answer: string) => `services:\n    web:\n        image: ${BASE_IMAGE}\n        command: ["sh", "-c", "echo ${answer}; exec sleep 600"]\n        stop_grace_period: 0s\n`;

/** One data folder and one stacks folder that move from host to host, as a person would move them. */
describe.skipIf(!isReal)(`one data folder, with ${isReal ? found.directory : "no Dockge"}`, () => {
    let root: string;
    let git: GitHttpServer;
    let repository: TestRepository;
    let url: string;
    let port: number;
    /** A copy of Dockge's own folder that a later version could be. */
    let later: string;
    const stack = uniqueProject("both-ways");
    const running: ChildProcess[] = [];
    const clients: Client[] = [];

    beforeAll(async () => {
        await ensureBaseImage();
        root = await realpath(await mkdtemp(path.join(os.tmpdir(), "both-ways-")));
        await mkdir(path.join(root, "stacks"));
        repository = new TestRepository(path.join(root, "git"), "app");
        await repository.init({ allowsShaWants: true });
        await repository.commit({ "compose.yaml": compose("one") });
        git = await startGitHttpServer({ root: path.join(root, "git") });
        port = await freePort();
        url = `http://127.0.0.1:${port}`;
        later = path.join(root, "later");
        await laterDockge(isReal ? found.directory : "", later);
    }, 60_000);
    afterAll(async () => {
        clients.forEach((client) => client.socket.disconnect());
        running.forEach((child) => child.kill("SIGKILL"));
        await git.close();
        await removeProject(stack);
        await rm(root, { recursive: true, force: true });
    }, 60_000);

    const start = async (cwd: string, node: string, entry: string): Promise<() => Promise<void>> => {
        const child = spawn(node, ["--import", loader, entry], {
            cwd,
            stdio: ["ignore", "ignore", "inherit"],
            env: {
                PATH: process.env["PATH"] ?? "",
                HOME: root,
                DOCKGE_PORT: String(port),
                DOCKGE_HOSTNAME: "127.0.0.1",
                DOCKGE_DATA_DIR: path.join(root, "data"),
                DOCKGE_STACKS_DIR: path.join(root, "stacks"),
                GIT_DEPLOY_INSECURE_HTTP_HOSTS: "127.0.0.1",
            },
        });
        running.push(child);
        await expect.poll(async () => await fetch(`${url}/robots.txt`).then((page) => page.ok, () => false), { timeout: 30_000, interval: 200 }).toBe(true);
        return async () => {
            clients.splice(0).forEach((client) => client.socket.disconnect());
            child.kill("SIGTERM");
            await once(child, "exit");
        };
    };
    const node = isReal ? found.node : "";
    const attached = async () => await start(isReal ? found.directory : "", node, path.join(project, "backend/attach.ts"));
    const vanilla = async () => await start(later, node, "backend/index.ts");
    const standalone = async () => await start(project, process.execPath, path.join(project, "backend/index.ts"));
    const connect = async (): Promise<Client> => {
        const client = await new Client(url).connected();
        clients.push(client);
        return client;
    };
    const logIn = async () => await (await connect()).login();
    const ended = async (client: Client, { id }: DeploymentView): Promise<DeploymentView> => {
        const [last] = await client.push("deploymentUpdated", (push: { deployment: DeploymentView }) => push.deployment.id === id && push.deployment.completedAt !== null);
        return (last as { deployment: DeploymentView }).deployment;
    };

    it("links, deploys and goes back inside Dockge, with its terminal showing it", async () => {
        const stop = await attached();
        await (await connect()).call("setup", USERNAME, PASSWORD);
        const client = await logIn();
        expect(await client.agent("saveStack", stack, compose("by hand"), "", true)).toMatchObject({ ok: true });
        const saved = await client.agent("saveGitRepository", stack, { url: git.urlOf("app"), branch: "main", authType: "none", provider: "generic" });
        expect(saved).toMatchObject({ ok: true });
        const deploy = async () => {
            const answer = await client.agent("deployFromGit", stack, {});
            expect(answer).toMatchObject({ ok: true });
            return await ended(client, answer["deployment"] as DeploymentView);
        };
        const first = await deploy();
        expect(first).toMatchObject({ status: "successful" });
        expect(await client.push("terminalWrite", (name: string) => name === `compose--${stack}`)).toBeDefined();
        await repository.commit({ "compose.yaml": compose("two") });
        expect(await deploy()).toMatchObject({ status: "successful" });
        expect((await client.agent("getStack", stack))["stack"]).toMatchObject({ composeYAML: compose("two"), latestDeployment: { status: "successful" } });
        const back = await client.agent("rollbackDeployment", first.id);
        expect(await ended(client, back["deployment"] as DeploymentView)).toMatchObject({ status: "successful", commitSha: first.commitSha });
        expect((await client.agent("getStack", stack))["stack"]).toMatchObject({ composeYAML: compose("one") });
        await client.push("stackList", (push: { stackList: Record<string, { status: number; latestDeployment?: unknown } | undefined> }) => push.stackList[stack]?.status === 3);
        await stop();
    }, 120_000);

    it("is Dockge again without us: its newer migration runs, its log-in and its stack are there", async () => {
        const stop = await vanilla();
        const client = await logIn();
        expect((await client.agent("getStack", stack))["stack"]).toMatchObject({ composeYAML: compose("one") });
        await client.push("stackList", (push: { stackList: Record<string, { status: number } | undefined> }) => push.stackList[stack]?.status === 3);
        expect(await client.agent("restartStack", stack)).toMatchObject({ ok: true });
        expect((await fetch(`${url}/api/health`)).headers.get("content-type")).toContain("text/html");
        await stop();
        const database = await openDatabase({ directory: path.join(root, "data") });
        expect(await database.knex("newer_table").first()).toEqual({ text: "made by a newer Dockge" });
        expect(await database.checkIntegrity()).toEqual([]);
        await database.close();
    }, 60_000);

    it("is all there on our own server, and inside Dockge afterwards", async () => {
        for (const host of [standalone, attached]) {
            const stop = await host();
            const client = await logIn();
            const list = await client.agent("getDeploymentList", stack, {});
            expect(list).toMatchObject({ ok: true, total: 3 });
            expect(await client.agent("getGitRepository", stack)).toMatchObject({ gitRepository: { url: git.urlOf("app") } });
            await stop();
        }
    }, 120_000);
});

/** Dockge's sources with one migration more; what is built and installed is shared. */
async function laterDockge(directory: string, copy: string): Promise<void> {
    await mkdir(copy);
    for (const part of ["backend", "common", "package.json", "tsconfig.json"]) {
        await cp(path.join(directory, part), path.join(copy, part), { recursive: true });
    }
    for (const part of ["node_modules", "frontend-dist"]) {
        await symlink(path.join(directory, part), path.join(copy, part));
    }
    const migration = "export async function up(knex) {\n    await knex.schema.createTable(\"newer_table\", (table) => table.text(\"text\"));\n    await knex(\"newer_table\").insert({ text: \"made by a newer Dockge\" });\n}\nexport async function down() {}\n";
    await writeFile(path.join(copy, "backend/migrations", NEWER_MIGRATION), migration);
}
