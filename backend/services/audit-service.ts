import type { AuditEntryView, AuditExport, AuditExportInput, AuditLogInput } from "../../common/audit.ts";
import type { Page } from "../../common/views.ts";
import type { AuditEntry } from "../domain/entities.ts";
import type { AuditLog, Clock } from "../domain/ports.ts";
import { toCsv } from "./csv.ts";

/** Entries of one export at most. */
export const MAX_EXPORTED = 20_000;
const COLUMNS = ["time", "actor kind", "actor", "address", "action", "stack", "subject", "details"];

/** Who did what: to look through, and to take away. */
export class AuditService {
    readonly #audit: Pick<AuditLog, "page" | "actions">;
    readonly #clock: Pick<Clock, "now">;

    constructor(parts: { audit: Pick<AuditLog, "page" | "actions">; clock: Pick<Clock, "now"> }) {
        this.#audit = parts.audit;
        this.#clock = parts.clock;
    }

    /** Newest first; `actions` are all that occur, for a filter to offer. */
    async list(input: AuditLogInput): Promise<Page<AuditEntryView> & { actions: string[] }> {
        const [page, actions] = await Promise.all([this.#audit.page(input), this.#audit.actions()]);
        return { ...page, items: page.items.map(toView), actions };
    }

    async export({ format, ...filter }: AuditExportInput): Promise<AuditExport> {
        const { items, total } = await this.#audit.page({ ...filter, page: 1, perPage: MAX_EXPORTED });
        const views = items.map(toView);
        const day = new Date(this.#clock.now()).toISOString().slice(0, 10);
        return {
            fileName: `audit-log-${day}.${format}`,
            mediaType: format === "csv" ? "text/csv; charset=utf-8" : "application/json",
            content: format === "csv" ? toCsv([COLUMNS, ...views.map(toRow)]) : `${JSON.stringify(views, null, 4)}\n`,
            isCut: total > items.length,
        };
    }
}

function toView(entry: AuditEntry): AuditEntryView {
    return { ...entry, at: new Date(entry.at).toISOString() };
}

function toRow({ at, actor, action, stackId, subject, details }: AuditEntryView): string[] {
    const isEmpty = Object.keys(details).length === 0;
    return [at, actor.kind, actor.name, actor.address ?? "", action, stackId ?? "", subject ?? "", isEmpty ? "" : JSON.stringify(details)];
}
