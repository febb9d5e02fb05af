import { z } from "zod";
import { dayOrMoment, listOf, paging, searchText, stackName } from "./schemas.ts";

/** What of the audit log is asked for. */
const filter = {
    action: listOf(z.string().min(1).max(100)),
    /** Part of the name of a person, token or sender. */
    actor: searchText.optional(),
    stack: stackName.optional(),
    /** Anywhere in an entry. */
    q: searchText.optional(),
    from: dayOrMoment.optional(),
    to: dayOrMoment.optional(),
};

export const auditLogInput = z.object({ ...filter, ...paging(50) }).strict();

export const AUDIT_FORMATS = ["csv", "json"] as const;

export const auditExportInput = z.object({ ...filter, format: z.enum(AUDIT_FORMATS).default("csv") }).strict();

export type AuditLogInput = z.infer<typeof auditLogInput>;
export type AuditExportInput = z.infer<typeof auditExportInput>;
export type AuditFilter = Omit<AuditLogInput, "page" | "perPage">;
export type AuditFormat = (typeof AUDIT_FORMATS)[number];

export interface AuditEntryView {
    id: string;
    at: string;
    actor: { kind: "user" | "token" | "webhook" | "schedule" | "system"; name: string; address: string | null };
    /** Such as `deployment.cancel`. */
    action: string;
    stackId: string | null;
    subject: string | null;
    details: Record<string, unknown>;
}

export interface AuditExport {
    fileName: string;
    mediaType: string;
    content: string;
    /** There were more entries than one export holds; the newest are in it. */
    isCut: boolean;
}
