import { verdictText, type DecisionPolicy, type DeployVerdict } from "../domain/push/decide.ts";
import type { Actor, Deployment, WebhookEvent } from "../domain/entities.ts";
import { DeployError } from "../domain/errors.ts";
import type { Clock, DeliveryEffects, DeploymentStore, Enqueued, Random, RepositoryStore, WebhookTarget } from "../domain/ports.ts";
import type { ProviderEvent } from "../domain/push/push.ts";
import { isSameRepository } from "../domain/push/same-repository.ts";
import { Turns } from "../domain/turns.ts";
import { decideDelivery, type DeliveryVerdict } from "./decide-delivery.ts";
import { deliveryAudit, DeliveryLedger, type DeliveryLedgerParts } from "./delivery-ledger.ts";
import { DEFAULT_LIMITS, WebhookRateLimits, type WebhookLimits } from "./limits.ts";
import { payloadText } from "./payload.ts";
import type { WebhookHeaders, WebhookProvider, WebhookSecrets } from "./provider.ts";
import { PROVIDERS } from "./providers/index.ts";
import { duplicate, failure, reply, tooMany, type WebhookReply } from "./replies.ts";
import { pretendToVerify } from "./verify.ts";
import { webhookDeployment } from "./webhook-deployment.ts";
import { unverifiedEvent, verifiedEvent } from "./webhook-event.ts";

/** What GitHub and GitLab send at most; the host refuses a longer body before reading it. */
const MAX_WEBHOOK_BYTES = 25 * 1024 * 1024;

/** Of a delivery that is still looked at when its address is over the limit: a push of several hundred commits, verified in less than a millisecond. */
const MAX_LATE_BYTES = 256 * 1024;

/** For stacks whose build settings were never saved. */
const DEFAULT_CONFIG: DecisionPolicy["config"] = { autoDeployOnPush: true, autoDeployBranches: [], autoDeployTags: [], includePaths: [], excludePaths: [] };

export interface IncomingWebhook {
    repositoryId: string;
    headers: WebhookHeaders;
    /** As it came over the wire. */
    body: Buffer;
    /** Of the sender. */
    address: string;
}

export interface WebhookReceiverParts extends DeliveryLedgerParts {
    repositories: Pick<RepositoryStore, "webhookTarget">;
    deployments: Pick<DeploymentStore, "enqueue" | "lastSuccessfulOf">;
    clock: Clock;
    random: Random;
    limits?: Partial<WebhookLimits>;
    /** Told after a deployment is durable; whoever starts it also tells the browsers of it. */
    onQueued: (enqueued: Enqueued) => void;
    /** Told when the branch that a stack follows has another newest commit than before. */
    headSeen?: (stack: string) => void;
}

type TargetRepository = WebhookTarget["repository"];

/** From the bytes of a request to a delivery that is verified, recorded and, when it deploys, queued: all before the answer. */
export class WebhookReceiver {
    readonly #parts: WebhookReceiverParts;
    readonly #ledger: DeliveryLedger;
    readonly #limits: WebhookRateLimits;
    /** One delivery of a repository after the other: a provider sends `create` and `push` of one branch within milliseconds. */
    readonly #turns = new Turns();

    constructor(parts: WebhookReceiverParts) {
        this.#parts = parts;
        this.#ledger = new DeliveryLedger(parts);
        this.#limits = new WebhookRateLimits({ ...DEFAULT_LIMITS, ...parts.limits }, parts.clock);
    }

    /** Never rejects: whatever goes wrong is an answer that tells the provider whether to send it again. */
    async receive(incoming: IncomingWebhook): Promise<WebhookReply> {
        try {
            return await this.#receive(incoming);
        } catch (error) {
            if (error instanceof DeployError && error.code === "SECRET_UNREADABLE") {
                // Whoever set the webhook up reads it at the provider; the server's log has told of it at the start.
                return failure(503, error.code, "The server cannot read this webhook's secret any more. Rotate the secret there, and enter the new one here.", { "retry-after": "3600" });
            }
            this.#parts.logger.error({ err: error, repositoryId: incoming.repositoryId }, "a delivery could not be stored");
            return failure(503, "STORE_UNAVAILABLE", "The delivery could not be stored. Send it again later.", { "retry-after": "30" });
        }
    }

