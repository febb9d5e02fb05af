import type { WebhookEventListInput } from "../../common/schemas.ts";
import type { Page, WebhookEventView } from "../../common/wire.ts";
import type { Actor, WebhookEvent } from "../domain/entities.ts";
import { DeployError } from "../domain/errors.ts";
import type { AuditLog, RepositoryStore, WebhookEventStore } from "../domain/ports.ts";
import type { Caller } from "./caller.ts";
import { requireStack, type Stacks } from "./stacks.ts";
import type { Views } from "./views.ts";

/** Decides a stored delivery anew, as if it had just arrived. */
export type ProcessEvent = (eventId: string, actor: Actor) => Promise<{ verdict: string; deploymentId: string | null }>;

interface Parts {
    events: Pick<WebhookEventStore, "byId" | "page">;
    repositories: Pick<RepositoryStore, "byId" | "byStack">;
    stacks: Stacks;
    process: ProcessEvent;
    audit: Pick<AuditLog, "append">;
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
        const repository = await this.#parts.repositories.byStack(stack);
        if (repository === null) {
            await requireStack(this.#parts.stacks, stack);
            throw new DeployError("REPOSITORY_NOT_LINKED", `The stack ${stack} follows no repository.`);
        }
        return await this.#page(repository.id, input);
    }

    /** Newest first. @throws NOT_FOUND */
    async listOfRepository(repositoryId: string, input: WebhookEventListInput): Promise<Page<WebhookEventView>> {
        if ((await this.#parts.repositories.byId(repositoryId)) === null) {
            throw new DeployError("NOT_FOUND", "There is no such repository.");
        }
        return await this.#page(repositoryId, input);
    }

    async get(id: string): Promise<WebhookEventView> {
        return this.#parts.views.webhookEvent(await this.#require(id));
    }

    /** @throws NOT_FOUND; SIGNATURE_INVALID for a delivery that was never proved genuine */
    async process(id: string, caller: Caller): Promise<{ verdict: string; deploymentId: string | null }> {
        const event = await this.#require(id);
        if (!event.verified) {
            throw new DeployError("SIGNATURE_INVALID", "The signature of this delivery was wrong, so it is not processed. Correct the secret at the provider and let it deliver again.");
        }
        const result = await this.#parts.process(id, caller.actor);
        const repository = await this.#parts.repositories.byId(event.repositoryId);
        await this.#parts.audit.append({ actor: caller.actor, action: "delivery.process", stackId: repository?.stackId ?? null, subject: id, details: result });
        return result;
    }

    async #page(repositoryId: string, input: WebhookEventListInput): Promise<Page<WebhookEventView>> {
        const page = await this.#parts.events.page(repositoryId, input.page, input.perPage);
        return { ...page, items: page.items.map((event) => this.#parts.views.webhookEvent(event)) };
    }

    async #require(id: string): Promise<WebhookEvent> {
        const event = await this.#parts.events.byId(id);
        if (event === null) {
            throw new DeployError("NOT_FOUND", "There is no such delivery.");
        }
        return event;
    }
}
