import jwt from "jsonwebtoken";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { accountEvents, OPEN_EVENTS } from "../../common/account-wire.ts";
import { hostEvents, stackEvents } from "../../common/dockge-wire.ts";
import { PASSWORD, startStandalone, USERNAME, type Standalone } from "../fixtures/standalone-host.ts";

describe("accounts of the standalone host", () => {
    let server: Standalone;
    beforeEach(async () => {
        server = await startStandalone();
    });
    afterEach(() => server.stop());

    it("sets up the first user only, whoever asks at the same time", async () => {
        const fresh = await startStandalone({ hasUser: false });
        try {
            const client = await fresh.connect();
            await client.push("setup");
            expect(await client.call("needSetup")).toBe(true);
            expect(await client.call("setup", USERNAME, "weak")).toMatchObject({ ok: false, code: "INPUT_INVALID" });
            const answers = await Promise.all(["a", "b", "c"].map((name) => client.call("setup", name, PASSWORD)));
            expect(answers.filter((answer) => answer.ok === true)).toEqual([{ ok: true, msg: "successAdded", msgi18n: true }]);
            expect(fresh.users.rows).toHaveLength(1);
            expect(await client.call("needSetup")).toBe(false);
        } finally {
            await fresh.stop();
        }
    });

    it("logs in, tells the page what it needs, and logs in again by the token", async () => {
        const client = await server.connect();
        const answer = await client.call("login", { username: USERNAME, password: PASSWORD, token: "" });
        expect(answer).toEqual({ ok: true, token: expect.any(String) });
        expect((await client.push("info", (info: { version?: string }) => info.version !== undefined))[0]).toMatchObject({ version: "1.5.0" });
        expect((await client.push("agentList"))[0]).toEqual({ ok: true, agentList: { "": { url: "", username: "", endpoint: "", name: "" } } });
        expect((await client.push("stackList"))[0]).toEqual({ ok: true, stackList: {}, endpoint: "" });

        const second = await server.connect();
        expect(await second.call("loginByToken", answer["token"])).toEqual({ ok: true });
        expect(await second.agent("requestStackList")).toMatchObject({ ok: true, msg: "Updated" });
    });

    it("makes Dockge's tokens and accepts only those that were signed here, for the password of now", async () => {
        const client = await server.connect();
        const token = (await client.call("login", { username: USERNAME, password: PASSWORD, token: "" }))["token"] as string;
        const secret = server.settings.rows.get("jwtSecret")?.value as string;
        const payload = jwt.verify(token, secret, { algorithms: ["HS256"] }) as { username: string; h: string };
        expect(payload).toEqual({ username: USERNAME, h: expect.stringMatching(/^[0-9a-f]{32}$/), iat: expect.any(Number), jti: expect.any(String) });
        const invalid = { ok: false, msg: "authInvalidToken", code: "TOKEN_INVALID" };
        for (const forged of [
            jwt.sign({ username: USERNAME, h: payload.h }, "another secret"),
            jwt.sign({ username: USERNAME, h: "0".repeat(32) }, secret),
            jwt.sign({ username: USERNAME, h: payload.h }, secret, { algorithm: "HS512" }),
            jwt.sign({ username: USERNAME, h: payload.h }, "", { algorithm: "none" }),
            "autoLogin",
        ]) {
            expect(await client.call("loginByToken", forged)).toMatchObject(invalid);
        }
        expect(await client.call("loginByToken", jwt.sign({ username: "nobody", h: payload.h }, secret))).toMatchObject({ ok: false, msg: "authUserInactiveOrDeleted" });
    });

    it("answers a wrong password as it answers a wrong name", async () => {
        const client = await server.connect();
        const wrong = { ok: false, msg: "authIncorrectCreds", msgi18n: true, code: "CREDENTIALS_INVALID" };
        expect(await client.call("login", { username: USERNAME, password: "wrong-1", token: "" })).toEqual(wrong);
        expect(await client.call("login", { username: "nobody", password: PASSWORD, token: "" })).toEqual(wrong);
        server.users.rows.forEach((user) => (user.isActive = false));
        expect(await client.call("login", { username: USERNAME, password: PASSWORD, token: "" })).toEqual(wrong);
    });

    it("stops guessing after twenty attempts a minute, the right password included", async () => {
        const client = await server.connect();
        for (let attempt = 0; attempt < 20; attempt += 1) {
            await client.call("login", { username: USERNAME, password: `guess-${attempt}`, token: "" });
        }
        expect(await client.call("login", { username: USERNAME, password: PASSWORD, token: "" })).toMatchObject({ ok: false, code: "TOO_MANY_REQUESTS", msg: "Too frequently, try again later." });
    });

    it("changes the password, sends the other connections away and lets old tokens die", async () => {
        const [client, other, stranger] = await Promise.all([server.connect(), server.connect(), server.connect()]);
        const { token } = await client.call("login", { username: USERNAME, password: PASSWORD, token: "" });
        await other.login();
        expect(await client.call("changePassword", { currentPassword: "wrong", newPassword: "another-2" })).toMatchObject({ ok: false });
        expect(await client.call("changePassword", { currentPassword: PASSWORD, newPassword: "short" })).toMatchObject({ ok: false, code: "INPUT_INVALID" });
        const changed = await client.call("changePassword", { currentPassword: PASSWORD, newPassword: "another-horse-2" });
        expect(changed).toMatchObject({ ok: true });
        await other.push("refresh");
        await expect.poll(() => other.socket.connected).toBe(false);
        expect(await stranger.call("loginByToken", token)).toMatchObject({ ok: false, msg: "authInvalidToken" });
        expect(await stranger.call("loginByToken", changed["token"])).toEqual({ ok: true });
    });

    it("forgets who is there after a log-out", async () => {
        const client = await (await server.connect()).login();
        expect(await client.call("logout")).toEqual({ ok: true });
        expect(await client.agent("requestStackList")).toMatchObject({ ok: false, code: "NOT_LOGGED_IN" });
        client.forget();
        server.engine.set("somebody-elses", null, ["running"]);
        const witness = await (await server.connect()).login();
        await witness.push("stackList", (push: { stackList: object }) => "somebody-elses" in push.stackList);
        expect(client.pushes).toEqual([]);
    });

    it("keeps settings, but not the key that signs tokens, within reach", async () => {
        const client = await (await server.connect()).login();
        expect(await client.call("setSettings", { primaryHostname: "home.example", checkUpdate: false }, "")).toEqual({ ok: true, msg: "Saved", msgi18n: true });
        expect(await client.call("getSettings")).toEqual({ ok: true, data: { primaryHostname: "home.example", checkUpdate: false, globalENV: "" } });
        const before = server.settings.rows.get("jwtSecret");
        expect(await client.call("setSettings", { jwtSecret: "mine" }, "")).toMatchObject({ ok: false, code: "INPUT_INVALID" });
        expect(server.settings.rows.get("jwtSecret")).toBe(before);
        expect(await client.call("setSettings", { gitDeployAgentNames: null }, "")).toMatchObject({ ok: false, code: "INPUT_INVALID" });
    });

    it("switches authentication off only for somebody who knows the password", async () => {
        const client = await (await server.connect()).login();
        expect(await client.call("setSettings", { disableAuth: true }, "wrong")).toMatchObject({ ok: false });
        expect(await client.call("setSettings", { disableAuth: true }, PASSWORD)).toMatchObject({ ok: true });
        const visitor = await server.connect();
        await visitor.push("autoLogin");
        expect(await visitor.agent("requestStackList")).toMatchObject({ ok: true });
    });

    it("refuses a socket that another site's page opens", async () => {
        await expect(server.connect({ origin: "http://evil.example" })).rejects.toThrow();
        const client = await server.connect({ origin: server.url });
        expect(client.socket.connected).toBe(true);
    });
});

