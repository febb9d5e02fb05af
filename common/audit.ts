import { z } from "zod";
import { LIMITS, stackName } from "./schemas.ts";

/** What of the audit log is asked for. */
const filter = {
    /** One action, or several; in a query string separated by commas. */
    action: z.preprocess((value) => (typeof value === "string" ? value.split(",") : value), z.array(z.string().min(1).max(100)).max(LIMITS.listLength).optional()),
    /** Part of the name of a person, token or sender. */
    actor: z.string().max(200).optional(),
    stack: stackName.optional(),
    /** Anywhere in an entry. */
    q: z.string().max(200).optional(),
    from: z.iso.datetime({ offset: true }).or(z.iso.date()).optional(),
    /** A day alone includes the whole of it (UTC). */
    to: z.iso.datetime({ offset: true }).or(z.iso.date()).optional(),
};

export const auditLogInput = z
    .object({ ...filter, page: z.coerce.number().int().min(1).max(1_000_000).default(1), perPage: z.coerce.number().int().min(1).max(LIMITS.perPage).default(50) })
    .strict();

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
