import type { Deployment } from "../domain/entities.ts";
import type { Clock, DeploymentStore, LeftCommands, LeftPrograms, Logger, WorkDirectories } from "../domain/ports.ts";
import type { Worker } from "./worker.ts";

/**
 * Makes order of what the last process left, before the worker starts: its programs and the containers of its commands are ended, so that none works
 * beside the run that begins again; builds run again from their start, releases in progress are taken up, and no step stays `running`. Pending rows need nothing: they are simply due.
 */
export async function recover(parts: {
    leftPrograms: LeftPrograms;
    leftCommands: LeftCommands;
    workDirectories: Pick<WorkDirectories, "sweep">;
    store: Pick<DeploymentStore, "withStatus" | "release" | "interruptSteps">;
    worker: Pick<Worker, "startOver" | "takeUp">;
    clock: Pick<Clock, "now">;
    logger: Logger;
}): Promise<{ building: number; deploying: number }> {
    const { workDirectories, store, worker, clock, logger } = parts;
    await endPrograms(parts);
    const building = await store.withStatus("building");
    await Promise.all(building.map(async (deployment) => await endCommands(parts, deployment)));
    await workDirectories.sweep(new Set());
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

/** A run may begin again without the command that would take its place: somebody has cancelled it, or changed the settings. */
async function endCommands({ leftCommands, logger }: { leftCommands: LeftCommands; logger: Logger }, { id }: Deployment): Promise<void> {
    try {
        if (await leftCommands.endLeft(id)) {
            logger.warn({ deploymentId: id }, "a build command that the last run of this server had left running in a container was ended");
        }
    } catch (error) {
        logger.warn({ error, deploymentId: id }, "it is not known whether a build command of the last run of this server still runs in a container");
    }
}
