import type { DayOfDeployments, DeploymentStatistics } from "../../common/stack-insight.ts";
import type { StatisticsPeriod } from "./ports.ts";

export const DAY_MS = 24 * 60 * 60 * 1000;
export const MINUTE_MS = 60_000;

/** How one deployment ended; the key is how it counts. */
export type Ending = "successful" | "failed" | "rolledBack" | "cancelled";

/** Deployments in the order in which they ended, each at the same place of every list: there may be a hundred thousand. */
export interface EndedDeployments {
    endings: readonly Ending[];
    /** Epoch milliseconds. */
    endedAt: readonly number[];
    /** From the arrival of a push to its healthy release, in milliseconds; null for what no push brought. */
    leadTimes: readonly (number | null)[];
}

interface Day {
    counts: Record<Ending, number>;
    leadTimes: number[];
    restoreTimes: number[];
}

/** Counts and medians of a period, by the days of the asking person's clock. */
export function statisticsOf(period: StatisticsPeriod, { endings, endedAt, leadTimes }: EndedDeployments): DeploymentStatistics {
    const days = Array.from({ length: period.lastDay - period.firstDay + 1 }, (): Day => ({ counts: { successful: 0, failed: 0, rolledBack: 0, cancelled: 0 }, leadTimes: [], restoreTimes: [] }));
    /** When the first deployment since the last success went wrong. */
    let brokenSince: number | null = null;
    for (const [at, ending] of endings.entries()) {
        const moment = endedAt[at] ?? 0;
        const day = days[Math.floor((moment + period.utcOffsetMinutes * MINUTE_MS) / DAY_MS) - period.firstDay];
        if (day === undefined) {
            continue;
        }
        day.counts[ending] += 1;
        const leadTime = leadTimes[at] ?? null;
        if (leadTime !== null) {
            day.leadTimes.push(leadTime);
        }
        if (ending === "failed" || ending === "rolledBack") {
            brokenSince ??= moment;
        } else if (ending === "successful" && brokenSince !== null) {
            day.restoreTimes.push(moment - brokenSince);
            brokenSince = null;
        }
    }
    const successful = sum(days.map(({ counts }) => counts.successful));
    const ended = successful + sum(days.map(({ counts }) => counts.failed + counts.rolledBack));
    const restoreTimes = days.flatMap((day) => day.restoreTimes);
    return {
        days: days.map((day, index) => dayOf(period.firstDay + index, day)),
        ended,
        successRate: ended === 0 ? null : successful / ended,
        medianLeadTime: medianSeconds(days.flatMap((day) => day.leadTimes)),
        medianTimeToRestore: medianSeconds(restoreTimes),
        restored: restoreTimes.length,
    };
}

function dayOf(day: number, { counts, leadTimes, restoreTimes }: Day): DayOfDeployments {
    return { date: new Date(day * DAY_MS).toISOString().slice(0, 10), ...counts, medianLeadTime: medianSeconds(leadTimes), medianTimeToRestore: medianSeconds(restoreTimes) };
}

/** Of two in the middle their mean; to the millisecond. */
function medianSeconds(times: readonly number[]): number | null {
    if (times.length === 0) {
        return null;
    }
    const sorted = Float64Array.from(times).sort();
    const [low = 0, high = 0] = [sorted[Math.floor((times.length - 1) / 2)], sorted[Math.floor(times.length / 2)]];
    return Math.round((low + high) / 2) / 1000;
}

function sum(numbers: readonly number[]): number {
    return numbers.reduce((total, number) => total + number, 0);
}
