import { beforeEach, describe, expect, it } from "vitest";
import type { User } from "../../../../../backend/domain/entities.ts";
import { Secret } from "../../../../../backend/domain/secret.ts";
import { LoginSessions, type LoginClient, type SessionLimits } from "../../../../../backend/host/standalone/accounts/login-sessions.ts";
import { LoginTokens } from "../../../../../backend/host/standalone/accounts/login-tokens.ts";
import { systemRandom } from "../../../../../backend/random.ts";
import { FakeClock } from "../../../../fixtures/fake-clock.ts";
import { MemoryAccountSecurity, MemoryLoginSessions, MemorySettings } from "../../../../fixtures/memory-accounts.ts";

const DAY_MS = 24 * 60 * 60_000;
const USER: User = { id: 7, username: "admin", passwordHash: "hash of now", isActive: true, timezone: null };
const BROWSER: LoginClient = { address: "192.0.2.1", userAgent: "Firefox", isHub: false };
const REFUSED = { code: "TOKEN_INVALID", message: "authInvalidToken" };

describe("log-in sessions", () => {
    let clock: FakeClock;
    let store: MemoryLoginSessions;
    let security: MemoryAccountSecurity;
    let tokens: LoginTokens;
    let ended: string[];
    let sessions: LoginSessions;
    const limits: SessionLimits = { idleMs: 30 * DAY_MS, absoluteMs: 180 * DAY_MS, areDockgeTokensRefused: false };
    const create = (changed: Partial<SessionLimits> = {}) =>
        new LoginSessions({ store, security, tokens, limits: { ...limits, ...changed }, clock, random: systemRandom, onEnd: (ids) => void ended.push(...ids) });
    beforeEach(async () => {
        clock = new FakeClock();
        store = new MemoryLoginSessions();
        security = new MemoryAccountSecurity();
        tokens = new LoginTokens({ settings: new MemorySettings(), random: systemRandom, clock });
        await tokens.prepare();
        ended = [];
        sessions = create();
    });
    const resume = async (token: string, client = BROWSER) => await sessions.continue(USER, await tokens.read(token), client);

    it("go on as long as they are used within the idle time, and not beyond the absolute one", async () => {
        const { token } = await sessions.begin(USER, BROWSER);
        for (let day = 0; day < 174; day += 29) {
            await clock.advance(29 * DAY_MS);
            await resume(token);
        }
        expect((await sessions.list(USER)).map(({ expiresAt }) => expiresAt - clock.now())).toEqual([6 * DAY_MS]);
        await clock.advance(6 * DAY_MS - 1);
        await resume(token);
        await clock.advance(1);
        await expect(resume(token)).rejects.toMatchObject(REFUSED);
        expect(await sessions.list(USER)).toEqual([]);
    });

    it("expire when nobody uses them", async () => {
        const { token, sessionId } = await sessions.begin(USER, BROWSER);
        await clock.advance(30 * DAY_MS - 1);
        expect(await sessions.isAlive(sessionId, USER)).toBe(true);
        await clock.advance(1);
        expect(await sessions.isAlive(sessionId, USER)).toBe(false);
        await expect(resume(token)).rejects.toMatchObject(REFUSED);
        await sessions.begin(USER, BROWSER);
        expect(store.rows.map(({ id }) => id)).not.toContain(sessionId);
    });

    it("are over with the password they began with, and for anybody else", async () => {
        const { token, sessionId } = await sessions.begin(USER, BROWSER);
        expect(await sessions.isAlive(sessionId, { ...USER, passwordHash: "another" })).toBe(false);
        const payload = await tokens.read(token);
        await expect(sessions.continue({ ...USER, id: 8 }, payload, BROWSER)).rejects.toMatchObject(REFUSED);
        await expect(sessions.end({ ...USER, id: 8 }, sessionId)).rejects.toMatchObject({ code: "NOT_FOUND" });
    });

    it("are ended one by one or all but one, their tokens refused from then on", async () => {
        const [one, two, three] = [await sessions.begin(USER, BROWSER), await sessions.begin(USER, BROWSER), await sessions.begin(USER, BROWSER)];
        await sessions.end(USER, one.sessionId);
        expect(ended).toEqual([one.sessionId]);
        await expect(resume(one.token)).rejects.toMatchObject(REFUSED);
        await expect(sessions.end(USER, one.sessionId)).rejects.toMatchObject({ code: "NOT_FOUND" });
        expect(await sessions.endOthers(USER, three.sessionId)).toBe(1);
        await expect(resume(two.token)).rejects.toMatchObject(REFUSED);
        await expect(resume(three.token)).resolves.toMatchObject({ sessionId: three.sessionId });
    });

    it("show the address that was used last", async () => {
        const { token } = await sessions.begin(USER, BROWSER);
        await clock.advance(1000);
        await resume(token, { ...BROWSER, address: "198.51.100.1" });
        expect(await sessions.list(USER)).toMatchObject([{ address: "198.51.100.1", createdAt: clock.now() - 1000, lastSeenAt: clock.now() }]);
    });

    it("give way, the oldest first, when there are a hundred", async () => {
        const { sessionId } = await sessions.begin(USER, BROWSER);
        for (let index = 0; index < 100; index += 1) {
            await clock.advance(1);
            await sessions.begin(USER, BROWSER);
        }
        expect(ended).toEqual([sessionId]);
        expect(await sessions.list(USER)).toHaveLength(100);
    });

    describe("begun by a token that Dockge made", () => {
        let token: string;
        beforeEach(async () => {
            token = await tokens.issue(USER, null);
        });

        it("are one session, however often the token comes, with a token of ours to go on with", async () => {
            const first = await resume(token);
            expect(first.isAdopted).toBe(true);
            expect(await resume(token)).toMatchObject({ sessionId: first.sessionId });
            expect(await resume(first.token)).toMatchObject({ sessionId: first.sessionId, isAdopted: false });
            expect(await sessions.list(USER)).toMatchObject([{ kind: "adopted" }]);
        });

        it("stay ended, also when the same token is written in another way", async () => {
            const { sessionId } = await resume(token);
            await sessions.end(USER, sessionId);
            await sessions.begin(USER, BROWSER);
            await clock.advance(400 * DAY_MS);
            await sessions.begin(USER, BROWSER);
            await expect(resume(token)).rejects.toMatchObject(REFUSED);
            await expect(resume(`${token}=`)).rejects.toMatchObject(REFUSED);
        });

        it("expire for good", async () => {
            await resume(token);
            await clock.advance(30 * DAY_MS);
            await sessions.begin(USER, BROWSER);
            await expect(resume(token)).rejects.toMatchObject(REFUSED);
        });

        it("do not begin after the person has signed out everywhere", async () => {
            await clock.advance(1000);
            await sessions.endOthers(USER, null);
            await expect(resume(token)).rejects.toMatchObject(REFUSED);
        });

        it("do not begin while a second factor is on: Dockge did not ask for it", async () => {
            const adopted = await resume(token);
            await security.enableTwoFactor(USER.id, { secret: new Secret("A"), at: clock.now(), lastStep: 1, recoveryCodeHashes: [] });
            await expect(resume(token)).rejects.toMatchObject(REFUSED);
            await expect(resume(adopted.token)).resolves.toMatchObject({ sessionId: adopted.sessionId });
        });

        it("do not begin where the settings forbid it", async () => {
            sessions = create({ areDockgeTokensRefused: true });
            await expect(resume(token)).rejects.toMatchObject(REFUSED);
        });
    });
});
