import { auditExportInput, auditLogInput } from "../../../common/audit.ts";
import type { AuditService } from "../../services/audit-service.ts";
import { json, route, type RestRoute } from "./route.ts";
import { auditEntry, auditPage } from "./view-schemas.ts";

export function auditRoutes(audit: AuditService): RestRoute[] {
    return [
        route({
            method: "GET",
            path: "/api/v1/audit-log",
            tag: "system",
            access: "token",
            summary: "Who did what, newest first",
            query: auditLogInput,
            responses: { 200: { description: "A page of entries, and every action that occurs", schema: auditPage } },
            errors: [],
            answer: async ({ query }) => json(200, await audit.list(query)),
        }),
        route({
            method: "GET",
            path: "/api/v1/audit-log/export",
            tag: "system",
            access: "token",
            summary: "The audit log as a file",
            description: "The newest 20,000 entries that fit the filter; `x-export-cut: true` says that there are more. In CSV, a cell that a spreadsheet would take for a formula begins with an apostrophe.",
            query: auditExportInput,
            responses: { 200: { description: "A file", schema: auditEntry.array(), contentTypes: ["text/csv", "application/json"] } },
            errors: [],
            answer: async ({ query }) => {
                const { fileName, mediaType, content, isCut } = await audit.export(query);
                return {
                    status: 200,
                    headers: { "content-type": mediaType, "content-disposition": `attachment; filename="${fileName}"`, "cache-control": "no-store", ...(isCut ? { "x-export-cut": "true" } : {}) },
                    body: content,
                };
            },
        }),
    ];
}
