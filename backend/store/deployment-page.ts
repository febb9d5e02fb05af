import type { Knex } from "knex";
import type { DeploymentListInput } from "../../common/schemas.ts";
import { isSearch, narrowToPeriod, offsetOf } from "./filters.ts";
import type { Row } from "./row-mapper.ts";

/** What a search looks into, in lower case as `LIKE` compares; word for word as in the index `deployments_search`, which is then all that is read. */
export const SEARCHED =
    "lower(coalesce(commit_message, '') || char(31) || coalesce(commit_author, '') || char(31) || coalesce(commit_sha, '') || char(31) || coalesce(branch, '') || char(31) || coalesce(tag, ''))";

type Scope = Knex.QueryBuilder<Row, Row[]>;

/** One page of a stack's history, newest first. A `to` that names only a day includes the whole of it (UTC). */
export async function deploymentPage(knex: Knex, stackId: string, filter: DeploymentListInput): Promise<{ rows: Row[]; total: number }> {
    const scope = scopeOf(knex, stackId, filter);
    // The page first: it ends at its last row, and one that is not full tells the number of all by itself.
    const rows = await scope.clone().select("*").orderByRaw("created_at DESC, rowid DESC").limit(filter.perPage).offset(offsetOf(filter));
    const isLast = rows.length < filter.perPage && (rows.length > 0 || filter.page === 1);
    return { rows, total: isLast ? offsetOf(filter) + rows.length : await count(scope) };
}

function scopeOf(knex: Knex, stackId: string, filter: DeploymentListInput): Scope {
    const scope = knex<Row, Row[]>(knex.raw(tableFor(filter))).where("stack_id", stackId);
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
    if (isSearch(filter.q)) {
        void scope.whereRaw(`instr(${SEARCHED}, lower(?)) > 0`, [filter.q.trim()]);
    }
    return scope;
}

/** SQLite would count along the widest index as gladly as along the narrowest. */
function tableFor({ q, status, triggeredBy, branch }: DeploymentListInput): string {
    if (isSearch(q)) {
        return "deployments INDEXED BY deployments_search";
    }
    return status === undefined && triggeredBy === undefined && branch === undefined ? "deployments INDEXED BY deployments_history" : "deployments";
}

async function count(scope: Scope): Promise<number> {
    const [row] = await scope.clone().count<{ count: number }[]>({ count: "*" });
    return row?.count ?? 0;
}
