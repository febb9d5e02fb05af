import { flushPromises, mount, type VueWrapper } from "@vue/test-utils";
import { computed, ref } from "vue";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SessionView } from "../../common/account-wire.ts";
import { clientName } from "../../frontend/src/components/settings/security/client-name.ts";
import DisableAuthCard from "../../frontend/src/components/settings/security/DisableAuthCard.vue";
import QrCode from "../../frontend/src/components/settings/security/QrCode.vue";
import SessionList from "../../frontend/src/components/settings/security/SessionList.vue";
import TwoFactorCard from "../../frontend/src/components/settings/security/TwoFactorCard.vue";
import { SESSION } from "../../frontend/src/composables/use-session.ts";
import LoginPage from "../../frontend/src/pages/LoginPage.vue";
import { CONNECTION } from "../../frontend/src/server/connection-key.ts";
import { ServerError } from "../../frontend/src/server/server-error.ts";
import { surroundings, TestServer } from "./fixtures/test-server.ts";

let server: TestServer;
let kept: (string | undefined)[];
let logIn: (...args: unknown[]) => Promise<boolean>;
let mounted: VueWrapper[];
beforeEach(() => {
    server = new TestServer();
    kept = [];
    logIn = () => Promise.resolve(true);
    mounted = [];
});
afterEach(() => mounted.forEach((wrapper) => wrapper.unmount()));

const refuse = (code: "CODE_INVALID" | "INPUT_INVALID", message: string) => () => Promise.reject(new ServerError(code, message));
const inDocument = (testid: string) => document.querySelector<HTMLElement>(`[data-testid=${testid}]`);

async function show(component: Parameters<typeof mount>[0]): Promise<VueWrapper> {
    const around = surroundings(server);
    const session = {
        state: ref("ready"),
        username: ref("ann"),
        canLogOut: computed(() => true),
        isEnded: ref(false),
        logIn: (...args: unknown[]) => logIn(...args),
        continueWith: (token: string | undefined) => kept.push(token),
    };
    const connection = { ...server.server, direct: server.server.call };
    const wrapper = mount(component, { attachTo: document.body, global: { ...around, provide: { ...around.provide, [SESSION as symbol]: session, [CONNECTION as symbol]: connection } } });
    mounted.push(wrapper);
    await flushPromises();
    return wrapper;
}

async function fill(testid: string, value: string): Promise<void> {
    const input = document.querySelector<HTMLInputElement>(`[data-testid=${testid}]`);
    if (input !== null) {
        input.value = value;
        input.dispatchEvent(new Event("input"));
    }
    await flushPromises();
}

async function confirm(): Promise<void> {
    inDocument("password-dialog")?.querySelector("form")?.dispatchEvent(new Event("submit"));
    await flushPromises();
}

