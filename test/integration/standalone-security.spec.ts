import jwt from "jsonwebtoken";
import { generate } from "otplib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SessionView } from "../../common/account-wire.ts";
import { passwordMark } from "../../backend/host/standalone/accounts/passwords.ts";
import { FakeClock } from "../fixtures/fake-clock.ts";
import { PASSWORD, startStandalone, USERNAME, type Answer, type Client, type Standalone } from "../fixtures/standalone-host.ts";
import { temporaryDatabase, type TemporaryDatabase } from "../fixtures/temporary-database.ts";

const DAY_MS = 24 * 60 * 60_000;
const NOT_VALID = { ok: false, msg: "authInvalidToken" };

/** The second factor and sessions over sockets, in a real database. */
describe("security of an account", () => {
    let clock: FakeClock;
    let world: TemporaryDatabase;
    let server: Standalone;
    beforeEach(async () => {
        clock = new FakeClock(Date.now());
        world = await temporaryDatabase();
        const { loginSessions, accountSecurity, audit } = world.stores;
        server = await startStandalone({ clock, loginSessions, accountSecurity, audit });
    });
    afterEach(async () => {
        // What the fake clock keeps asleep has to wake for the server to stop.
        const stopped = server.stop();
        await clock.advance(60_000);
        await stopped;
        await world.remove();
    });

    const logIn = async (client: Client, code = ""): Promise<Answer> => await client.call("login", { username: USERNAME, password: PASSWORD, token: code });
    const sessionsOf = async (client: Client) => (await client.call("listSessions"))["sessions"] as SessionView[];
    const actions = async () => (await world.stores.audit.page({ page: 1, perPage: 50 })).items.map(({ action }) => action);
    const code = async (secret: unknown) => await generate({ secret: String(secret), epoch: Math.floor(clock.now() / 1000) });
    /** As Dockge signs them. */
    const dockgeToken = (issuedAtMs: number) => {
        const mark = passwordMark(server.users.rows[0]?.passwordHash ?? "");
        return jwt.sign({ username: USERNAME, h: mark, iat: Math.floor(issuedAtMs / 1000) }, server.settings.rows.get("jwtSecret")?.value as string);
    };

    async function enableTwoFactor(client: Client): Promise<{ secret: string; recoveryCodes: string[]; token: string }> {
        const prepared = await client.call("prepare2FA", PASSWORD);
        expect(prepared).toMatchObject({ ok: true, uri: expect.stringMatching(/^otpauth:\/\/totp\//) });
        const saved = await client.call("save2FA", PASSWORD, await code(prepared["secret"]));
        expect(saved).toMatchObject({ ok: true });
        return { secret: prepared["secret"] as string, recoveryCodes: saved["recoveryCodes"] as string[], token: saved["token"] as string };
    }

    it("asks for a code as Dockge's page expects, takes it once, and a recovery code in its place", async () => {
        const client = await server.connect();
        await logIn(client);
        expect(await client.call("twoFAStatus")).toEqual({ ok: true, status: false, since: null, recoveryCodesLeft: 0 });
        const { secret, recoveryCodes } = await enableTwoFactor(client);

        const visitor = await server.connect();
        expect(await logIn(visitor)).toEqual({ tokenRequired: true });
        expect(await visitor.agent("requestStackList")).toMatchObject({ code: "NOT_LOGGED_IN" });
        expect(await visitor.call("login", { username: USERNAME, password: "wrong-1", token: await code(secret) })).toMatchObject({ msg: "authIncorrectCreds" });
        expect(await logIn(visitor, await code(secret))).toEqual({ ...NOT_VALID, msgi18n: true, code: "CODE_INVALID" });
        await clock.advance(30_000);
        const now = await code(secret);
        expect(await logIn(visitor, now)).toMatchObject({ ok: true, token: expect.any(String) });
        expect(await logIn(await server.connect(), now)).toMatchObject({ code: "CODE_INVALID" });
        expect(await logIn(await server.connect(), recoveryCodes[3])).toMatchObject({ ok: true });
        expect(await logIn(await server.connect(), recoveryCodes[3])).toMatchObject({ code: "CODE_INVALID" });
        expect(await client.call("twoFAStatus")).toMatchObject({ status: true, recoveryCodesLeft: 9 });
    });

    it("is set up by Dockge's own dialog: password, password and code, password", async () => {
        const client = await server.connect();
        await logIn(client);
        expect(await client.call("prepare2FA", "wrong-1")).toMatchObject({ ok: false, code: "INPUT_INVALID" });
        const { secret } = await client.call("prepare2FA", PASSWORD);
        expect(await client.call("save2FA", PASSWORD)).toMatchObject({ ok: false, code: "CODE_INVALID" });
        expect(await client.call("verifyToken", "000000", PASSWORD)).toEqual({ ok: true, valid: false });
        expect(await client.call("verifyToken", await code(secret), PASSWORD)).toEqual({ ok: true, valid: true });
        expect(await client.call("save2FA", PASSWORD)).toMatchObject({ ok: true });
    });

    it("keeps the secret sealed and the recovery codes hashed", async () => {
        const client = await server.connect();
        await logIn(client);
        const { secret, recoveryCodes } = await enableTwoFactor(client);
        const stored = JSON.stringify([await world.database.knex("account_security"), await world.database.knex("recovery_codes"), await world.database.knex("user")]);
        expect([secret, ...recoveryCodes, ...recoveryCodes.map((one) => one.replaceAll("-", ""))].filter((text) => stored.includes(text))).toEqual([]);
        expect(stored).toContain("enc:v1:");
    });

    it("is turned off with the password and a code, and signs everybody else out", async () => {
        const [client, other] = await Promise.all([server.connect(), server.connect()]);
        const { token: before } = await logIn(client);
        await logIn(other);
        const { secret, token } = await enableTwoFactor(client);
        await other.push("refresh");
        await expect.poll(() => other.socket.connected).toBe(false);
        const visitor = await server.connect();
        // Whoever has copied the token of before is out as well.
        expect(await visitor.call("loginByToken", before)).toMatchObject(NOT_VALID);
        expect(await visitor.call("loginByToken", token)).toEqual({ ok: true });

        await clock.advance(30_000);
        expect(await client.call("disable2FA", PASSWORD)).toMatchObject({ ok: false, code: "CODE_INVALID", msg: expect.stringContaining("recovery code") });
        expect(await client.call("disable2FA", "wrong-1", await code(secret))).toMatchObject({ ok: false });
        expect(await client.call("disable2FA", PASSWORD, await code(secret))).toMatchObject({ ok: true, token: expect.any(String) });
        expect(await logIn(await server.connect())).toMatchObject({ ok: true });
        expect(await actions()).toEqual(expect.arrayContaining(["two-factor.enable", "two-factor.disable"]));
    });

    it("lists log-ins and ends them at once, their tokens refused", async () => {
        const [client, phone, laptop] = await Promise.all([server.connect(), server.connect(), server.connect()]);
        const [own, phones] = [await logIn(client), await logIn(phone)];
        await logIn(laptop);
        const list = await sessionsOf(client);
        expect(list.filter(({ isCurrent }) => isCurrent)).toHaveLength(1);
        const { jti } = jwt.decode(String(phones["token"])) as { jti: string };
        expect(list.find(({ id }) => id === jti)).toMatchObject({ kind: "browser", isCurrent: false, address: "127.0.0.1", expiresAt: new Date(clock.now() + 30 * DAY_MS).toISOString() });

        expect(await client.call("endSession", jti)).toMatchObject({ ok: true });
        await phone.push("refresh");
        await expect.poll(() => phone.socket.connected).toBe(false);
        const visitor = await server.connect();
        expect(await visitor.call("loginByToken", phones["token"])).toMatchObject(NOT_VALID);
        expect(await client.call("endSession", jti)).toMatchObject({ ok: false, code: "NOT_FOUND" });

        expect(await client.call("endOtherSessions")).toEqual({ ok: true, count: 1 });
        await expect.poll(() => laptop.socket.connected).toBe(false);
        expect(await sessionsOf(client)).toMatchObject([{ isCurrent: true }]);
        expect(await visitor.call("loginByToken", own["token"])).toEqual({ ok: true });
    });

    it("ends a session by logging out, in its other tabs too", async () => {
        const [client, tab] = await Promise.all([server.connect(), server.connect()]);
        const { token } = await logIn(client);
        await tab.call("loginByToken", token);
        expect(await client.call("logout")).toEqual({ ok: true });
        await tab.push("refresh");
        expect(await client.call("loginByToken", token)).toMatchObject(NOT_VALID);
    });

    it("sends away who is connected when the session expires, or was ended from outside", async () => {
        const [client, other] = await Promise.all([server.connect(), server.connect()]);
        const { token } = await logIn(client);
        await logIn(other);
        const { jti } = jwt.decode(String(token)) as { jti: string };
        await world.stores.loginSessions.end(jti, clock.now());
        await clock.advance(30_000);
        await client.push("refresh");
        expect(other.socket.connected).toBe(true);

        // Used all the time, and over in the end.
        for (let day = 0; day < 180; day += 20) {
            expect(other.socket.connected).toBe(true);
            await other.agent("requestStackList");
            await clock.advance(30_000);
            const [open] = await world.stores.loginSessions.openOf(1);
            await world.database.knex("login_sessions").where({ id: open?.id }).update({ created_at: (open?.createdAt ?? 0) - 20 * DAY_MS });
        }
        await clock.advance(30_000);
        await other.push("refresh");
    });

    it("takes up a token that Dockge made, once, and none while a second factor is on", async () => {
        const token = dockgeToken(clock.now());
        const client = await server.connect();
        const adopted = await client.call("loginByToken", token);
        expect(adopted).toEqual({ ok: true, token: expect.any(String) });
        expect(await sessionsOf(client)).toMatchObject([{ kind: "adopted", isCurrent: true }]);
        const { token: own } = await enableTwoFactor(client);
        const visitor = await server.connect();
        for (const refused of [token, adopted["token"], dockgeToken(clock.now() + 60_000)]) {
            expect(await visitor.call("loginByToken", refused)).toMatchObject(NOT_VALID);
        }
        expect(await visitor.call("loginByToken", own)).toEqual({ ok: true });
    });

    it("shows a hub while it is connected", async () => {
        const [client, hub] = [await server.connect(), await server.connect({ endpoint: "agent.example:5001" })];
        await logIn(client);
        await logIn(hub);
        expect((await sessionsOf(client)).map(({ kind }) => kind).sort()).toEqual(["browser", "hub"]);
        hub.socket.disconnect();
        await expect.poll(async () => (await sessionsOf(client)).map(({ kind }) => kind)).toEqual(["browser"]);
    });

    it("sends those away who never logged in when authentication is on again", async () => {
        const client = await server.connect();
        await logIn(client);
        await client.call("setSettings", { disableAuth: true }, PASSWORD);
        const visitor = await server.connect();
        await visitor.push("autoLogin");
        expect((await visitor.call("listSessions"))["sessions"]).toMatchObject([{ isCurrent: false }]);
        expect(await client.call("setSettings", { disableAuth: false }, "")).toMatchObject({ ok: true });
        await visitor.push("refresh");
        expect(client.socket.connected).toBe(true);
        expect(await actions()).toEqual(expect.arrayContaining(["auth.disable", "auth.enable", "settings.change"]));
    });

    it("writes down who came in, who did not, and never what was typed as a name", async () => {
        const client = await server.connect();
        await client.call("login", { username: "hunter2-typed-too-early", password: "x", token: "" });
        await client.call("login", { username: USERNAME, password: "wrong-1", token: "" });
        await logIn(client);
        await client.call("changePassword", { currentPassword: PASSWORD, newPassword: "another-horse-2" });
        const { items } = await world.stores.audit.page({ page: 1, perPage: 50 });
        expect(items.map(({ action, actor }) => [action, actor.name, actor.address])).toEqual([
            ["user.change-password", USERNAME, "127.0.0.1"],
            ["user.log-in", USERNAME, "127.0.0.1"],
            ["user.log-in-failed", USERNAME, "127.0.0.1"],
            ["user.log-in-failed", "unknown user", "127.0.0.1"],
        ]);
        expect(JSON.stringify(items)).not.toContain("hunter2");
    });

    it("limits by the address that the trusted proxy saw", async () => {
        const proxied = await startStandalone({ config: { isProxyTrusted: true } });
        try {
            const guesser = await proxied.connect({ "x-forwarded-for": "198.51.100.1, 192.0.2.66" });
            for (let attempt = 0; attempt < 20; attempt += 1) {
                await guesser.call("login", { username: USERNAME, password: `guess-${attempt}`, token: "" });
            }
            // What the client itself wrote into the header changes nothing.
            const again = await proxied.connect({ "x-forwarded-for": "203.0.113.9, 192.0.2.66" });
            expect(await logIn(again)).toMatchObject({ code: "TOO_MANY_REQUESTS" });
            expect(await logIn(await proxied.connect({ "x-forwarded-for": "192.0.2.67" }))).toMatchObject({ ok: true });
        } finally {
            await proxied.stop();
        }
    });
});