    /**
     * Decides about a stored delivery once more, by today's settings, and queues what follows; also when it was processed before.
     * @throws NOT_FOUND; SIGNATURE_INVALID for a delivery that was never genuine; PAYLOAD_INVALID when its payload cannot be read or is not kept any more
     */
    async process(eventId: string, actor: Actor): Promise<{ verdict: string; deploymentId: string | null }> {
        const event = await this.#parts.events.byId(eventId);
        const target = event === null ? null : await this.#parts.repositories.webhookTarget(event.repositoryId);
        if (event === null || target === null) {
            throw new DeployError("NOT_FOUND", "There is no such delivery.");
        }
        if (!event.verified) {
            throw new DeployError("SIGNATURE_INVALID", "This delivery was not signed with the webhook's secret, so it is never processed. Correct the secret at the provider and send it again from there.");
        }
        const { payload } = event;
        if (payload === null) {
            throw new DeployError("PAYLOAD_INVALID", "The payload of this delivery is not kept any more. Deploy the branch by hand instead.");
        }
        // By the provider that it came from, also when the repository has moved since.
        const happened = PROVIDERS[event.provider].parse(event.headers, payload);
        return await this.#turns.take(event.repositoryId, async () => await this.#processAgain(event, happened, target, actor));
    }

    async #receive(incoming: IncomingWebhook): Promise<WebhookReply> {
        const waitS = this.#limits.countRequest(incoming.address);
        // Others behind the same address must not hold up a genuine delivery, and one of usual size costs little to be told apart.
        if (waitS !== null && incoming.body.length > MAX_LATE_BYTES) {
            return tooMany(waitS);
        }
        if (incoming.body.length > MAX_WEBHOOK_BYTES) {
            return failure(413, "PAYLOAD_TOO_LARGE", "A delivery may have 25 MiB at most.");
        }
        const target = await this.#parts.repositories.webhookTarget(incoming.repositoryId);
        if (target === null) {
            pretendToVerify(incoming.body);
            return waitS !== null ? tooMany(waitS) : failure(404, "NOT_FOUND", "There is no such webhook.");
        }
        const { repository } = target;
        const provider = PROVIDERS[repository.provider];
        const now = this.#parts.clock.now();
        const event = unverifiedEvent({ id: this.#parts.random.uuid(), now, repository, provider, headers: incoming.headers });
        if (!provider.verify(incoming, secretsOf(repository, now), now)) {
            return waitS !== null ? tooMany(waitS) : await this.#unverified(event, repository, provider, incoming);
        }
        const waitForRepositoryS = this.#limits.countGenuine(repository.id);
        if (waitForRepositoryS !== null) {
            return tooMany(waitForRepositoryS);
        }
        return await this.#turns.take(repository.id, async () => await this.#accept(verifiedEvent(event, provider, incoming.headers), provider, incoming));
    }

    async #accept(event: WebhookEvent, provider: WebhookProvider, incoming: IncomingWebhook): Promise<WebhookReply> {
        // As it is now: the delivery before this one, or a person, may have changed it.
        const target = await this.#parts.repositories.webhookTarget(event.repositoryId);
        if (target === null) {
            return failure(404, "NOT_FOUND", "There is no such webhook.");
        }
        const { repository, config } = target;
        let payload: string | null = null;
        let happened: ProviderEvent[];
        try {
            payload = payloadText(incoming.headers, incoming.body);
            happened = provider.parse(incoming.headers, payload);
        } catch (error) {
            if (!(error instanceof DeployError)) {
                throw error;
            }
            await this.#ledger.record({ ...event, payload, verdict: `reject: ${error.code}`, error: error.message }, null);
            return failure(error.status, error.code, error.message);
        }
        const { verdict, push } = decideFor(target, happened);
        const decided = { ...event, payload, verdict: verdictText(verdict), processed: true, processedAt: this.#parts.clock.now() };
        const head = newHeadOf(happened, repository);
        const effects: DeliveryEffects = head === null ? {} : { head };
        if (push === null) {
            const recorded = await this.#ledger.record(decided, null, effects);
            this.#tellHead(head, repository);
            return recorded.outcome === "duplicate" ? duplicate(recorded) : reply(200, { ok: true, ignored: verdict.code, reason: verdict.reason });
        }
        const actor: Actor = { kind: "webhook", name: push.pusher ?? repository.provider, address: incoming.address };
        const deployment = this.#newDeployment(repository, config, verdict, push.pusher);
        const recorded = await this.#ledger.record(decided, deployment, { ...effects, audit: deliveryAudit(actor, "webhook.queued", repository.stackId) });
        this.#tellHead(head, repository);
        if (recorded.outcome !== "queued" || recorded.deployment === null) {
            return duplicate(recorded);
        }
        this.#parts.onQueued({ deployment: recorded.deployment, superseded: recorded.superseded, running: recorded.running });
        return reply(202, { ok: true, deploymentId: recorded.deployment.id });
    }

    async #unverified(event: WebhookEvent, repository: TargetRepository, provider: WebhookProvider, { headers, address }: IncomingWebhook): Promise<WebhookReply> {
        const waitS = this.#limits.countRejected(repository.id, address);
        if (waitS !== null) {
            return tooMany(waitS);
        }
        const mayRecord = this.#limits.mayRecordRejected(repository.id);
        if (provider.isUnsignedPing?.(headers) === true) {
            // Asks for nothing, so it needs no signature.
            const ping = { code: "PING", reason: "The webhook was reached. The test is not signed, so it does not show whether the secret is right." } as const;
            if (mayRecord) {
                await this.#ledger.record({ ...event, verdict: verdictText({ kind: "ignore", ...ping }), processed: true, processedAt: event.receivedAt }, null);
            }
            return reply(200, { ok: true, ignored: ping.code, reason: ping.reason });
        }
        if (mayRecord) {
            const error = "The signature is missing or wrong. Compare the secret at the provider with the one of this webhook.";
            const sender: Actor = { kind: "webhook", name: repository.provider, address };
            await this.#ledger.record({ ...event, verdict: "reject: SIGNATURE_INVALID", error }, null, { audit: deliveryAudit(sender, "webhook.rejected", repository.stackId) });
        }
        return failure(401, "SIGNATURE_INVALID");
    }

