import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ALL_ENDPOINTS } from "../../common/endpoints.ts";
import { Secret } from "../../backend/domain/secret.ts";
import type { StandaloneHost } from "../../backend/host/standalone/standalone-host.ts";
import { MemoryAgents } from "../fixtures/memory-agents.ts";
import { freePort } from "../fixtures/server.ts";
import { PASSWORD, startStandalone, USERNAME, type Client, type Standalone } from "../fixtures/standalone-host.ts";

const COMPOSE = "services:\n    web:\n        image: nginx\n";

/** Says which server was asked. */
const verbs = (name: string) => (host: StandaloneHost) => {
    host.answer("getDeployment", ([id]) => Promise.resolve({ ok: true, deployment: { id, server: name } }));
};

describe("a hub and an agent, both of ours", () => {
    let hub: Standalone;
    let agent: Standalone;
    let browser: Client;
    let agents: MemoryAgents;
    let port: number;
    let endpoint: string;

    const add = async (fields: Record<string, unknown> = {}) => await browser.call("addAgent", { url: agent.url, username: USERNAME, password: PASSWORD, ...fields });
    const ask = async (event: string, ...args: unknown[]) => await browser.call("agent", endpoint, event, ...args);
    const status = async (wanted: string, client = browser) => {
        const [push] = await client.push("agentStatus", (found: { endpoint: string; status: string }) => found.endpoint === endpoint && found.status === wanted);
        return push as Record<string, unknown>;
    };
    const startAgent = async () => await startStandalone({ register: verbs("agent"), version: "1.2.3", config: { port } });

    beforeAll(async () => {
        agents = new MemoryAgents();
        port = await freePort();
        endpoint = `127.0.0.1:${port}`;
        agent = await startAgent();
        hub = await startStandalone({ register: verbs("hub"), agents, version: "1.2.3" });
        browser = await (await hub.connect()).login();
    });
    afterAll(async () => {
        await hub.stop();
        await agent.stop();
    });

    it.each([
        ["a wrong password", { password: "wrong-horse-1" }, "AGENT_REFUSED"],
        ["nobody there", { url: "http://127.0.0.1:1" }, "AGENT_OFFLINE"],
        ["a name that does not exist", { url: "http://agent.invalid:5001" }, "AGENT_OFFLINE"],
        ["another protocol", { url: "ftp://127.0.0.1" }, "INPUT_INVALID"],
        ["credentials in the address", { url: "http://me:secret@127.0.0.1:5001" }, "INPUT_INVALID"],
        ["a metadata address", { url: "http://169.254.169.254" }, "INPUT_INVALID"],
    ])("refuses %s, and stores nothing", async (_name, fields, code) => {
        expect(await add(fields)).toMatchObject({ ok: false, code, msg: expect.any(String) });
        expect(agents.rows).toEqual([]);
    });

    it("knows itself under its own and under another name", async () => {
        expect(await add({ url: hub.url })).toMatchObject({ ok: false, code: "INPUT_INVALID", msg: expect.stringContaining("this server itself") });
        expect(await add({ url: hub.url.replace("127.0.0.1", "localhost") })).toMatchObject({ ok: false, msg: expect.stringContaining("this server itself") });
    });

    it("adds one, and shows its stacks", async () => {
        expect(await add({ name: "Attic" })).toEqual({ ok: true, msg: "agentAddedSuccessfully", msgi18n: true });
        await status("online");
        const [list] = await browser.push("agentList", ({ agentList }: { agentList: object }) => endpoint in agentList);
        expect(list).toEqual({
            ok: true,
            agentList: { "": { url: "", username: "", endpoint: "", name: "" }, [endpoint]: { url: agent.url, username: USERNAME, endpoint, name: "Attic" } },
        });
        expect(await browser.push("stackList", (push: { endpoint: string }) => push.endpoint === endpoint)).toMatchObject([{ ok: true, endpoint }]);
        expect(await add()).toMatchObject({ ok: false, code: "AGENT_EXISTS" });
    });

    it("waits for an agent that is just being connected", async () => {
        const early = await hub.connect();
        void early.call("login", { username: USERNAME, password: PASSWORD, token: "" });
        await early.push("info", ({ version }: { version?: string }) => version !== undefined);
        expect(await early.call("agent", endpoint, "getDeployment", "d1")).toMatchObject({ ok: true, deployment: { server: "agent" } });
        early.socket.disconnect();
    });

    it("deploys a stack there, and shows what is printed to those who watch", async () => {
        const bystander = await (await hub.connect()).login();
        expect(await ask("deployStack", "web", COMPOSE, "", true)).toMatchObject({ ok: true, msg: "Deployed" });
        await browser.push("terminalWrite", (name: string) => name === `compose-${endpoint}-web`);
        await browser.push("stackList", (push: { endpoint: string; stackList: Record<string, unknown> }) => push.endpoint === endpoint && "web" in push.stackList);
        expect(await ask("getStack", "web")).toMatchObject({ ok: true, stack: { composeYAML: COMPOSE, endpoint } });
        expect(await browser.agent("getStack", "web")).toMatchObject({ ok: false, code: "STACK_NOT_FOUND" });
        expect(bystander.pushes.filter(({ event }) => event === "terminalWrite")).toEqual([]);
        bystander.socket.disconnect();
    });

    it("asks the agent for what Git Deploy knows", async () => {
        expect(await ask("getDeployment", "d1")).toEqual({ ok: true, deployment: { id: "d1", server: "agent" } });
        expect(await browser.agent("getDeployment", "d1")).toMatchObject({ deployment: { server: "hub" } });
    });

    it("answers what nobody knows, and calls without log-in", async () => {
        expect(await ask("noSuchEvent")).toMatchObject({ ok: false, code: "NOT_FOUND" });
        expect(await browser.call("agent", "10.9.8.7:5001", "getStack", "web")).toMatchObject({ ok: false, code: "NOT_FOUND" });
        const stranger = await hub.connect();
        expect(await stranger.call("agent", endpoint, "getStack", "web")).toMatchObject({ ok: false, code: "NOT_LOGGED_IN" });
        expect(await stranger.call("addAgent", { url: agent.url, username: "a", password: "b" })).toMatchObject({ ok: false, code: "NOT_LOGGED_IN" });
        expect(stranger.pushes.map(({ event }) => event)).not.toContain("agentList");
    });

    it("asks all of them, itself included", async () => {
        expect(await browser.call("agent", ALL_ENDPOINTS, "requestStackList")).toMatchObject({ ok: true, msg: "Updated", agents: { [endpoint]: { ok: true, msg: "Updated" } } });
    });

    it("goes no further when it is an agent itself", async () => {
        await agent.stop();
        const beyond = new MemoryAgents();
        await beyond.add({ url: hub.url, username: USERNAME, password: new Secret(PASSWORD), name: "" });
        agent = await startStandalone({ agents: beyond, config: { port } });
        const asHub = await (await agent.connect({ endpoint })).login();
        await asHub.push("stackList");
        expect(asHub.pushes.map(({ event }) => event)).not.toContain("agentStatus");
        expect(await asHub.call("agent", new URL(hub.url).host, "getStack", "web")).toMatchObject({ ok: false, code: "NOT_FOUND" });
        expect(await asHub.call("agent", ALL_ENDPOINTS, "requestStackList")).toEqual({ ok: true, msg: "Updated", msgi18n: true });
    });

    it("says that an agent is gone, and finds it again", async () => {
        await agent.stop();
        const watcher = await (await hub.connect()).login();
        expect(await status("offline", watcher)).toMatchObject({ code: "AGENT_OFFLINE", reason: expect.any(String) });
        expect(await watcher.call("agent", endpoint, "startStack", "web")).toMatchObject({ ok: false, code: "AGENT_OFFLINE", msg: expect.stringContaining("Nothing listens there") });
        agent = await startAgent();
        await status("online", watcher);
        browser.forget();
        watcher.socket.disconnect();
    }, 30_000);

    it("says what to do when the password there is another one now", async () => {
        const [row] = agents.rows;
        const right = row!.password;
        row!.password = new Secret("another-horse-2");
        const other = await startStandalone({ agents });
        const watcher = await (await other.connect()).login();
        expect(await status("offline", watcher)).toMatchObject({ msg: expect.stringContaining("does not accept this user and password") });
        expect(await watcher.call("agent", endpoint, "getStack", "web")).toMatchObject({ ok: false, code: "AGENT_OFFLINE" });
        await other.stop();
        row!.password = right;
    });

    it("renames and removes it on every screen", async () => {
        const second = await (await hub.connect()).login();
        await status("online", second);
        expect(await browser.call("updateAgent", agent.url, "Cellar")).toEqual({ ok: true, msg: "agentUpdatedSuccessfully", msgi18n: true });
        await second.push("agentList", ({ agentList }: { agentList: Record<string, { name: string }> }) => agentList[endpoint]?.name === "Cellar");
        second.forget();
        expect(await browser.call("removeAgent", agent.url)).toEqual({ ok: true, msg: "agentRemovedSuccessfully", msgi18n: true });
        await second.push("agentList", ({ agentList }: { agentList: object }) => !(endpoint in agentList));
        expect(await second.push("stackList", (push: { endpoint: string }) => push.endpoint === endpoint)).toEqual([{ ok: true, stackList: {}, endpoint }]);
        expect(await second.call("agent", endpoint, "getStack", "web")).toMatchObject({ ok: false, code: "NOT_FOUND" });
        expect(await browser.call("removeAgent", agent.url)).toMatchObject({ ok: false, code: "NOT_FOUND" });
        expect(hub.audit.entries.map(({ action }) => action)).toEqual(expect.arrayContaining(["agent.add", "agent.remove"]));
    });
});
