import { describe, expect, it } from "vitest";
import type { AgentPushes } from "../../../../../common/agent-wire.ts";
import { Secret } from "../../../../../backend/domain/secret.ts";
import { Agents, type AgentUser } from "../../../../../backend/host/standalone/agents/agents.ts";
import { createLogger } from "../../../../../backend/log.ts";
import { FakeAgent } from "../../../../fixtures/fake-agent.ts";
import { FakeClock } from "../../../../fixtures/fake-clock.ts";
import { MemoryAgents } from "../../../../fixtures/memory-agents.ts";

class FakeBrowser implements AgentUser {
    readonly endpoint: string = "";
    readonly user = {};
    readonly relayed: unknown[][] = [];
    readonly told: (keyof AgentPushes)[] = [];
    leave: () => void = () => undefined;

    tellOfAgents(event: keyof AgentPushes): void {
        this.told.push(event);
    }

    relay(args: unknown[]): void {
        this.relayed.push(args);
    }

    onLeave(stop: () => void): void {
        this.leave = stop;
    }
}

async function setUp() {
    const agent = new FakeAgent();
    const store = new MemoryAgents();
    const agents = new Agents({ store, connect: agent.connect, clock: new FakeClock(), logger: createLogger("silent") });
    await store.add({ url: "http://attic:5001", username: "admin", password: new Secret("open sesame"), name: "" });
    await store.add({ url: "no address", username: "admin", password: new Secret("x"), name: "" });
    await agents.prepare();
    const browser = new FakeBrowser();
    agents.greet(browser);
    return { agent, agents, browser };
}

describe("the agents of a browser", () => {
    it("never speak in the name of another server", async () => {
        const { agent, browser } = await setUp();
        agent.events?.received("agent", ["stackList", { ok: true, stackList: { web: {} }, endpoint: "" }]);
        agent.events?.received("agent", ["stackList", { ok: true, stackList: {}, endpoint: "attic:5001" }]);
        expect(browser.relayed).toEqual([
            ["stackList", { ok: true, stackList: { web: {} }, endpoint: "attic:5001" }],
            ["stackList", { ok: true, stackList: {}, endpoint: "attic:5001" }],
        ]);
    });

    it("print to their own terminals only, and to the console when the browser has opened theirs", async () => {
        const { agent, agents, browser } = await setUp();
        agent.events?.connected();
        const says = (name: string) => agent.events?.received("agent", ["terminalWrite", name, "text"]);
        for (const name of ["compose--web", "combined-other:5001-web", "container--web-1", "console", "compose-attic:5001-web", "container-exec-attic:5001-web-app-0"]) {
            says(name);
        }
        const called = agents.call(browser, "attic:5001", { event: "mainTerminal", args: ["console"], isAnswerExpected: false, isPatient: true });
        await called;
        says("console");
        expect(browser.relayed.map(([, name]) => name)).toEqual(["compose-attic:5001-web", "container-exec-attic:5001-web-app-0", "console"]);
    });

    it.each([["agentList", { agentList: { "": { url: "javascript:alert(1)" } } }], ["agentStatus", { endpoint: "", status: "offline" }], ["refresh"], ["setup"], [{ a: 1 }, "x"], ["stackList", "x"], ["terminalExit", "compose-attic:5001-web", "x"], []])("cannot say %j", async (...push) => {
        const { agent, browser } = await setUp();
        agent.events?.received("agent", push);
        expect(browser.relayed).toEqual([]);
    });

    it("are told who connects for whom, and are let go with the browser", async () => {
        const { agent, agents, browser } = await setUp();
        expect(agent.headers).toEqual({ endpoint: "attic:5001" });
        agents.greet(browser);
        expect(agent.opened).toBe(1);
        browser.leave();
        expect(agent.isClosed).toBe(true);
    });

    it("leave out what is no address, and keep the rest", async () => {
        const { agents } = await setUp();
        expect(Object.keys(agents.listPush().agentList)).toEqual(["", "attic:5001"]);
    });
});
