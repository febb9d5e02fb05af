import { generate } from "otplib";
import { beforeEach, describe, expect, it } from "vitest";
import type { User } from "../../../../../backend/domain/entities.ts";
import { Secret } from "../../../../../backend/domain/secret.ts";
import { authenticatorUri, newTwoFactorSecret, stepOfCode } from "../../../../../backend/host/standalone/accounts/one-time-codes.ts";
import { TwoFactor } from "../../../../../backend/host/standalone/accounts/two-factor.ts";
import { LoginLimiter } from "../../../../../backend/host/standalone/accounts/login-limiter.ts";
import { systemRandom } from "../../../../../backend/random.ts";
import { FakeClock } from "../../../../fixtures/fake-clock.ts";
import { MemoryAccountSecurity } from "../../../../fixtures/memory-accounts.ts";

const STEP_MS = 30_000;
const HERE = "192.0.2.1";
const USER: User = { id: 7, username: "admin", passwordHash: "", isActive: true, timezone: null };
const INVALID = { code: "CODE_INVALID", message: "authInvalidToken" };

describe("codes of an authenticator", () => {
    /** "12345678901234567890" in Base32; the last six digits of RFC 6238, appendix B, SHA-1. */
    const secret = new Secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");

    it.each([
        [1_111_111_111, "050471"],
        [1_111_111_109, "081804"],
        [1_234_567_890, "005924"],
        [2_000_000_000, "279037"],
    ])("at %i s it is %s, one step to each side as well, and no further", async (seconds, code) => {
        const step = Math.floor(seconds / 30);
        const results = await Promise.all([-2, -1, 0, 1, 2].map((steps) => stepOfCode(secret, code, seconds * 1000 + steps * STEP_MS)));
        expect(results).toEqual([null, step, step, step, null]);
    });

    it.each(["", "28708", "2870822", "abcdef", "28708a", "２８７０８２"])("%j is none", async (code) => {
        await expect(stepOfCode(secret, code, 59_000)).resolves.toBeNull();
    });

    it("are told to the authenticator under the product and the person", () => {
        const fresh = newTwoFactorSecret(systemRandom);
        expect(fresh.reveal()).toMatch(/^[A-Z2-7]{32}$/);
        const uri = new URL(authenticatorUri(fresh, "a b@home"));
        expect([uri.protocol, uri.host, decodeURIComponent(uri.pathname), uri.searchParams.get("secret"), uri.searchParams.get("issuer")]).toEqual([
            "otpauth:",
            "totp",
            "/Dockge Git Deploy:a b@home",
            fresh.reveal(),
            "Dockge Git Deploy",
        ]);
    });
});

