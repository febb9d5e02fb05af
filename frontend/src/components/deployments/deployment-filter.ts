import type { LocationQuery, LocationQueryRaw } from "vue-router";
import { DEPLOYMENT_STATUSES, TRIGGERS } from "../../../../common/deployment.ts";
import type { DeploymentListInput } from "../../../../common/schemas.ts";

export const PER_PAGE = 20;

/** What the address line says about the history; empty text is "any". */
export interface DeploymentFilter {
    q: string;
    status: string;
    triggeredBy: string;
    branch: string;
    /** First and last day, such as 2026-01-31, by the clock of whoever looks. */
    from: string;
    to: string;
    page: number;
}

function one(value: LocationQuery[string] | undefined): string {
    return typeof value === "string" ? value : "";
}

/** What is not a day counts as none. */
function day(value: LocationQuery[string] | undefined): string {
    const text = one(value);
    return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00`)) ? text : "";
}

export const NO_FILTER: DeploymentFilter = { q: "", status: "", triggeredBy: "", branch: "", from: "", to: "", page: 1 };

export function readFilter(query: LocationQuery): DeploymentFilter {
    const page = Number(one(query["page"]));
    return { q: one(query["q"]), status: one(query["status"]), triggeredBy: one(query["triggeredBy"]), branch: one(query["branch"]), from: day(query["from"]), to: day(query["to"]), page: Number.isInteger(page) && page > 0 ? page : 1 };
}

export function toQuery(filter: DeploymentFilter): LocationQueryRaw {
    const entries = Object.entries({ ...filter, page: filter.page === 1 ? "" : String(filter.page) });
    return Object.fromEntries(entries.filter(([, value]) => value !== ""));
}

/** Values that the server does not know are left out, so that an old link still shows something. */
export function toListInput(filter: DeploymentFilter): Partial<DeploymentListInput> {
    const status = DEPLOYMENT_STATUSES.filter((known) => known === filter.status);
    const triggeredBy = TRIGGERS.filter((known) => known === filter.triggeredBy);
    return {
        page: filter.page,
        perPage: PER_PAGE,
        ...(status.length > 0 ? { status } : {}),
        ...(triggeredBy.length > 0 ? { triggeredBy } : {}),
        ...(filter.q === "" ? {} : { q: filter.q }),
        ...(filter.branch === "" ? {} : { branch: filter.branch }),
        ...(filter.from === "" ? {} : { from: new Date(`${filter.from}T00:00:00`).toISOString() }),
        ...(filter.to === "" ? {} : { to: new Date(`${filter.to}T23:59:59.999`).toISOString() }),
    };
}
