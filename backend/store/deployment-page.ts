import type { Knex } from "knex";
import type { DeploymentListInput } from "../../common/schemas.ts";
import { isSearch, narrowToPeriod, narrowToWords, offsetOf } from "./filters.ts";
import type { Row } from "./row-mapper.ts";

const SEARCHED = ["commit_message", "commit_author", "commit_sha", "branch", "tag"];

/** One page of a stack's history, newest first. A `to` that names only a day includes the whole of it (UTC). */
export async function deploymentPage(knex: Knex, stackId: string, filter: DeploymentListInput): Promise<{ rows: Row[]; total: number }> {
    const scope = knex<Row, Row[]>("deployments").where("stack_id", stackId);
    if (filter.status !== undefined) {
        void scope.whereIn("status", filter.status);
    }
    if (filter.triggeredBy !== undefined) {
        void scope.whereIn("triggered_by", filter.triggeredBy);
    }
    if (filter.branch !== undefined) {
        void scope.where("branch", filter.branch);
    }
    narrowToPeriod(scope, "created_at", filter);
    narrowToWords(scope, SEARCHED, filter.q);
    return isSearch(filter.q) ? await readInOneScan(knex, scope, filter) : await countAndRead(scope, filter);
}

type Scope = Knex.QueryBuilder<Row, Row[]>;

/** Counting reads an index alone, so two queries are the cheapest. */
async function countAndRead(scope: Scope, filter: DeploymentListInput): Promise<{ rows: Row[]; total: number }> {
    const total = await count(scope);
    const rows = await scope.clone().select("*").orderByRaw("created_at DESC, rowid DESC").limit(filter.perPage).offset(offsetOf(filter));
    return { rows, total };
}

/** A search has to read the text of every row, so it is done once, for the count and for the page. */
async function readInOneScan(knex: Knex, scope: Scope, filter: DeploymentListInput): Promise<{ rows: Row[]; total: number }> {
    const page = knex("found").select("*").orderByRaw("at DESC, place DESC").limit(filter.perPage).offset(offsetOf(filter));
    const rows: Row[] = await knex
        .withMaterialized("found", scope.clone().select({ place: "rowid", at: "created_at" }))
        .select("d.*", knex.raw("(SELECT count(*) FROM found) AS found_count"))
        .from(page.as("page"))
        .join("deployments as d", "d.rowid", "page.place")
        .orderByRaw("page.at DESC, page.place DESC");
    // A page behind the last one holds no row that could tell how many there are.
    const total = rows.length === 0 && filter.page > 1 ? await count(scope) : Number(rows[0]?.["found_count"] ?? 0);
    return { rows, total };
}

async function count(scope: Scope): Promise<number> {
    const [row] = await scope.clone().count<{ count: number }[]>({ count: "*" });
    return row?.count ?? 0;
}
