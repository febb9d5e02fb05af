import { flushPromises, mount } from "@vue/test-utils";
import { describe, expect, it, vi } from "vitest";
import type { Router } from "vue-router";
import type { AuditEntryView } from "../../common/audit.ts";
import { readFilter, toQuery, toServerFilter } from "../../frontend/src/components/settings/audit/audit-filter.ts";
import AuditSettings from "../../frontend/src/components/settings/AuditSettings.vue";
import { ServerError } from "../../frontend/src/server/server-error.ts";
import { surroundings, TestServer } from "./fixtures/test-server.ts";

const saved = vi.hoisted(() => [] as unknown[][]);
vi.mock("../../frontend/src/server/save-file.ts", () => ({ saveFile: (...args: unknown[]) => saved.push(args) }));

const entry = (changes: Partial<AuditEntryView> = {}): AuditEntryView => ({
    id: "e1",
    at: "2026-01-31T10:00:00.000Z",
    actor: { kind: "user", name: "ann", address: "192.0.2.1" },
    action: "user.log-in-failed",
    stackId: null,
    subject: null,
    details: {},
    ...changes,
});

async function show(answer: unknown) {
    const server = new TestServer();
    server.answers = { getAuditLog: () => answer };
    const around = surroundings(server);
    const router = around.plugins[1] as Router;
    await router.push({ name: "settings-audit", query: { action: "user.log-in-failed" } });
    const page = mount(AuditSettings, { global: around });
    await flushPromises();
    return { page, server, router };
}

describe("the audit log", () => {
    it("shows entries in words, what has no words as it is, and links the stack", async () => {
        const items = [entry(), entry({ id: "e2", action: "brand-new.thing", actor: { kind: "webhook", name: "octo", address: null }, stackId: "blog", details: { branch: "main" } })];
        const { page } = await show({ items, total: 2, page: 1, perPage: 50, actions: ["brand-new.thing", "user.log-in-failed"] });
        const rows = page.findAll("[data-testid=audit-row]");
        expect(rows.map((row) => row.get(".strong").text())).toEqual(["Log-in failed", "brand-new.thing"]);
        expect(rows[1]?.get("a").attributes("href")).toBe("/compose/blog");
        expect(rows[1]?.text()).toContain("(webhook)");
        expect(rows[1]?.get("details").text()).toContain("main");
        expect(page.findAll("[data-testid=audit-action] option").map((option) => option.text())).toEqual(["Any action", "brand-new.thing", "Log-in failed"]);
    });

    it("asks the server by the address, and writes filters into it", async () => {
        const { page, server, router } = await show({ items: [entry()], total: 120, page: 1, perPage: 50, actions: [] });
        expect(server.callsOf("getAuditLog")).toEqual([[{ action: ["user.log-in-failed"], page: 1, perPage: 50 }]]);
        await page.get("[data-testid=page-next]").trigger("click");
        await flushPromises();
        expect(router.currentRoute.value.query).toEqual({ action: "user.log-in-failed", page: "2" });
        await page.get("[data-testid=audit-from]").setValue("2026-01-01");
        await flushPromises();
        expect(router.currentRoute.value.query).toEqual({ action: "user.log-in-failed", from: "2026-01-01" });
        expect(server.callsOf("getAuditLog").at(-1)).toEqual([{ action: ["user.log-in-failed"], from: "2026-01-01", page: 1, perPage: 50 }]);
    });

    it("hands out what is filtered as a file, and says when it is not all", async () => {
        const { page, server } = await show({ items: [entry()], total: 1, page: 1, perPage: 50, actions: [] });
        server.answers["exportAuditLog"] = () => ({ fileName: "audit.csv", mediaType: "text/csv", content: "time\r\n", isCut: true });
        await page.get("[data-testid=export-csv]").trigger("click");
        await flushPromises();
        expect(server.callsOf("exportAuditLog")).toEqual([[{ action: ["user.log-in-failed"], format: "csv" }]]);
        expect(saved).toEqual([["audit.csv", "time\r\n", "text/csv"]]);
        expect(page.get(".notice-wait").text()).toContain("more entries than one file holds");
    });

    it("leads back from filters that nothing fits, and shows why it could not be loaded", async () => {
        const { page, router } = await show({ items: [], total: 0, page: 1, perPage: 50, actions: [] });
        expect(page.text()).toContain("Nothing fits these filters");
        await page.get(".empty button").trigger("click");
        await flushPromises();
        expect(router.currentRoute.value.query).toEqual({});
        const failed = await show(Promise.reject(new ServerError("STORE_UNAVAILABLE", "The database does not answer.")));
        expect(failed.page.get("[data-testid=error-message]").text()).toBe("The database does not answer.");
    });

    it("leaves out of a link what the server would refuse", () => {
        const filter = readFilter({ q: "x", stack: "Not A Name", from: "yesterday", to: "2026-01-31", page: "-1" });
        expect(toServerFilter(filter)).toEqual({ q: "x", to: "2026-01-31" });
        expect(toQuery(readFilter({}))).toEqual({});
    });
});
