import type { Knex } from "knex";
import type { DayOfDeployments, DeploymentStatistics } from "../../common/stack-insight.ts";
import type { DeploymentStatisticsStore, StatisticsPeriod } from "../domain/ports.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const MINUTE_MS = 60_000;

interface CountRow {
    day: number;
    status: "successful" | "failed" | "rolled_back" | "cancelled";
    count: number;
}

/** The ended deployments of the period; reads one index and no row. `day` counts from the epoch by the asking person's clock. */
const ENDED = `
    SELECT status, kind, triggered_by, created_at, completed_at, (completed_at + :offset) / ${DAY_MS} AS day
    FROM deployments INDEXED BY deployments_statistics
    WHERE stack_id = :stackId AND completed_at >= :from AND completed_at < :to`;

/** Only what a push or a poll brought: somebody who presses a button has waited for nothing before. */
const LEAD_TIMES = `SELECT day, completed_at - created_at AS ms FROM (${ENDED}) WHERE status = 'successful' AND kind = 'deploy' AND triggered_by IN ('webhook', 'scheduled')`;

/**
 * From the first thing that went wrong after a success to the next success. Rows between two successes share the number of successes before them,
 * the closing success included.
 */
const RESTORE_TIMES = `
    SELECT max(day) AS day, max(CASE WHEN status = 'successful' THEN completed_at END) - min(CASE WHEN status <> 'successful' THEN completed_at END) AS ms
    FROM (
        SELECT status, day, completed_at, coalesce(sum(status = 'successful') OVER (ORDER BY completed_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS island
        FROM (${ENDED}) WHERE status IN ('successful', 'failed', 'rolled_back')
    )
    GROUP BY island HAVING ms >= 0`;

/** Counts and medians in SQL, over a bounded period of one stack's history. */
export class SqliteDeploymentStatistics implements DeploymentStatisticsStore {
    readonly #knex: Knex;

    constructor(knex: Knex) {
        this.#knex = knex;
    }

    async read(stackId: string, period: StatisticsPeriod): Promise<DeploymentStatistics> {
        const offset = period.utcOffsetMinutes * MINUTE_MS;
        const bindings = { stackId, offset, from: period.firstDay * DAY_MS - offset, to: (period.lastDay + 1) * DAY_MS - offset };
        const counts = await this.#knex.raw<CountRow[]>(`SELECT day, status, count(*) AS count FROM (${ENDED}) GROUP BY day, status`, bindings);
        const lead = await this.#median(LEAD_TIMES, bindings);
        const restore = await this.#median(RESTORE_TIMES, bindings);
        const days = daysOf(period, counts, await this.#medianPerDay(LEAD_TIMES, bindings), await this.#medianPerDay(RESTORE_TIMES, bindings));
        const successful = sum(days.map((day) => day.successful));
        const ended = successful + sum(days.map((day) => day.failed + day.rolledBack));
        return { days, ended, successRate: ended === 0 ? null : successful / ended, medianLeadTime: lead.seconds, medianTimeToRestore: restore.seconds, restored: restore.count };
    }

    async #medianPerDay(values: string, bindings: Record<string, string | number>): Promise<Map<number, number>> {
        const rows = await this.#knex.raw<{ day: number; ms: number }[]>(
            `SELECT day, avg(ms) AS ms FROM (
                 SELECT day, ms, row_number() OVER (PARTITION BY day ORDER BY ms) AS place, count(*) OVER (PARTITION BY day) AS count FROM (${values})
             ) WHERE place IN ((count + 1) / 2, (count + 2) / 2) GROUP BY day`,
            bindings,
        );
        return new Map(rows.map(({ day, ms }) => [day, ms]));
    }

    async #median(values: string, bindings: Record<string, string | number>): Promise<{ seconds: number | null; count: number }> {
        const [row] = await this.#knex.raw<{ ms: number | null; count: number | null }[]>(
            `SELECT avg(ms) AS ms, max(count) AS count FROM (
                 SELECT ms, row_number() OVER (ORDER BY ms) AS place, count(*) OVER () AS count FROM (${values})
             ) WHERE place IN ((count + 1) / 2, (count + 2) / 2)`,
            bindings,
        );
        return { seconds: seconds(row?.ms ?? null), count: row?.count ?? 0 };
    }
}

function daysOf({ firstDay, lastDay }: StatisticsPeriod, counts: readonly CountRow[], leadTimes: ReadonlyMap<number, number>, restoreTimes: ReadonlyMap<number, number>): DayOfDeployments[] {
    const counted = new Map(counts.map(({ day, status, count }) => [`${day} ${status}`, count]));
    return Array.from({ length: lastDay - firstDay + 1 }, (_, index) => {
        const day = firstDay + index;
        const of = (status: CountRow["status"]) => counted.get(`${day} ${status}`) ?? 0;
        return {
            date: new Date(day * DAY_MS).toISOString().slice(0, 10),
            successful: of("successful"),
            failed: of("failed"),
            rolledBack: of("rolled_back"),
            cancelled: of("cancelled"),
            medianLeadTime: seconds(leadTimes.get(day) ?? null),
            medianTimeToRestore: seconds(restoreTimes.get(day) ?? null),
        };
    });
}

function seconds(ms: number | null): number | null {
    return ms === null ? null : Math.round(ms) / 1000;
}

function sum(numbers: readonly number[]): number {
    return numbers.reduce((total, number) => total + number, 0);
}