describe("two-factor log-in", () => {
    it("is set up: password, QR code, code, recovery codes once", async () => {
        let isOn = false;
        server.answers = {
            twoFAStatus: () => ({ status: isOn, since: isOn ? "2026-01-31T10:00:00.000Z" : null, recoveryCodesLeft: isOn ? 10 : 0 }),
            prepare2FA: () => ({ uri: "otpauth://totp/x?secret=ABCD", secret: "ABCD" }),
            save2FA: () => {
                isOn = true;
                return { recoveryCodes: ["aaaa-bbbb-cccc-dddd"], token: "new token" };
            },
        };
        const card = await show(TwoFactorCard);
        expect(card.get("[data-testid=two-factor-status]").text()).toBe("off");
        await card.get("[data-testid=enable-two-factor]").trigger("click");
        await fill("confirm-password", "secret-1");
        await confirm();
        expect(server.callsOf("prepare2FA")).toEqual([["secret-1"]]);
        expect(card.get("[data-testid=two-factor-secret]").text()).toBe("ABCD");
        await card.get("[data-testid=setup-code]").setValue(" 123456 ");
        await card.get("[data-testid=two-factor-setup] form").trigger("submit");
        await flushPromises();
        expect(server.callsOf("save2FA")).toEqual([["secret-1", "123456"]]);
        expect(kept).toEqual(["new token"]);
        expect(card.get("[data-testid=recovery-codes]").text()).toContain("aaaa-bbbb-cccc-dddd");
        expect(card.emitted("changed")).toBeTruthy();
        await card.get("[data-testid=codes-kept]").trigger("click");
        expect(card.text()).not.toContain("aaaa-bbbb");
        expect(card.get("[data-testid=codes-left]").text()).toBe("10");
    });

    it("keeps the set-up open when the code is wrong", async () => {
        server.answers = { twoFAStatus: () => ({ status: false, since: null, recoveryCodesLeft: 0 }), prepare2FA: () => ({ uri: "otpauth://x", secret: "ABCD" }), save2FA: refuse("CODE_INVALID", "Not this one.") };
        const card = await show(TwoFactorCard);
        await card.get("[data-testid=enable-two-factor]").trigger("click");
        await confirm();
        await card.get("[data-testid=setup-code]").setValue("000000");
        await card.get("[data-testid=two-factor-setup] form").trigger("submit");
        await flushPromises();
        expect(card.get("[data-testid=error-message]").text()).toBe("Not this one.");
        expect(kept).toEqual([]);
    });

    it("is turned off with password and code, and says why it is not", async () => {
        server.answers = { twoFAStatus: () => ({ status: true, since: null, recoveryCodesLeft: 1 }), disable2FA: refuse("INPUT_INVALID", "The current password is not right.") };
        const card = await show(TwoFactorCard);
        await card.get("[data-testid=disable-two-factor]").trigger("click");
        await fill("confirm-password", "wrong");
        await fill("confirm-code", " 123456");
        await confirm();
        expect(server.callsOf("disable2FA")).toEqual([["wrong", "123456"]]);
        expect(inDocument("password-dialog")?.textContent).toContain("The current password is not right.");
        server.answers["disable2FA"] = () => ({ token: "after" });
        await confirm();
        expect(inDocument("password-dialog")).toBeNull();
        expect(kept).toEqual(["after"]);
    });
});

describe("QrCode", () => {
    it("draws the modules with the light margin that scanners need", async () => {
        const code = await show({ components: { QrCode }, template: "<QrCode text=\"otpauth://totp/x?secret=ABCD\" label=\"scan\" />" });
        await vi.waitFor(() => expect(code.find("[data-testid=qr-code]").exists()).toBe(true));
        const svg = code.get("[data-testid=qr-code]");
        const size = Number(svg.attributes("viewBox")?.split(" ")[2]);
        expect((size - 8 - 17) % 4).toBe(0);
        expect(svg.attributes("aria-label")).toBe("scan");
        expect(svg.get("path").attributes("d")).toMatch(/^M4 4h1v1h-1z/);
    });
});

describe("sessions", () => {
    const session = (changes: Partial<SessionView>): SessionView => ({
        id: "s1",
        kind: "browser",
        isCurrent: false,
        address: "192.0.2.1",
        userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        createdAt: "2026-01-01T10:00:00.000Z",
        lastSeenAt: "2026-01-31T10:00:00.000Z",
        expiresAt: "2026-02-28T10:00:00.000Z",
        ...changes,
    });

    it("shows this one first, names the others, and ends one", async () => {
        server.answers = {
            listSessions: () => ({ sessions: [session({}), session({ id: "s2", kind: "hub", userAgent: "node" }), session({ id: "s3", isCurrent: true, userAgent: null })] }),
            endSession: () => ({}),
        };
        const list = await show(SessionList);
        const rows = list.findAll("[data-testid=session-row]");
        expect(rows.map((row) => row.get(".strong").text().replaceAll(/\s+/g, " "))).toEqual(["A program this session", "Firefox on Linux", "A Dockge hub"]);
        expect(rows[0]?.find("[data-testid=end-session]").exists()).toBe(false);
        await rows[1]?.get("[data-testid=end-session]").trigger("click");
        expect(inDocument("confirm-dialog")?.textContent).toContain("192.0.2.1");
        inDocument("confirm-ok")?.click();
        await flushPromises();
        expect(server.callsOf("endSession")).toEqual([["s1"]]);
        expect(server.callsOf("listSessions")).toHaveLength(2);
    });

    it("shows ten of many until it is asked for all, and no button when there is no other", async () => {
        const many = Array.from({ length: 12 }, (_value, index) => session({ id: `s${index}` }));
        server.answers = { listSessions: () => ({ sessions: many }) };
        const list = await show(SessionList);
        expect(list.findAll("[data-testid=session-row]")).toHaveLength(10);
        await list.get(".link-button").trigger("click");
        expect(list.findAll("[data-testid=session-row]")).toHaveLength(12);
        server.answers = { listSessions: () => ({ sessions: [session({ isCurrent: true })] }) };
        expect((await show(SessionList)).find("[data-testid=end-others]").exists()).toBe(false);
    });

    it.each([
        ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", { browser: "Edge", system: "Windows" }],
        ["Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36", { browser: "Chrome", system: "Android" }],
        ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1", { browser: "Safari", system: "iPhone" }],
        ["curl/8.0", null],
        [null, null],
    ])("%s is %j", (userAgent, name) => {
        expect(clientName(userAgent)).toEqual(name);
    });
});

