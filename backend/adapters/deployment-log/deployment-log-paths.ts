import path from "node:path";
import type { Deployment } from "../../domain/entities.ts";
import { DeployError } from "../../domain/errors.ts";

export type LogOwner = Pick<Deployment, "id" | "createdAt">;

/** Everything that belongs to one log. Only the log itself is left when the run is over. */
export interface LogPaths {
    directory: string;
    log: string;
    /**
     * There while the log is being written, so a log without it is complete. A mark for the few open logs rather than for the many finished ones,
     * and rather than a last line in the log, which everybody who reads or downloads it would have to know about.
     */
    openMark: string;
    /** Begins the name of the folder with the end of a log that is too long; the size of its beginning follows. */
    tailPrefix: string;
    /** The same folder when its content is in the log. */
    joined: string;
}

/** @throws NOT_FOUND for an id that is no UUID: it becomes part of a path */
export function logPaths(root: string, owner: LogOwner): LogPaths {
    if (!/^[0-9a-f-]{36}$/i.test(owner.id)) {
        throw new DeployError("NOT_FOUND", "There is no such deployment.");
    }
    const directory = path.join(root, new Date(owner.createdAt).toISOString().slice(0, "yyyy-mm".length));
    const log = path.join(directory, `${owner.id}.log`);
    return { directory, log, openMark: `${log}.open`, tailPrefix: `${log}.tail-`, joined: `${log}.joined` };
}
