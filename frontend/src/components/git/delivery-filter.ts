import type { LocationQuery, LocationQueryRaw } from "vue-router";
import { DELIVERY_OUTCOMES, type WebhookEventListInput } from "../../../../common/schemas.ts";

export const PER_PAGE = 20;

/** What the address line says about the deliveries; empty text is "any". */
export interface DeliveryFilter {
    verdict: string;
    q: string;
    page: number;
}

export const NO_FILTER: DeliveryFilter = { verdict: "", q: "", page: 1 };

function one(value: LocationQuery[string] | undefined): string {
    return typeof value === "string" ? value : "";
}

export function readFilter(query: LocationQuery): DeliveryFilter {
    const page = Number(one(query["page"]));
    return { verdict: one(query["verdict"]), q: one(query["q"]), page: Number.isInteger(page) && page > 0 ? page : 1 };
}

export function toQuery(filter: DeliveryFilter): LocationQueryRaw {
    return Object.fromEntries(Object.entries({ ...filter, page: filter.page === 1 ? "" : String(filter.page) }).filter(([, value]) => value !== ""));
}

/** Without payloads: a row asks for its own when it is opened. A verdict that the server does not know is left out. */
export function toListInput(filter: DeliveryFilter): Partial<WebhookEventListInput> {
    const verdict = DELIVERY_OUTCOMES.filter((known) => known === filter.verdict);
    return { page: filter.page, perPage: PER_PAGE, detail: "brief", ...(verdict.length > 0 ? { verdict } : {}), ...(filter.q === "" ? {} : { q: filter.q }) };
}
