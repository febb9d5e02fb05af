import type { DeployError } from "./errors.ts";

/** How a run ended. Cancelled and superseded are outcomes, not exceptions. */
export type Outcome =
    | { status: "successful" }
    | { status: "failed"; error: DeployError }
    | { status: "rolled_back"; error: DeployError }
    | { status: "cancelled"; error: DeployError }
    /** The server is stopping: the row stays as it is and is taken up at the next start. */
    | { status: "interrupted" };
