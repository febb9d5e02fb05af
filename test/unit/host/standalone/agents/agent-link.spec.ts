import { beforeEach, describe, expect, it } from "vitest";
import type { AgentPushes } from "../../../../../common/agent-wire.ts";
import { Secret } from "../../../../../backend/domain/secret.ts";
import { AgentLink } from "../../../../../backend/host/standalone/agents/agent-link.ts";
import { NO_ANSWER } from "../../../../../backend/host/standalone/dispatcher.ts";
import { createLogger } from "../../../../../backend/log.ts";
import { FakeAgent, SILENCE } from "../../../../fixtures/fake-agent.ts";
import { FakeClock } from "../../../../fixtures/fake-clock.ts";

const ENDPOINT = "attic:5001";

describe("a browser's link to an agent", () => {
    let agent: FakeAgent;
    let clock: FakeClock;
    let told: AgentPushes["agentStatus"][];
    let relayed: unknown[][];
    const account = (password: Secret | null = new Secret("open sesame"), token: string | null = null) => ({
        agent: { id: 1, url: `http://${ENDPOINT}`, username: "admin", password, name: "" },
        address: { url: `http://${ENDPOINT}`, endpoint: ENDPOINT },
        token,
    });
    const open = (of = account()) => {
        const link = new AgentLink({ account: of, connect: agent.connect, headers: { endpoint: ENDPOINT }, tell: (status) => told.push(status), relay: (args) => relayed.push(args), clock, logger: createLogger("silent") });
        link.open();
        return link;
    };
    const connect = async (of = account()) => {
        const link = open(of);
        agent.events?.connected();
        await clock.advance(0);
        return link;
    };
    const call = (link: AgentLink, event: string, isAnswerExpected = true) => link.call({ event, args: ["web"], isAnswerExpected, isPatient: true });
    const statuses = () => told.map(({ status }) => status);

    beforeEach(() => {
        [agent, clock, told, relayed] = [new FakeAgent(), new FakeClock(), [], []];
    });

    it("logs in with the stored password and keeps the token for the next browser", async () => {
        const shared = account();
        await connect(shared);
        expect(agent.asked[0]).toMatchObject({ event: "login", args: [{ username: "admin", password: "open sesame", token: "" }] });
        expect(statuses()).toEqual(["connecting", "online"]);
        expect(shared.token).toBe("token-1");
        agent.answers["loginByToken"] = () => ({ ok: true });
        await connect(shared);
        expect(agent.askedEvents).toEqual(["login", "loginByToken"]);
    });

    it("logs in with the password when the token counts no more", async () => {
        agent.answers["loginByToken"] = () => ({ ok: false, msg: "authInvalidToken" });
        await connect(account(new Secret("open sesame"), "old"));
        expect(agent.askedEvents).toEqual(["loginByToken", "login"]);
        expect(statuses()).toEqual(["connecting", "online"]);
    });

    it.each([
        ["a wrong password", { ok: false, msg: "authIncorrectCreds" }, /does not accept this user/],
        ["a second factor", { tokenRequired: true }, /second factor/],
    ])("stays offline for %s, says so as an alarm, and does not try again", async (_name, answer, sentence) => {
        agent.answers["login"] = () => answer;
        const link = await connect();
        expect(told.at(-1)).toMatchObject({ status: "offline", msg: expect.stringMatching(sentence) });
        await clock.advance(600_000);
        expect(agent.askedEvents).toEqual(["login"]);
        await expect(call(link, "getStack")).rejects.toMatchObject({ code: "AGENT_OFFLINE", message: expect.stringMatching(sentence) });
    });

    it("tries again when the agent was asked too often", async () => {
        agent.answers["login"] = () => ({ ok: false, msg: "Too frequently, try again later." });
        await connect();
        expect(told.at(-1)).toMatchObject({ status: "offline", reason: expect.stringContaining("Too frequently") });
        expect(told.at(-1)?.msg).toBeUndefined();
        agent.answers["login"] = () => ({ ok: true, token: "t" });
        await clock.advance(20_000);
        expect(statuses().at(-1)).toBe("online");
    });

    it("does not connect without a password that can be read", async () => {
        open(account(null));
        expect(agent.opened).toBe(0);
        expect(told.at(-1)).toMatchObject({ status: "offline", msg: expect.stringContaining("add it again") });
        await clock.advance(0);
    });

    it("lets a call wait for the connection, but not for ever", async () => {
        const link = open();
        const early = call(link, "getStack");
        agent.answers["getStack"] = () => ({ ok: true });
        agent.events?.connected();
        await clock.advance(0);
        expect(await early).toEqual({ ok: true });

        const other = open();
        const late = expect(call(other, "getStack")).rejects.toMatchObject({ code: "AGENT_OFFLINE", message: expect.stringContaining("try again in a moment") });
        await clock.advance(8_000);
        await late;
        await expect(other.call({ event: "requestStackList", args: [], isAnswerExpected: true, isPatient: false })).rejects.toMatchObject({ code: "AGENT_OFFLINE" });
    });

    it("answers for an agent that says nothing, before the page gives up", async () => {
        agent.answers["startStack"] = () => SILENCE;
        const link = await connect();
        const answer = expect(call(link, "startStack")).rejects.toMatchObject({ code: "AGENT_SILENT" });
        await clock.advance(0);
        expect(agent.asked.at(-1)?.limitMs).toBe(598_000);
        agent.runOutOfTime();
        await answer;
    });

    it("takes silence for success where Dockge means it so", async () => {
        const link = await connect();
        const typed = call(link, "terminalInput");
        await clock.advance(0);
        agent.runOutOfTime();
        expect(await typed).toBe(NO_ANSWER);
        expect(await call(link, "terminalInput", false)).toBe(NO_ANSWER);
        expect(agent.sent).toEqual([{ event: "agent", args: [ENDPOINT, "terminalInput", "web"] }]);
    });

    it("ends a call when the connection is lost meanwhile, and comes back after the agent's own farewell", async () => {
        const link = await connect();
        const answer = expect(call(link, "deployStack")).rejects.toMatchObject({ code: "AGENT_OFFLINE", message: expect.stringContaining("still be working") });
        await clock.advance(0);
        agent.lose(true);
        await answer;
        expect(statuses().at(-1)).toBe("offline");
        await clock.advance(1_000);
        expect(agent.opened).toBe(2);
    });

    it("asks once whether Git Deploy is there, and answers the rest from that", async () => {
        const link = await connect();
        for (const event of ["getGitRepository", "getBuildConfig"]) {
            const answer = expect(call(link, event)).rejects.toMatchObject({ code: "AGENT_UNSUPPORTED", message: expect.stringContaining("does not have Git Deploy") });
            await clock.advance(0);
            agent.runOutOfTime();
            await answer;
        }
        expect(agent.askedEvents).toEqual(["login", "getDeployment"]);
        agent.answers["getDeployment"] = () => ({ ok: false, code: "DEPLOYMENT_NOT_FOUND" });
        agent.answers["getGitRepository"] = () => ({ ok: true, gitRepository: null });
        await clock.advance(61_000);
        expect(await call(link, "getGitRepository")).toEqual({ ok: true, gitRepository: null });
    });

    it("asks one of us without trying first", async () => {
        const link = await connect();
        agent.events?.received("info", [{ version: "1.5.0", gitDeployVersion: "0.1.0" }]);
        agent.answers["getGitRepository"] = () => ({ ok: true });
        await call(link, "getGitRepository");
        expect(agent.askedEvents).toEqual(["login", "getGitRepository"]);
    });

    it.each([
        ["a Dockge", { version: "1.5.0" }, ["web", "services: {}", "", false]],
        ["one of us", { version: "1.5.0", gitDeployVersion: "0.1.0" }, ["web", "services: {}", "", false, "hash"]],
    ])("gives %s the arguments that it reads, as a Dockge takes one more for the acknowledgement", async (_name, info, args) => {
        const link = await connect();
        agent.events?.received("info", [info]);
        agent.answers["deployStack"] = agent.answers["saveStack"] = () => ({ ok: true });
        for (const event of ["saveStack", "deployStack"]) {
            await link.call({ event, args: ["web", "services: {}", "", false, "hash"], isAnswerExpected: true, isPatient: true });
            expect(agent.asked.at(-1)).toMatchObject({ event, args });
        }
    });

    it("tells a Dockge 1.5.0, which has no buttons for services, from a newer one", async () => {
        const link = await connect();
        const answer = expect(call(link, "restartService")).rejects.toMatchObject({ code: "AGENT_UNSUPPORTED", message: expect.stringContaining("too old") });
        await clock.advance(0);
        agent.runOutOfTime();
        await answer;
        const newer = new FakeAgent();
        newer.answers = { ...newer.answers, startService: () => ({ ok: false, msg: "must be strings" }), restartService: () => ({ ok: true }) };
        agent = newer;
        expect(await call(await connect(), "restartService")).toEqual({ ok: true });
    });

    it("does without a Dockge that is too old to be an agent", async () => {
        const link = await connect();
        agent.events?.received("info", [{ version: "1.3.5" }]);
        expect(agent.isClosed).toBe(true);
        expect(told.at(-1)).toMatchObject({ status: "offline", code: "AGENT_UNSUPPORTED", msg: expect.stringContaining("1.4.0") });
        await expect(call(link, "getStack")).rejects.toMatchObject({ code: "AGENT_UNSUPPORTED" });
    });

    it("relays what the agent pushes, and tells nothing once it is closed", async () => {
        const link = await connect();
        agent.events?.received("agent", ["terminalWrite", `compose-${ENDPOINT}-web`, "text"]);
        expect(relayed).toEqual([["terminalWrite", `compose-${ENDPOINT}-web`, "text"]]);
        const before = told.length;
        link.close();
        expect(agent.isClosed).toBe(true);
        expect(told).toHaveLength(before);
        await expect(call(link, "getStack")).rejects.toMatchObject({ code: "AGENT_OFFLINE" });
    });
});
