import type { Actor, Deployment } from "../entities.ts";

/** The queue as a person or a delivery sees it. */
export interface Queue {
    /** Stores the row (superseding the stack's pending one), tells clients and wakes the workers. */
    enqueue(deployment: Deployment): Promise<Deployment>;
    /** @throws DEPLOYMENT_NOT_FOUND, DEPLOYMENT_NOT_CANCELLABLE */
    cancel(id: string, actor: Actor): Promise<Deployment>;
}
