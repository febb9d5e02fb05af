import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { auditLogInput } from "../../common/audit.ts";
import type { Actor } from "../../backend/domain/entities.ts";
import { SqliteAuditLog } from "../../backend/store/audit-log.ts";
import { temporaryDatabase, type TemporaryDatabase } from "../fixtures/temporary-database.ts";

/** As they were written, one a day from 1 January on. */
const ENTRIES: { action: string; actor: string; kind?: Actor["kind"]; stackId?: string; details?: Record<string, unknown> }[] = [
    { action: "user.log-in", actor: "ann" },
    { action: "user.log-in-failed", actor: "unknown user" },
    { action: "deployment.request", actor: "ann", stackId: "blog", details: { branch: "50%_off" } },
    { action: "deployment.cancel", actor: "Anna's token", kind: "token", stackId: "shop" },
];

describe("the audit log in SQLite", () => {
    let world: TemporaryDatabase;
    beforeAll(async () => {
        world = await temporaryDatabase();
        let now = Date.parse("2026-01-01T12:00:00Z");
        let id = 0;
        const clock = { now: () => now, monotonic: () => now, sleep: () => Promise.resolve() };
        const log = new SqliteAuditLog(world.database.knex, clock, { uuid: () => `e${++id}`, token: () => "" });
        for (const { action, actor, kind, stackId, details } of ENTRIES) {
            await log.append({ actor: { kind: kind ?? "user", name: actor, address: "192.0.2.1" }, action, stackId: stackId ?? null, subject: null, details: details ?? {} });
            now += 24 * 60 * 60_000;
        }
    });
    afterAll(() => world.remove());

    it.each([
        [{}, ["e4", "e3", "e2", "e1"]],
        [{ action: "user.log-in" }, ["e1"]],
        [{ action: "user.log-in,user.log-in-failed" }, ["e2", "e1"]],
        [{ action: ["deployment.cancel"] }, ["e4"]],
        [{ actor: "ann" }, ["e4", "e3", "e1"]],
        [{ actor: "ANNA" }, ["e4"]],
        [{ stack: "blog" }, ["e3"]],
        [{ q: "50%_off" }, ["e3"]],
        [{ q: "%" }, ["e3"]],
        [{ q: "shop" }, ["e4"]],
        [{ from: "2026-01-02", to: "2026-01-03" }, ["e3", "e2"]],
        [{ from: "2026-01-02T12:00:00Z", to: "2026-01-02T12:00:00Z" }, ["e2"]],
        [{ to: "2025-12-31" }, []],
    ])("for %j gives %j", async (input, ids) => {
        const page = await world.stores.audit.page(auditLogInput.parse(input));
        expect([page.items.map(({ id }) => id), page.total]).toEqual([ids, ids.length]);
    });

    it("comes in pages, and knows every action", async () => {
        expect(await world.stores.audit.page(auditLogInput.parse({ page: "2", perPage: "3" }))).toMatchObject({ items: [{ id: "e1" }], total: 4, page: 2, perPage: 3 });
        expect(await world.stores.audit.actions()).toEqual(["deployment.cancel", "deployment.request", "user.log-in", "user.log-in-failed"]);
    });
});