describe("switching log-in off", () => {
    it("says what it means and asks for the password", async () => {
        let isOff = false;
        server.answers = { getSettings: () => ({ data: { disableAuth: isOff } }), setSettings: () => ((isOff = true), {}) };
        const card = await show(DisableAuthCard);
        await card.get("[data-testid=turn-auth-off]").trigger("click");
        expect(inDocument("password-dialog")?.textContent).toContain("without a name or a password");
        await fill("confirm-password", "secret-1");
        await confirm();
        expect(server.callsOf("setSettings")).toEqual([[{ disableAuth: true }, "secret-1"]]);
        expect(card.get(".notice-bad").text()).toContain("Everybody who can reach this server");
    });
});

describe("LoginPage", () => {
    async function passwordTyped(): Promise<VueWrapper> {
        const page = await show(LoginPage);
        await page.get("[data-testid=login-username]").setValue("ann");
        await page.get("[data-testid=login-password]").setValue("secret-1");
        await page.get("[data-testid=login-form]").trigger("submit");
        await flushPromises();
        return page;
    }

    it("asks for the code only where one is needed, and takes a recovery code in its place", async () => {
        const calls: unknown[][] = [];
        logIn = (...args) => (calls.push(args), Promise.resolve(args[3] !== ""));
        const page = await passwordTyped();
        const code = page.get<HTMLInputElement>("[data-testid=login-code]");
        expect([code.attributes("autocomplete"), code.attributes("inputmode"), document.activeElement === code.element]).toEqual(["one-time-code", "numeric", true]);
        await page.get("[data-testid=login-switch]").trigger("click");
        await page.get("[data-testid=login-code]").setValue("aaaa-bbbb-cccc-dddd");
        await page.get("[data-testid=login-form]").trigger("submit");
        await flushPromises();
        expect(calls).toEqual([
            ["ann", "secret-1", true, ""],
            ["ann", "secret-1", true, "aaaa-bbbb-cccc-dddd"],
        ]);
    });

    it("empties a wrong code, says so, and lets somebody else begin", async () => {
        logIn = (...args) => (args[3] === "" ? Promise.resolve(false) : Promise.reject(new ServerError("CODE_INVALID", "This code is wrong.")));
        const page = await passwordTyped();
        await page.get("[data-testid=login-code]").setValue("000000");
        await page.get("[data-testid=login-form]").trigger("submit");
        await flushPromises();
        expect(page.get("[data-testid=error-message]").text()).toBe("This code is wrong.");
        expect(page.get<HTMLInputElement>("[data-testid=login-code]").element.value).toBe("");
        await page.get("[data-testid=login-back]").trigger("click");
        expect(page.get<HTMLInputElement>("[data-testid=login-password]").element.value).toBe("");
        expect(page.find("[data-testid=error-alert]").exists()).toBe(false);
    });
});
