import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StandaloneHost } from "../../backend/host/standalone/standalone-host.ts";
import { ALL_ENDPOINTS } from "../../common/endpoints.ts";
import { startAttachedDockge, startPlainDockge, type AttachedDockge } from "../fixtures/attached-dockge.ts";
import { findDockge, type DockgeCheckout } from "../fixtures/real-dockge.ts";
import { Client, PASSWORD, startStandalone, USERNAME, type Standalone } from "../fixtures/standalone-host.ts";

const found = findDockge();
if ("why" in found) {
    console.warn(`NOT RUN: our server as the hub and as the agent of a real Dockge (${found.why})`);
}

const STACK = "agent-files";
const COMPOSE = "services:\n    web:\n        image: nginx\n";

/** Without a user there is nobody to log in as. */
async function setUp(dockge: AttachedDockge): Promise<void> {
    const client = await new Client(dockge.url).connected();
    await client.call("setup", USERNAME, PASSWORD);
    client.socket.disconnect();
}

async function online(client: Client, endpoint: string): Promise<void> {
    await client.push("agentStatus", (push: { endpoint: string; status: string }) => push.endpoint === endpoint && push.status === "online");
}

async function stacksOf(client: Client, endpoint: string, stack: string): Promise<unknown> {
    const [push] = await client.push("stackList", (list: { endpoint?: string; stackList: object }) => list.endpoint === endpoint && stack in list.stackList);
    return push;
}

describe.skipIf("why" in found)(`agents, with ${"why" in found ? "no Dockge" : found.directory}`, () => {
    const checkout = found as DockgeCheckout;
    let plain: AttachedDockge;
    let attached: AttachedDockge;
    let ours: Standalone;
    let browser: Client;
    const clients: Client[] = [];
    const endpointOf = ({ url }: { url: string }) => new URL(url).host;
    const at = async (dockge: { url: string }, event: string, ...args: unknown[]) => await browser.call("agent", endpointOf(dockge), event, ...args);

    beforeAll(async () => {
        [plain, attached] = [await startPlainDockge(checkout), await startAttachedDockge(checkout)];
        await setUp(plain);
        await setUp(attached);
        for (const folder of [plain, attached]) {
            await mkdir(path.join(folder.stacksDirectory, STACK));
            await writeFile(path.join(folder.stacksDirectory, STACK, "compose.yaml"), COMPOSE);
        }
        ours = await startStandalone({
            version: "1.2.3",
            register: (host: StandaloneHost) => host.answer("getDeployment", ([id]) => Promise.resolve({ ok: true, deployment: { id } })),
        });
        browser = await (await ours.connect()).login();
    }, 60_000);
    afterAll(async () => {
        clients.forEach((client) => client.socket.disconnect());
        await ours.stop();
        await plain.remove();
        await attached.remove();
    }, 60_000);

    describe("our hub", () => {
        it("refuses a wrong password of a Dockge", async () => {
            expect(await browser.call("addAgent", { url: plain.url, username: USERNAME, password: "wrong-horse-1" })).toMatchObject({ ok: false, code: "AGENT_REFUSED" });
        });

        it("adds a Dockge, shows its stacks and reads and writes one", async () => {
            expect(await browser.call("addAgent", { url: plain.url, username: USERNAME, password: PASSWORD })).toMatchObject({ ok: true });
            await online(browser, endpointOf(plain));
            expect(await stacksOf(browser, endpointOf(plain), STACK)).toMatchObject({ ok: true });
            expect(await at(plain, "getStack", STACK)).toMatchObject({ ok: true, stack: { composeYAML: COMPOSE, endpoint: endpointOf(plain) } });
            // As our page sends it: with the hash of what was edited, which a Dockge does not know.
            expect(await at(plain, "saveStack", STACK, `${COMPOSE}# changed\n`, "", false, null)).toMatchObject({ ok: true, msg: "Saved" });
            expect(await at(plain, "getStack", STACK)).toMatchObject({ stack: { composeYAML: `${COMPOSE}# changed\n` } });
            // Answered by Dockge itself, after Compose: there is nothing in it to be started.
            expect(await at(plain, "deployStack", STACK, "services: {}\n", "", false, "a hash")).toMatchObject({ ok: false, msg: expect.stringMatching(/^Failed to deploy/) });
            expect(await at(plain, "terminalJoin", `compose-${endpointOf(plain)}-${STACK}`)).toMatchObject({ ok: true });
        });

        it("says what a Dockge without Git Deploy cannot do, instead of waiting for it", async () => {
            expect(await at(plain, "getGitRepository", STACK)).toMatchObject({ ok: false, code: "AGENT_UNSUPPORTED", msg: expect.stringContaining("does not have Git Deploy") });
        }, 15_000);

        it("asks a Dockge with Git Deploy for what it knows", async () => {
            expect(await browser.call("addAgent", { url: attached.url, username: USERNAME, password: PASSWORD, name: "Attached" })).toMatchObject({ ok: true });
            await online(browser, endpointOf(attached));
            expect(await at(attached, "getGitRepository", STACK)).toEqual({ ok: true, gitRepository: null });
            expect(await at(attached, "saveStack", STACK, `${COMPOSE}# changed\n`, "", false, "a hash")).toMatchObject({ ok: true, msg: "Saved" });
            expect(await at(attached, "getDeployment", "none")).toMatchObject({ ok: false, code: "DEPLOYMENT_NOT_FOUND" });
        });

        it("lets all of them scan their folders", async () => {
            expect(await browser.call("agent", ALL_ENDPOINTS, "requestStackList")).toMatchObject({
                ok: true,
                agents: { [endpointOf(plain)]: { ok: true, msg: "Updated" }, [endpointOf(attached)]: { ok: true } },
            });
        });
    });

    describe("our server as the agent of a Dockge", () => {
        it("is added there, lists its stacks, saves and deploys one, and answers our verbs", async () => {
            await mkdir(path.join(ours.stacksDirectory, STACK));
            await writeFile(path.join(ours.stacksDirectory, STACK, "compose.yaml"), COMPOSE);
            const hub = await new Client(plain.url).connected();
            clients.push(hub);
            await hub.login();
            expect(await hub.call("addAgent", { url: ours.url, username: USERNAME, password: PASSWORD, name: "" })).toMatchObject({ ok: true });
            const endpoint = endpointOf(ours);
            await online(hub, endpoint);
            expect(await stacksOf(hub, endpoint, STACK)).toMatchObject({ ok: true });
            const call = async (event: string, ...args: unknown[]) => await hub.call("agent", endpoint, event, ...args);
            expect(await call("getStack", STACK)).toMatchObject({ ok: true, stack: { composeYAML: COMPOSE, endpoint } });
            expect(await call("deployStack", STACK, COMPOSE, "", false)).toMatchObject({ ok: true, msg: "Deployed" });
            await hub.push("terminalWrite", (name: string) => name === `compose-${endpoint}-${STACK}`);
            expect(await call("getDeployment", "d1")).toEqual({ ok: true, deployment: { id: "d1" } });
            expect(await call("noSuchEvent")).toMatchObject({ ok: false, code: "NOT_FOUND" });
        }, 30_000);
    });
});
