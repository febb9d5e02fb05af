import type { WebhookTarget } from "../domain/ports.ts";

/**
 * What intake needs of each repository, so that a delivery is judged without a query. Both stores that write these rows drop what they have
 * changed here; nobody else may write them while this server has the data folder. Unknown ids are not kept: strangers make them up.
 */
export class WebhookTargets {
    readonly #known = new Map<string, WebhookTarget>();
    /** Counts the changes, so that what was read before one is not kept after it. */
    #changes = 0;

    async get(id: string, read: () => Promise<WebhookTarget | null>): Promise<WebhookTarget | null> {
        const known = this.#known.get(id);
        if (known !== undefined) {
            return known;
        }
        const changes = this.#changes;
        const target = await read();
        if (target !== null && changes === this.#changes) {
            this.#known.set(id, target);
        }
        return target;
    }

    /** To be called when a change is committed, before anybody is told of it. */
    forget(): void {
        this.#changes += 1;
        this.#known.clear();
    }

    /** The one change that a delivery makes itself. */
    noteHead(id: string, head: string): void {
        const known = this.#known.get(id);
        if (known !== undefined) {
            this.#known.set(id, { ...known, repository: { ...known.repository, lastSyncedCommit: head } });
        }
    }
}
