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
