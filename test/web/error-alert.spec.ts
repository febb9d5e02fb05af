import { mount } from "@vue/test-utils";
import { nextTick } from "vue";
import { describe, expect, it } from "vitest";
import ErrorAlert from "../../frontend/src/components/ErrorAlert.vue";
import { readVerdict } from "../../frontend/src/components/git/verdict.ts";
import { readAnswer } from "../../frontend/src/server/read-answer.ts";
import { ServerError } from "../../frontend/src/server/server-error.ts";
import { surroundings, TestServer } from "./fixtures/test-server.ts";

const show = (error: ServerError | null) => mount(ErrorAlert, { props: { error }, global: surroundings() });

describe("ErrorAlert", () => {
    it("is an alert with the sentence first, a hint, the code and the facts", () => {
        const alert = show(new ServerError("HEALTH_TIMEOUT", "web was not healthy within 60 s.", { service: "web" }));
        expect(alert.attributes("role")).toBe("alert");
        expect(alert.text().indexOf("web was not healthy")).toBeLessThan(alert.text().indexOf("HEALTH_TIMEOUT"));
        expect(alert.text()).toContain("Git → Safety");
        expect(alert.get("pre").text()).toBe("service: web");
    });

    it("gives no advice that the server's sentence gives already, unless that is in another language", () => {
        const said = new ServerError("PULL_FAILED", "An image could not be pulled: denied. Check the image's name and tag.");
        expect(show(said).find("[data-testid=error-hint]").exists()).toBe(false);
        expect(show(new ServerError("PULL_FAILED", "")).find("[data-testid=error-hint]").exists()).toBe(true);
        const around = surroundings();
        const i18n = around.plugins[0] as { global: { locale: { value: string }; setLocaleMessage: (locale: string, texts: object) => void } };
        i18n.global.setLocaleMessage("de", { errors: { PULL_FAILED: "Nicht geholt." }, hints: { PULL_FAILED: "Namen prüfen." } });
        i18n.global.locale.value = "de";
        expect(mount(ErrorAlert, { props: { error: said }, global: around }).get("[data-testid=error-hint]").text()).toBe("Namen prüfen.");
    });

    it("shows nothing without an error", () => {
        expect(show(null).find("[role=alert]").exists()).toBe(false);
    });

    it("of a lost connection goes when it is back, and any other stays", async () => {
        const server = new TestServer();
        const alert = (code: "CONNECTION_LOST" | "PULL_FAILED") => mount(ErrorAlert, { props: { error: new ServerError(code, "away") }, global: surroundings(server) });
        const [lost, other] = [alert("CONNECTION_LOST"), alert("PULL_FAILED")];
        server.isConnected.value = false;
        await nextTick();
        expect(lost.find("[role=alert]").exists()).toBe(true);
        server.isConnected.value = true;
        await nextTick();
        expect([lost.find("[role=alert]").exists(), other.find("[role=alert]").exists()]).toEqual([false, true]);
        await lost.setProps({ error: new ServerError("CONNECTION_LOST", "away again") });
        expect(lost.find("[role=alert]").exists()).toBe(true);
    });
});

describe("readAnswer", () => {
    it("keeps code and data, and knows Dockge's keys", () => {
        expect(readAnswer({ ok: true, token: "x" }, "login")).toMatchObject({ token: "x" });
        expect(() => readAnswer({ ok: false, msg: "authIncorrectCreds", msgi18n: true }, "login")).toThrow(expect.objectContaining({ code: "REFUSED", text: { key: "refusals.authIncorrectCreds" } }) as Error);
        expect(() => readAnswer({ ok: false, msg: "Busy.", code: "STACK_BUSY", data: { by: "ada" } }, "startStack")).toThrow(expect.objectContaining({ code: "STACK_BUSY", facts: { by: "ada" } }) as Error);
        expect(() => readAnswer(undefined, "x")).toThrow(ServerError);
    });
});

describe("readVerdict", () => {
    it("takes the server's words apart", () => {
        expect(readVerdict("deploy").kind).toBe("deploy");
        expect(readVerdict("ignore: PATHS_UNCHANGED. Only docs changed.")).toEqual({ kind: "ignore", code: "PATHS_UNCHANGED", reason: "Only docs changed." });
        expect(readVerdict(null)).toEqual({ kind: "none", code: null, reason: "" });
    });
});
