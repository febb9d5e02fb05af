import type { Knex } from "knex";
import type { DeploymentListInput } from "../../common/schemas.ts";
import type { Row } from "./row-mapper.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const DATE_ONLY = /^\d{4}-\d{2}-\d{2}$/;
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
    if (filter.from !== undefined) {
        void scope.where("created_at", ">=", Date.parse(filter.from));
    }
    if (filter.to !== undefined) {
        const end = Date.parse(filter.to);
        void (DATE_ONLY.test(filter.to) ? scope.where("created_at", "<", end + DAY_MS) : scope.where("created_at", "<=", end));
    }
    if (filter.q !== undefined && filter.q.trim() !== "") {
        const pattern = `%${filter.q.trim().replace(/[\\%_]/g, "\\$&")}%`;
        void scope.where((any) => {
            for (const column of SEARCHED) {
                void any.orWhereRaw(`${column} LIKE ? ESCAPE '\\'`, [pattern]);
            }
        });
    }
    const [count] = await scope.clone().count<{ count: number }[]>({ count: "*" });
    const rows = await scope
        .clone()
        .select("*")
        .orderByRaw("created_at DESC, rowid DESC")
        .limit(filter.perPage)
        .offset((filter.page - 1) * filter.perPage);
    return { rows: rows, total: count?.count ?? 0 };
}
