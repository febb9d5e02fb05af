import { Cron } from "croner";
import type { Repository } from "../domain/entities.ts";
import type { Logger } from "../domain/ports.ts";

const LONGEST_BACK_OFF_MS = 60 * 60_000;

/**
 * When a repository is asked again: by its cron pattern, else so many seconds after the last time. Each failure in a row doubles the pause,
 * up to an hour (or the interval, when that is longer).
 */
export function nextPollAt(repository: Pick<Repository, "id" | "syncInterval" | "syncCron">, polledAt: number, failures: number, logger: Pick<Logger, "warn">): number {
    const intervalMs = repository.syncInterval * 1000;
    const backOffMs = failures === 0 ? 0 : Math.min(intervalMs * 2 ** failures, Math.max(intervalMs, LONGEST_BACK_OFF_MS));
    const regular = cronTime(repository, polledAt, logger) ?? polledAt + intervalMs;
    return Math.max(regular, polledAt + backOffMs);
}

function cronTime(repository: Pick<Repository, "id" | "syncCron">, after: number, logger: Pick<Logger, "warn">): number | null {
    if (repository.syncCron === null) {
        return null;
    }
    try {
        return new Cron(repository.syncCron).nextRun(new Date(after))?.getTime() ?? null;
    } catch (error) {
        logger.warn({ error, repositoryId: repository.id }, "the cron pattern of a repository cannot be read; its interval is used");
        return null;
    }
}
