import { describe, expect, it } from "vitest";
import type { AuditEntry } from "../../../backend/domain/entities.ts";
import { AuditService, MAX_EXPORTED } from "../../../backend/services/audit-service.ts";
import { toCsv } from "../../../backend/services/csv.ts";

const AT = Date.parse("2026-01-31T10:00:00Z");
const ENTRY: AuditEntry = {
    id: "e1",
    at: AT,
    actor: { kind: "webhook", name: "=HYPERLINK(\"http://evil\")", address: null },
    action: "webhook.rejected",
    stackId: "blog",
    subject: null,
    details: { why: "a, b" },
};

function serviceOver(items: AuditEntry[], total = items.length): AuditService {
    const audit = { page: ({ page, perPage }: { page: number; perPage: number }) => Promise.resolve({ items, total, page, perPage }), actions: () => Promise.resolve(["webhook.rejected"]) };
    return new AuditService({ audit, clock: { now: () => AT } });
}

describe("the audit log", () => {
    it("is listed with every action there is", async () => {
        expect(await serviceOver([ENTRY]).list({ page: 1, perPage: 50 })).toMatchObject({ items: [{ at: "2026-01-31T10:00:00.000Z" }], total: 1, actions: ["webhook.rejected"] });
    });

    it("leaves as CSV without formulas", async () => {
        const file = await serviceOver([ENTRY]).export({ format: "csv" });
        expect(file).toEqual({
            fileName: "audit-log-2026-01-31.csv",
            mediaType: "text/csv; charset=utf-8",
            content: [
                "time,actor kind,actor,address,action,stack,subject,details",
                "2026-01-31T10:00:00.000Z,webhook,\"'=HYPERLINK(\"\"http://evil\"\")\",,webhook.rejected,blog,,\"{\"\"why\"\":\"\"a, b\"\"}\"",
                "",
            ].join("\r\n"),
            isCut: false,
        });
    });

    it("leaves as JSON, and says when there is more than one export holds", async () => {
        const file = await serviceOver([ENTRY], MAX_EXPORTED + 1).export({ format: "json" });
        expect(file).toMatchObject({ fileName: "audit-log-2026-01-31.json", mediaType: "application/json", isCut: true });
        expect(JSON.parse(file.content)).toEqual([{ ...ENTRY, at: "2026-01-31T10:00:00.000Z" }]);
    });
});

describe("toCsv", () => {
    it.each([
        ["plain", "plain"],
        ["a\nb", "\"a\nb\""],
        ["-1", "'-1"],
        ["@cmd", "'@cmd"],
        ["\tx", "'\tx"],
        ["a=b", "a=b"],
        ["x;=cmd|' /C calc'!A0", "x;'=cmd|' /C calc'!A0"],
        ["\n=1", "\"'\n'=1\""],
        ["＝1", "'＝1"],
    ])("%j becomes %j", (cell, csv) => {
        expect(toCsv([[cell]])).toBe(`${csv}\r\n`);
    });
});
