import type { LocationQuery, LocationQueryRaw } from "vue-router";
import type { AuditFilter as ServerFilter } from "../../../../../common/audit.ts";

/** What the address line says about the audit log; empty text is "any". */
export interface AuditFilter {
    q: string;
    action: string;
    actor: string;
    stack: string;
    from: string;
    to: string;
    page: number;
}

const STACK_NAME = /^[a-z0-9][a-z0-9_-]{0,99}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

function one(value: LocationQuery[string] | undefined): string {
    return typeof value === "string" ? value : "";
}

export function readFilter(query: LocationQuery): AuditFilter {
    const page = Number(one(query["page"]));
    const [q, action, actor, stack, from, to] = ["q", "action", "actor", "stack", "from", "to"].map((name) => one(query[name])) as [string, string, string, string, string, string];
    return { q, action, actor, stack, from, to, page: Number.isInteger(page) && page > 0 ? page : 1 };
}

export function toQuery(filter: AuditFilter): LocationQueryRaw {
    const entries = Object.entries({ ...filter, page: filter.page === 1 ? "" : String(filter.page) });
    return Object.fromEntries(entries.filter(([, value]) => value !== ""));
}

/** What the server would refuse is left out: a name that is still being typed, a date of an old link. */
export function toServerFilter({ q, action, actor, stack, from, to }: AuditFilter): Partial<ServerFilter> {
    return {
        ...(q === "" ? {} : { q }),
        ...(action === "" ? {} : { action: [action] }),
        ...(actor === "" ? {} : { actor }),
        ...(STACK_NAME.test(stack) ? { stack } : {}),
        ...(DAY.test(from) ? { from } : {}),
        ...(DAY.test(to) ? { to } : {}),
    };
}