describe("the second factor", () => {
    let clock: FakeClock;
    let twoFactor: TwoFactor;
    let secret: string;
    beforeEach(async () => {
        clock = new FakeClock();
        twoFactor = new TwoFactor({ store: new MemoryAccountSecurity(), limiter: new LoginLimiter(), clock, random: systemRandom });
        secret = (await twoFactor.prepare(USER)).secret;
    });
    const codeAt = async (ms: number) => await generate({ secret, epoch: Math.floor(ms / 1000) });
    const enable = async () => {
        expect(await twoFactor.provePending(USER.id, await codeAt(clock.now()), HERE)).toBe(true);
        return await twoFactor.enable(USER.id);
    };

    it("counts only once a code was right", async () => {
        expect(await twoFactor.isOn(USER.id)).toBe(false);
        await expect(twoFactor.enable(USER.id)).rejects.toMatchObject({ code: "CODE_INVALID" });
        expect(await twoFactor.provePending(USER.id, await codeAt(clock.now() + 10 * STEP_MS), HERE)).toBe(false);
        await expect(twoFactor.enable(USER.id)).rejects.toMatchObject({ code: "CODE_INVALID" });
        await expect(twoFactor.requireCode(USER.id, "", HERE)).resolves.toBe("none");
        await enable();
        expect(await twoFactor.status(USER.id)).toEqual({ status: true, since: new Date(clock.now()).toISOString(), recoveryCodesLeft: 10 });
        await expect(twoFactor.requireCode(USER.id, "", HERE)).rejects.toMatchObject(INVALID);
    });

    it("forgets a proof when the set-up begins anew, and a set-up that takes longer than half an hour", async () => {
        await twoFactor.provePending(USER.id, await codeAt(clock.now()), HERE);
        await twoFactor.prepare(USER);
        await expect(twoFactor.enable(USER.id)).rejects.toMatchObject({ code: "CODE_INVALID" });
        await clock.advance(31 * 60_000);
        await expect(twoFactor.provePending(USER.id, "000000", HERE)).rejects.toMatchObject({ code: "INPUT_INVALID" });
    });

    it("takes a code once, and none that is older than one it took", async () => {
        await enable();
        // The code that proved the set-up is used up as well.
        await expect(twoFactor.requireCode(USER.id, await codeAt(clock.now()), HERE)).rejects.toMatchObject(INVALID);
        await clock.advance(2 * STEP_MS);
        const [older, newer] = [await codeAt(clock.now() - STEP_MS), await codeAt(clock.now())];
        await expect(twoFactor.requireCode(USER.id, `${newer.slice(0, 3)} ${newer.slice(3)}`, HERE)).resolves.toBe("authenticator");
        await expect(twoFactor.requireCode(USER.id, newer, HERE)).rejects.toMatchObject(INVALID);
        await expect(twoFactor.requireCode(USER.id, older, HERE)).rejects.toMatchObject(INVALID);
    });

    it("takes each recovery code once, however it is typed, until there are new ones", async () => {
        const codes = await enable();
        expect(new Set(codes).size).toBe(10);
        expect(codes.every((code) => /^([a-km-z2-9]{4}-){3}[a-km-z2-9]{4}$/.test(code))).toBe(true);
        await expect(twoFactor.requireCode(USER.id, ` ${codes[0]?.toUpperCase().replaceAll("-", "")} `, HERE)).resolves.toBe("recovery code");
        await expect(twoFactor.requireCode(USER.id, codes[0] ?? "", HERE)).rejects.toMatchObject(INVALID);
        expect((await twoFactor.status(USER.id)).recoveryCodesLeft).toBe(9);
        await twoFactor.renewRecoveryCodes(USER.id);
        await expect(twoFactor.requireCode(USER.id, codes[1] ?? "", HERE)).rejects.toMatchObject(INVALID);
    });

    it("is set up anew only after it was turned off", async () => {
        await enable();
        await expect(twoFactor.prepare(USER)).rejects.toMatchObject({ code: "INPUT_INVALID" });
        await twoFactor.disable(USER.id);
        expect(await twoFactor.status(USER.id)).toEqual({ status: false, since: null, recoveryCodesLeft: 0 });
        await expect(twoFactor.renewRecoveryCodes(USER.id)).rejects.toMatchObject({ code: "INPUT_INVALID" });
        expect((await twoFactor.prepare(USER)).secret).not.toBe(secret);
    });

    it("is not guessed: ten tries from one address, twenty for one user, right ones not counted", async () => {
        const [first, second] = await enable();
        const wrong = async (address: string) => await twoFactor.requireCode(USER.id, "none", address).catch((error: { code: string }) => error.code);
        for (let attempt = 0; attempt < 10; attempt += 1) {
            expect(await wrong("192.0.2.66")).toBe("CODE_INVALID");
        }
        expect(await wrong("192.0.2.66")).toBe("TOO_MANY_REQUESTS");
        await expect(twoFactor.requireCode(USER.id, first ?? "", HERE)).resolves.toBe("recovery code");
        for (let attempt = 0; attempt < 10; attempt += 1) {
            expect(await wrong(`192.0.2.${100 + attempt}`)).toBe("CODE_INVALID");
        }
        await expect(twoFactor.requireCode(USER.id, second ?? "", HERE)).rejects.toMatchObject({ code: "TOO_MANY_REQUESTS" });
    });
});
