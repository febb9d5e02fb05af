import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { importDockge, requireFamiliar, DockgeUnfamiliarError } from "../../backend/host/dockge/dockge-seams.ts";
import { attachedStandIn } from "../fixtures/attached-host.ts";
import { StandIn, StandInAgentSocket } from "../fixtures/dockge-stand-in.ts";

const YAML = "services:\n  web:\n    image: nginx\n";

/** What being inside Dockge adds to the contract; where a test has to hold Dockge's own programs, only the stand-in lets it. */
describe("inside Dockge (stand-in)", () => {
    let pages: string;
    let under: Awaited<ReturnType<typeof attachedStandIn>>;

    beforeEach(async () => {
        pages = await mkdtemp(path.join(os.tmpdir(), "embed-"));
        await writeFile(path.join(pages, "embed.js"), "export {};");
        under = await attachedStandIn(() => undefined, pages);
        await under.host.stacks.put("web", { composeYaml: YAML });
    });
    afterEach(async () => {
        await under.cleanUp();
        await rm(pages, { recursive: true });
    });

    it("hands on what is not ours and puts one script into Dockge's page", async () => {
        expect(await (await fetch(`${under.url}/robots.txt`)).text()).toContain("Disallow");
        const page = await (await fetch(`${under.url}/compose/web`)).text();
        expect(page).toMatch(/<div id="app"><\/div><script type="module" src="\/git-deploy\/assets\/embed\.js\?v=[0-9a-f]{12}"><\/script><\/body>/);
        const script = await fetch(`${under.url}/git-deploy/assets/embed.js`);
        expect([script.status, script.headers.get("content-type"), await script.text()]).toEqual([200, expect.stringContaining("javascript"), "export {};"]);
        for (const none of ["..%2f..%2fetc%2fpasswd", "former-Ab3dEf9h.js"]) {
            expect((await fetch(`${under.url}/git-deploy/assets/${none}`)).status).toBeGreaterThanOrEqual(400);
        }
        expect(await (await fetch(`${under.url}/git-deploy`)).text()).toContain("/git-deploy/assets/embed.js");
        const none = await fetch(`${under.url}/api/nothing`);
        expect([none.status, await none.json()]).toEqual([404, expect.objectContaining({ code: "NOT_FOUND" })]);
    });

    it("writes Dockge's buttons into the audit log, also that one failed, and not that one was refused", async () => {
        const client = await under.user();
        await client.agent("stopStack", "web");
        under.standIn.docker = Promise.reject(new Error("no such image"));
        // Also when nobody waits for it.
        under.standIn.docker.catch(() => undefined);
        expect(await client.agent("startStack", "web")).toMatchObject({ ok: false });
        await under.host.exclusive("web", "commit abc1234 is being released", async () => void (await client.agent("deleteStack", "web")));
        const actor = { kind: "user", name: under.userName, address: expect.stringContaining("127.0.0.1") as string };
        expect(under.audited).toEqual([
            { actor, action: "stack.stop", stackId: "web", subject: null, details: {} },
            { actor, action: "stack.start", stackId: "web", subject: null, details: { failed: "FAILED" } },
        ]);
    });

    it("refuses Dockge's buttons while we release, and Dockge's terminals too", async () => {
        const client = await under.user();
        let end = () => {};
        const release = under.host.exclusive("web", "commit abc1234 is being released", () => new Promise<void>((resolve) => (end = resolve)));
        await expect.poll(() => under.standIn.terminals.has("compose--web")).toBe(true);
        for (const event of ["startStack", "stopStack", "restartStack", "updateStack", "downStack", "deleteStack"]) {
            expect(await client.agent(event, "web")).toMatchObject({ ok: false, code: "STACK_BUSY", msg: expect.stringContaining("commit abc1234 is being released") });
        }
        for (const event of ["saveStack", "deployStack"]) {
            expect(await client.agent(event, "web", YAML, "", false)).toMatchObject({ ok: false, code: "STACK_BUSY" });
        }
        under.host.progress("web", "pulling\n");
        expect(await client.agent("terminalJoin", "compose--web")).toMatchObject({ ok: true, buffer: "pulling\r\n" });
        end();
        await release;
        expect(await client.push("terminalExit")).toEqual(["compose--web", 0]);
        expect(under.standIn.ran).toEqual([]);
        expect(await client.agent("stopStack", "web")).toMatchObject({ ok: true });
    });

    it("waits with a release for what Dockge runs, under every name that a hub knows us by", async () => {
        await under.connect({ endpoint: "nas.example:5001" });
        for (const name of ["compose--web", "compose-nas.example:5001-web"]) {
            const free = under.standIn.occupy(name);
            let hasBegun = false;
            const release = under.host.exclusive("web", "a release", async () => void (hasBegun = true));
            await new Promise((resolve) => setTimeout(resolve, 50));
            expect(hasBegun).toBe(false);
            free();
            await release;
            expect(hasBegun).toBe(true);
        }
    });

    it("waits with a release for a button of Dockge's, whose second press is answered", async () => {
        const client = await under.user();
        let end = () => {};
        under.standIn.docker = new Promise((resolve) => (end = resolve));
        const pressed = client.agent("restartStack", "web");
        await expect.poll(() => under.standIn.ran).toEqual(["restart web"]);
        expect(await client.agent("stopStack", "web")).toMatchObject({ ok: false, code: "STACK_BUSY", msg: expect.stringContaining("being restarted") });
        const order: string[] = [];
        const release = under.host.exclusive("web", "a release", async () => void order.push("release"));
        end();
        await pressed.then(() => order.unshift("button"));
        await release;
        expect(order).toEqual(["button", "release"]);
    });

    it("answers where Dockge would not: its terminal is taken by something else", async () => {
        const free = under.standIn.occupy("compose--web");
        expect(await (await under.user()).agent("startStack", "web")).toMatchObject({ ok: false, code: "STACK_BUSY" });
        free();
    });

    it("refuses names that lead out of the stacks folder, and leaves odd names to Dockge", async () => {
        const client = await under.user();
        for (const bad of ["..", "../..", "a/b", ""]) {
            expect(await client.agent("deleteStack", bad)).toMatchObject({ ok: false, code: "STACK_NAME_INVALID" });
        }
        await mkdir(path.join(under.host.paths.stacks, "Odd"));
        expect(await client.agent("startStack", "Odd")).toMatchObject({ ok: true });
    });

    it("lists and deletes a stack that Git has not filled yet", async () => {
        const client = await under.user();
        await under.host.stacks.put("empty", {});
        await client.push("stackList", (push: { stackList: Record<string, { status?: number } | undefined> }) => push.stackList["empty"]?.status === 1);
        expect(await client.agent("deleteStack", "empty")).toMatchObject({ ok: true });
        expect(await readdir(under.host.paths.stacks)).toEqual(["web"]);
        expect(under.standIn.ran).toEqual([]);
    });

    it("tells each connection how it calls this server", async () => {
        const hub = await (await under.connect({ endpoint: "nas.example:5001" })).login();
        const direct = await under.user();
        under.host.publish("deploymentLog", { deploymentId: "d1", offset: 0, text: "x" });
        expect(await hub.push("deploymentLog")).toEqual([expect.objectContaining({ endpoint: "nas.example:5001" })]);
        expect(await direct.push("deploymentLog")).toEqual([expect.objectContaining({ endpoint: "" })]);
    });
});

