import type { DeploymentStatistics, DeploymentStatisticsInput } from "../../../common/stack-insight.ts";
import type { Clock, DeploymentStatisticsStore, DeploymentStore } from "../../domain/ports.ts";
import { requireStack, type Stacks } from "../stacks.ts";

interface Parts {
    statistics: DeploymentStatisticsStore;
    deployments: Pick<DeploymentStore, "latestOf">;
    stacks: Stacks;
    clock: Pick<Clock, "now">;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** How the deployments of a stack went lately. */
export class DeploymentStatisticsService {
    readonly #parts: Parts;

    constructor(parts: Parts) {
        this.#parts = parts;
    }

    /** The last `days` days, today included. @throws STACK_NOT_FOUND when there is neither a stack nor a history of one */
    async read(stack: string, { days, utcOffset }: DeploymentStatisticsInput): Promise<DeploymentStatistics> {
        const { statistics, deployments, stacks, clock } = this.#parts;
        if ((await deployments.latestOf(stack)) === null) {
            await requireStack(stacks, stack);
        }
        const lastDay = Math.floor((clock.now() + utcOffset * MINUTE_MS) / DAY_MS);
        return await statistics.read(stack, { firstDay: lastDay - days + 1, lastDay, utcOffsetMinutes: utcOffset });
    }
}
