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
    page: number;
}

function one(value: LocationQuery[string] | undefined): string {
    return typeof value === "string" ? value : "";
}

export function readFilter(query: LocationQuery): DeploymentFilter {
    const page = Number(one(query["page"]));
    return { q: one(query["q"]), status: one(query["status"]), triggeredBy: one(query["triggeredBy"]), branch: one(query["branch"]), page: Number.isInteger(page) && page > 0 ? page : 1 };
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
    };
}
