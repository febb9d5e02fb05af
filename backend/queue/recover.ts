import type { Clock, DeploymentStore, LeftPrograms, Logger, WorkDirectories } from "../domain/ports.ts";
import type { Worker } from "./worker.ts";

/**
 * Makes order of what the last process left, before the worker starts: its programs are ended, so that no command and no Compose works beside the run
 * that begins again; builds run again from their start, releases in progress are taken up, and no step stays `running`. Pending rows need nothing: they are simply due.
 */
export async function recover(parts: {
    leftPrograms: LeftPrograms;
    workDirectories: Pick<WorkDirectories, "sweep">;
    store: Pick<DeploymentStore, "withStatus" | "release" | "interruptSteps">;
    worker: Pick<Worker, "startOver" | "takeUp">;
    clock: Pick<Clock, "now">;
    logger: Logger;
}): Promise<{ building: number; deploying: number }> {
    const { workDirectories, store, worker, clock, logger } = parts;
    await endPrograms(parts);
    await workDirectories.sweep(new Set());
    const building = await store.withStatus("building");
    const deploying = await store.withStatus("deploying");
    for (const deployment of [...building, ...deploying]) {
        await store.interruptSteps(deployment.id, clock.now());
        await store.release(deployment.id);
    }
    // What only waited for its next attempt was not cut short.
    worker.startOver(building.filter(({ notBefore }) => notBefore === null || notBefore <= clock.now()));
    worker.takeUp(deploying);
    if (building.length + deploying.length > 0) {
        logger.warn({ building: building.map((row) => row.id), deploying: deploying.map((row) => row.id) }, "deployments of the last run of this server are taken up again");
    }
    return { building: building.length, deploying: deploying.length };
}

/** That something of it cannot be ended must not keep a server from working. */
async function endPrograms({ leftPrograms, logger }: { leftPrograms: LeftPrograms; logger: Logger }): Promise<void> {
    try {
        const { found, remaining } = await leftPrograms.end();
        if (found > 0) {
            logger.warn({ found, remaining }, remaining === 0 ? "what the last run of this server had left running was ended" : "not all that the last run of this server had left running could be ended");
        }
    } catch (error) {
        logger.error({ error }, "what the last run of this server had left running was not looked for");
    }
}
