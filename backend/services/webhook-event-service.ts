import type { WebhookEventListInput } from "../../common/schemas.ts";
import type { Page, WebhookEventView } from "../../common/views.ts";
import type { Actor, WebhookEvent } from "../domain/entities.ts";
import { DeployError } from "../domain/errors.ts";
import type { DeploymentStore, RepositoryStore, WebhookEventStore } from "../domain/ports.ts";
import type { Caller } from "./caller.ts";
import { requireRepository } from "./repository/linked-repository.ts";
import type { Stacks } from "./stacks.ts";
import type { Views } from "./views.ts";

/** Decides about a stored delivery anew and writes the audit log. */
export type ProcessEvent = (eventId: string, actor: Actor) => Promise<{ verdict: string; deploymentId: string | null }>;

interface Parts {
    events: Pick<WebhookEventStore, "page" | "byId">;
    deployments: Pick<DeploymentStore, "pushedRefs">;
    repositories: Pick<RepositoryStore, "byId" | "byStack">;
    stacks: Stacks;
    process: ProcessEvent;
    views: Views;
}

/** What was delivered to us and what we made of it. */
export class WebhookEventService {
    readonly #parts: Parts;

    constructor(parts: Parts) {
        this.#parts = parts;
    }

    /** Newest first. @throws REPOSITORY_NOT_LINKED, STACK_NOT_FOUND */
    async listOfStack(stack: string, input: WebhookEventListInput): Promise<Page<WebhookEventView>> {
        const repository = await requireRepository(this.#parts, stack);
        return await this.#page(repository.id, input);
    }

    /** Newest first. @throws NOT_FOUND */
    async listOfRepository(repositoryId: string, input: WebhookEventListInput): Promise<Page<WebhookEventView>> {
        if ((await this.#parts.repositories.byId(repositoryId)) === null) {
            throw new DeployError("NOT_FOUND", "There is no such repository.");
        }
        return await this.#page(repositoryId, input);
    }

    /** With payload and headers. @throws NOT_FOUND */
    async get(id: string): Promise<WebhookEventView> {
        const event = await this.#parts.events.byId(id);
        if (event === null) {
            throw new DeployError("NOT_FOUND", "There is no such delivery.");
        }
        const [view] = await this.#viewsOf([event]);
        return view as WebhookEventView;
    }

    /** Decides about it once more, by the settings of now. @throws NOT_FOUND; SIGNATURE_INVALID for a delivery that was never proved genuine; PAYLOAD_INVALID */
    async process(id: string, caller: Caller): Promise<{ verdict: string; deploymentId: string | null }> {
        return await this.#parts.process(id, caller.actor);
    }

    async #page(repositoryId: string, input: WebhookEventListInput): Promise<Page<WebhookEventView>> {
        const page = await this.#parts.events.page(repositoryId, input);
        return { ...page, items: await this.#viewsOf(page.items) };
    }

    async #viewsOf(events: readonly WebhookEvent[]): Promise<WebhookEventView[]> {
        const { deployments, views } = this.#parts;
        const pushed = await deployments.pushedRefs(events.flatMap(({ deploymentId }) => (deploymentId === null ? [] : [deploymentId])));
        return events.map((event) => views.webhookEvent(event, pushed.get(event.deploymentId ?? "") ?? null));
    }
}
