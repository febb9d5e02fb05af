import type { Knex } from "knex";
import type { DeploymentStatistics } from "../../common/stack-insight.ts";
import { DAY_MS, MINUTE_MS, statisticsOf, type Ending } from "../domain/deployment-statistics.ts";
import type { DeploymentStatisticsStore, StatisticsPeriod } from "../domain/ports.ts";

const ENDINGS: Readonly<Record<string, Ending>> = { s: "successful", f: "failed", r: "rolledBack", c: "cancelled" };

/**
 * The ended deployments of the period, from one index and no row. Each column comes as one text: handing over 100,000 rows takes ten times as long as
 * reading them. A lead time is told only of what a push or a poll brought: somebody who presses a button has waited for nothing before.
 */
const ENDED = `
    SELECT group_concat(substr(status, 1, 1), '' ORDER BY completed_at) AS endings,
        json_group_array(completed_at ORDER BY completed_at) AS ended_at,
        json_group_array(CASE WHEN status = 'successful' AND kind = 'deploy' AND triggered_by IN ('webhook', 'scheduled') THEN completed_at - created_at END ORDER BY completed_at) AS lead_times
    FROM deployments INDEXED BY deployments_statistics
    WHERE stack_id = :stackId AND completed_at >= :from AND completed_at < :to AND status IN ('successful', 'failed', 'rolled_back', 'cancelled')`;

interface Columns {
    endings: string | null;
    ended_at: string;
    lead_times: string;
}

/** Reads a bounded period of one stack's history. */
export class SqliteDeploymentStatistics implements DeploymentStatisticsStore {
    readonly #knex: Knex;

    constructor(knex: Knex) {
        this.#knex = knex;
    }

    async read(stackId: string, period: StatisticsPeriod): Promise<DeploymentStatistics> {
        const offset = period.utcOffsetMinutes * MINUTE_MS;
        const bindings = { stackId, from: period.firstDay * DAY_MS - offset, to: (period.lastDay + 1) * DAY_MS - offset };
        const [columns] = await this.#knex.raw<Columns[]>(ENDED, bindings);
        return statisticsOf(period, {
            endings: Array.from(columns?.endings ?? "", (letter) => ENDINGS[letter] ?? "cancelled"),
            endedAt: JSON.parse(columns?.ended_at ?? "[]") as number[],
            leadTimes: JSON.parse(columns?.lead_times ?? "[]") as (number | null)[],
        });
    }
}