    async #processAgain(event: WebhookEvent, happened: ProviderEvent[], target: WebhookTarget, actor: Actor): Promise<{ verdict: string; deploymentId: string | null }> {
        const { repository, config } = target;
        const { verdict, push } = decideFor(target, happened);
        const changes = { verdict: verdictText(verdict), processed: true, processedAt: this.#parts.clock.now(), error: null };
        if (push === null) {
            const ignored = await this.#ledger.update(event, changes, null);
            await this.#ledger.audit(deliveryAudit(actor, "webhook.processed", repository.stackId)(ignored));
            return { verdict: changes.verdict, deploymentId: null };
        }
        const lastSuccessful = await this.#parts.deployments.lastSuccessfulOf(repository.stackId);
        const enqueued = await this.#parts.deployments.enqueue({ ...this.#newDeployment(repository, config, verdict, actor.name), previousDeploymentId: lastSuccessful?.id ?? null });
        const queued = await this.#ledger.update(event, { ...changes, deploymentId: enqueued.deployment.id }, enqueued.deployment);
        await this.#ledger.audit(deliveryAudit(actor, "webhook.processed", repository.stackId)(queued));
        this.#parts.onQueued(enqueued);
        return { verdict: changes.verdict, deploymentId: enqueued.deployment.id };
    }

    #tellHead(head: string | null, repository: TargetRepository): void {
        if (head !== null) {
            this.#parts.headSeen?.(repository.stackId);
        }
    }

    #newDeployment(repository: TargetRepository, config: WebhookTarget["config"], verdict: DeployVerdict, by: string | null): Deployment {
        const { clock, random } = this.#parts;
        return webhookDeployment({ id: random.uuid(), now: clock.now(), repository, config, verdict, by });
    }
}

function decideFor({ repository, config }: WebhookTarget, happened: ProviderEvent[]): DeliveryVerdict {
    return decideDelivery(happened, { repository, config: config ?? DEFAULT_CONFIG, trigger: "webhook" });
}

/** The commit that the followed branch has now, or null when it is the one that is known. Also of a push that is not deployed: the screens tell that the remote is ahead. */
function newHeadOf(happened: ProviderEvent[], repository: TargetRepository): string | null {
    const push = happened.findLast((event) => event.kind === "push" && event.refType === "branch" && event.name === repository.branch && isSameRepository(event.repository, repository.url));
    const head = push?.kind === "push" && !push.isDeleted ? push.after : null;
    return head === repository.lastSyncedCommit ? null : head;
}

function secretsOf(repository: TargetRepository, now: number): WebhookSecrets {
    const { webhookSecret, previousWebhookSecret, previousSecretValidUntil, webhookSigningToken } = repository;
    const isPreviousValid = previousWebhookSecret !== null && previousSecretValidUntil !== null && now < previousSecretValidUntil;
    return {
        accepted: isPreviousValid ? [webhookSecret, previousWebhookSecret] : [webhookSecret],
        signingToken: webhookSigningToken?.isEmpty === false ? webhookSigningToken : null,
    };
}