describe("calls of somebody who is not logged in, or makes no sense", () => {
    let server: Standalone;
    beforeAll(async () => {
        server = await startStandalone({ register: (host) => host.answer("getGitRepository", () => Promise.resolve({ ok: true })) });
    });
    afterAll(() => server.stop());

    const guarded = [...Object.keys(accountEvents), ...Object.keys(stackEvents), ...Object.keys(hostEvents), "getGitRepository", "noSuchEvent"].filter((event) => !OPEN_EVENTS.has(event));
    const notLoggedIn = { ok: false, msg: "You are not logged in.", msgi18n: true, code: "NOT_LOGGED_IN" };

    it.each(guarded)("%s is refused before logging in, directly and in the envelope", async (event) => {
        const client = await server.connect();
        expect(await client.call(event, "web")).toEqual(notLoggedIn);
        expect(await client.agent(event, "web")).toEqual(notLoggedIn);
    });

    it.each([...OPEN_EVENTS].filter((event) => event !== "logout" && event !== "needSetup"))("%s with nonsense is answered", async (event) => {
        const client = await server.connect();
        for (const args of [[], [null], [{}], [[]], [1, 2, 3], [{ username: {}, password: [] }]]) {
            expect(await client.call(event, ...args)).toMatchObject({ ok: false, code: expect.stringMatching(/INPUT_INVALID|TOKEN_INVALID/), msg: expect.any(String) });
        }
    });
});
