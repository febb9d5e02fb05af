import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { generate } from "otplib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { SessionView } from "../../common/account-wire.ts";
import { readDatabase } from "../fixtures/read-database.ts";
import { findDockge } from "../fixtures/real-dockge.ts";
import { startServer, type TestServer } from "../fixtures/server.ts";
import { Client, PASSWORD, USERNAME } from "../fixtures/standalone-host.ts";
import { startVanillaDockge } from "../fixtures/vanilla-dockge.ts";

const found = findDockge();
const isReal = "directory" in found;
if (!isReal) {
    console.warn(`NOT RUN: a data folder that a real Dockge has made (${found.why})`);
}

const attachEntry = path.join(import.meta.dirname, "../../backend/attach.ts");
const COMPOSE = "# a remark\nservices:\n\n  web:\n    image: \"nginx:1\"\n";

/** Log-in, settings, stacks, agents, the second factor and sessions, as one folder goes from server to server. */
describe.skipIf(!isReal)(`a data folder made by ${isReal ? found.directory : "no Dockge"}`, () => {
    let root: string;
    let agent: TestServer;
    let token: string;
    let secret: string;
    let folders: { DOCKGE_DATA_DIR: string; DOCKGE_STACKS_DIR: string };
    let stop: () => Promise<void> = () => Promise.resolve();
    const clients: Client[] = [];

    beforeAll(async () => {
        root = await realpath(await mkdtemp(path.join(os.tmpdir(), "dockge-folder-")));
        folders = { DOCKGE_DATA_DIR: path.join(root, "data"), DOCKGE_STACKS_DIR: path.join(root, "stacks") };
        agent = await startServer();
        await (await connect(agent.url)).call("setup", USERNAME, PASSWORD);
    });
    // A test that fails must not leave a server on the folder of the next one.
    afterEach(async () => {
        clients.splice(0).forEach((client) => client.socket.disconnect());
        await stop();
        stop = () => Promise.resolve();
    });
    afterAll(async () => {
        await agent?.remove();
        await rm(root, { recursive: true, force: true });
    });

    const connect = async (url: string): Promise<Client> => {
        const client = await new Client(url).connected();
        clients.push(client);
        return client;
    };
    const dockge = async (entry?: string): Promise<string> => {
        const server = await startVanillaDockge(isReal ? found : { directory: "", node: "" }, folders, entry);
        stop = () => server.remove();
        return server.url;
    };
    const ours = async (): Promise<TestServer> => {
        const server = await startServer({ dataDirectory: folders.DOCKGE_DATA_DIR, stacksDirectory: folders.DOCKGE_STACKS_DIR });
        stop = () => server.remove();
        return server;
    };
    /** Each code counts once: the former one is still taken, and leaves the present one for the next log-in. */
    const code = async (which: "former" | "present") => await generate({ secret, epoch: Math.floor(Date.now() / 1000) - (which === "former" ? 30 : 0) });
    const agentPassword = async () => (await readDatabase(folders.DOCKGE_DATA_DIR, async (query) => await query<{ password: string }>("SELECT password FROM agent")))[0]?.password;
    const isOnline = async (client: Client) => await client.push("agentStatus", (push: { endpoint: string; status: string }) => push.endpoint === new URL(agent.url).host && push.status === "online");
    /** What has to be there at every stop of the way. */
    const expectEverything = async (client: Client) => {
        expect(await client.call("getSettings")).toMatchObject({ ok: true, data: { primaryHostname: "stacks.example.test" } });
        expect((await client.agent("getStack", "shop"))["stack"]).toMatchObject({ composeYAML: COMPOSE, isManagedByDockge: true });
        await client.push("agentList", (push: { agentList: object }) => new URL(agent.url).host in push.agentList);
    };

    it("begins with a user, settings, a stack and an agent", async () => {
        const url = await dockge();
        const client = await connect(url);
        await client.call("setup", USERNAME, PASSWORD);
        token = (await client.call("login", { username: USERNAME, password: PASSWORD, token: "" }))["token"] as string;
        await client.call("setSettings", { primaryHostname: "stacks.example.test", checkUpdate: false }, "");
        await client.agent("saveStack", "shop", COMPOSE, "", true);
        expect(await client.call("addAgent", { url: agent.url, username: USERNAME, password: PASSWORD, name: "" })).toMatchObject({ ok: true });
        await isOnline(client);
        expect(await agentPassword()).toBe(PASSWORD);
    });

    it("opens in our own server, which takes Dockge's token and encrypts the agent's password", async () => {
        const server = await ours();
        const client = await connect(server.url);
        expect(await client.call("loginByToken", token)).toMatchObject({ ok: true });
        await expectEverything(client);
        await isOnline(client);
        const other = await (await connect(server.url)).login();
        const kinds = ((await other.call("listSessions"))["sessions"] as SessionView[]).map(({ kind }) => kind);
        expect(kinds.sort()).toEqual(["adopted", "browser"]);
        secret = (await client.call("prepare2FA", PASSWORD))["secret"] as string;
        expect(await client.call("save2FA", PASSWORD, await code("former"))).toMatchObject({ ok: true });
        const visitor = await connect(server.url);
        expect(await visitor.call("login", { username: USERNAME, password: PASSWORD, token: "" })).toEqual({ tokenRequired: true });
        await server.stop();
        expect(await agentPassword()).not.toContain(PASSWORD);
        expect((await readFile(path.join(folders.DOCKGE_DATA_DIR, "dockge.db"))).includes(PASSWORD)).toBe(false);
    });

    it("opens inside Dockge, which gets its agent's password back", async () => {
        const client = await (await connect(await dockge(attachEntry))).login();
        await expectEverything(client);
        await isOnline(client);
        expect(await agentPassword()).toBe(PASSWORD);
    });

    it("opens in our own server again, with the second factor as it was, and is made ready for Dockge alone", async () => {
        const server = await ours();
        const client = await connect(server.url);
        expect(await client.call("login", { username: USERNAME, password: PASSWORD, token: "" })).toEqual({ tokenRequired: true });
        expect(await client.call("login", { username: USERNAME, password: PASSWORD, token: await code("present") })).toMatchObject({ ok: true });
        await expectEverything(client);
        expect((await server.runScript("back-to-dockge")).stderr).toContain("DATA_DIR_LOCKED");
        await server.stop();
        expect(await agentPassword()).not.toContain(PASSWORD);
        expect(await server.runScript("back-to-dockge")).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("1 password of an agent is plain text now") });
        expect(await agentPassword()).toBe(PASSWORD);
        expect(await server.runScript("back-to-dockge")).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("nothing to change") });
    });

    it("opens in Dockge without us", async () => {
        const client = await (await connect(await dockge())).login();
        await expectEverything(client);
        await isOnline(client);
        expect(await client.agent("saveStack", "shop", COMPOSE, "", false)).toMatchObject({ ok: true });
    });
});