describe("a Dockge that is not as we know it", () => {
    class DockgeServer {}
    class Terminal {
        static terminalMap = new Map();
    }
    class Stack {
        static getStackList() {}
    }
    const modules: Record<string, object> = { "dockge-server.ts": { DockgeServer }, "terminal.ts": { Terminal }, "stack.ts": { Stack }, "agent-socket.ts": { AgentSocket: StandInAgentSocket } };
    const load = (changed: Record<string, object | null>) => async (url: string) => {
        const file = url.split("/").at(-1) ?? "";
        const found = file in changed ? changed[file] : modules[file];
        return found ?? (await Promise.reject(new Error("Cannot find module")));
    };

    it.each([
        [{}, null],
        [{ "terminal.ts": null }, "This Dockge has no backend/terminal.ts."],
        [{ "dockge-server.ts": {}, "terminal.ts": { Terminal: class {} } }, "This Dockge has no DockgeServer, Terminal.terminalMap."],
        [{ "stack.ts": { Stack: {} } }, "This Dockge has no Stack, Stack.getStackList."],
    ])("names what its modules lack: %j", async (changed, message) => {
        const importing = importDockge("/app", load(changed));
        await (message === null ? expect(importing).resolves.toBeDefined() : expect(importing).rejects.toThrow(message));
    });

    it("names what its server lacks", async () => {
        const standIn = await StandIn.create();
        expect(() => requireFamiliar(standIn.dockge, standIn.server)).not.toThrow();
        standIn.server.agentSocketHandlerList.push({ create: (_socket, _server, agentSocket) => void agentSocket.eventList.delete("updateStack") });
        expect(() => requireFamiliar(standIn.dockge, standIn.server)).toThrow("This Dockge has no event updateStack.");
        Object.assign(standIn.server, { indexHTML: undefined, agentSocketHandlerList: {} });
        expect(() => requireFamiliar(standIn.dockge, standIn.server)).toThrow(new DockgeUnfamiliarError(["server.agentSocketHandlerList", "server.indexHTML"]));
        await standIn.remove();
    });
});
