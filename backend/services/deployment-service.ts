import { isCancellable, isFinal, isRetryable } from "../../common/deployment.ts";
import { MAX_LOG_READ_BYTES, type DeployInput, type DeploymentListInput, type DeploymentReadInput, type LogInput } from "../../common/schemas.ts";
import type { DeploymentDetail, DeploymentView, LogOutline, LogPage, Page } from "../../common/views.ts";
import type { Deployment, Repository } from "../domain/entities.ts";
import { DeployError } from "../domain/errors.ts";
import { newDeployment } from "../domain/new-deployment.ts";
import type {
    AuditLog,
    BuildConfigStore,
    Clock,
    DeploymentLogs,
    DeploymentStore,
    Docker,
    Git,
    Queue,
    Random,
    ReleaseStore,
    RepositoryStore,
} from "../domain/ports.ts";
import { requireReadable } from "../domain/secret.ts";
import { triggerOf, type Caller } from "./caller.ts";
import { deployTarget } from "./deploy-target.ts";
import { requireRepository } from "./repository/linked-repository.ts";
import { filteredText, logTails, rawText, withoutText } from "./log-text.ts";
import { releaseToReturnTo } from "./release-to-return-to.ts";
import { requireStack, type Stacks } from "./stacks.ts";
import type { Views } from "./views.ts";
import { waitsFor } from "./waits-for.ts";

interface Parts {
    deployments: Pick<DeploymentStore, "byId" | "page" | "steps" | "latestOf" | "lastSuccessfulOf">;
    releases: Pick<ReleaseStore, "byId">;
    repositories: Pick<RepositoryStore, "byStack" | "update">;
    buildConfigs: Pick<BuildConfigStore, "byStack">;
    queue: Queue;
    git: Pick<Git, "listRefs">;
    docker: Pick<Docker, "imageId">;
    logs: Pick<DeploymentLogs, "read" | "query" | "outline">;
    stacks: Stacks;
    audit: Pick<AuditLog, "append">;
    views: Views;
    clock: Pick<Clock, "now">;
    random: Pick<Random, "uuid">;
}

/** Asks for deployments and shows what became of them. */
export class DeploymentService {
    readonly #parts: Parts;

    constructor(parts: Parts) {
        this.#parts = parts;
    }

    /**
     * With neither ref nor commit the head of the repository's branch.
     * @throws REPOSITORY_NOT_LINKED; SECRET_UNREADABLE; GIT_REF_MISSING and what keeps the remote from answering when `ref` is not the repository's branch
     */
    async deploy(stack: string, input: DeployInput, caller: Caller): Promise<DeploymentView> {
        const repository = await requireRepository(this.#parts, stack);
        await this.#requireSecrets(repository);
        const target = await deployTarget(this.#parts.git, repository, input.ref);
        const previous = await this.#parts.deployments.lastSuccessfulOf(stack);
        const deployment = await this.#enqueue(
            { ...(await this.#requested(repository, caller)), ...target, commitSha: input.commitSha ?? null, isRebuild: input.rebuild ?? false, previousDeploymentId: previous?.id ?? null },
            "deployment.request",
            caller,
        );
        return await this.#parts.views.deployment(deployment);
    }

    /** @throws DEPLOYMENT_NOT_FOUND, DEPLOYMENT_NOT_CANCELLABLE */
    async cancel(id: string, caller: Caller): Promise<DeploymentView> {
        const deployment = await this.#require(id);
        if (!isCancellable(deployment.status)) {
            const reason = deployment.status === "deploying" ? "is being released and cannot be stopped halfway" : `has ended (${deployment.status})`;
            throw new DeployError("DEPLOYMENT_NOT_CANCELLABLE", `This deployment ${reason}.`, { details: { status: deployment.status } });
        }
        const cancelled = await this.#parts.queue.cancel(id, caller.actor);
        await this.#audit(caller, "deployment.cancel", deployment);
        return await this.#parts.views.deployment(cancelled);
    }

    /** The same commit once more, as a deployment of its own. @throws DEPLOYMENT_NOT_RETRYABLE, REPOSITORY_NOT_LINKED, IMAGE_MISSING, RELEASE_NOT_KEPT */
    async retry(id: string, caller: Caller): Promise<DeploymentView> {
        const failed = await this.#require(id);
        if (!isRetryable(failed.status)) {
            throw new DeployError("DEPLOYMENT_NOT_RETRYABLE", `A deployment that is ${failed.status} cannot be retried; only one that failed, was rolled back or cancelled.`, { details: { status: failed.status } });
        }
        if (failed.kind === "rollback" && failed.previousDeploymentId !== null) {
            return await this.rollback(failed.previousDeploymentId, caller);
        }
        const repository = await requireRepository(this.#parts, failed.stackId);
        await this.#requireSecrets(repository);
        const { commitSha, commitMessage, commitAuthor, branch, tag, isRebuild } = failed;
        const retried = await this.#enqueue(
            { ...(await this.#requested(repository, caller)), commitSha, commitMessage, commitAuthor, branch, tag, isRebuild, previousDeploymentId: failed.id },
            "deployment.retry",
            caller,
        );
        return await this.#parts.views.deployment(retried);
    }

    /**
     * Returns the stack to the release of that deployment and lets auto-deploy rest until a person resumes it.
     * @throws RELEASE_NOT_KEPT, IMAGE_MISSING, REPOSITORY_NOT_LINKED
     */
    async rollback(id: string, caller: Caller): Promise<DeploymentView> {
        const target = await this.#require(id);
        const release = await releaseToReturnTo(this.#parts, target);
        const repository = await requireRepository(this.#parts, target.stackId);
        // Paused first: a push that arrives between the two must not undo the rollback.
        await this.#parts.repositories.update(repository.id, { autoDeployPausedAt: this.#parts.clock.now() });
        const { commitMessage, commitAuthor, branch, tag } = target;
        const deployment = await this.#enqueue(
            {
                ...(await this.#requested(repository, caller)),
                kind: "rollback",
                commitSha: release.commitSha,
                commitMessage,
                commitAuthor,
                branch,
                tag,
                previousDeploymentId: target.id,
            },
            "deployment.rollback",
            caller,
        );
        return await this.#parts.views.deployment(deployment);
    }

    /** Newest first. @throws STACK_NOT_FOUND when there is neither a stack nor a history of one */
    async list(stack: string, filter: DeploymentListInput): Promise<Page<DeploymentView>> {
        const page = await this.#parts.deployments.page(stack, filter);
        if (page.total === 0 && (await this.#parts.deployments.latestOf(stack)) === null) {
            await requireStack(this.#parts.stacks, stack);
        }
        return await this.#parts.views.deploymentPage(page);
    }

    async get(id: string, { logs: hasLogs = true }: DeploymentReadInput = {}): Promise<DeploymentDetail> {
        const deployment = await this.#require(id);
        const steps = await this.#parts.deployments.steps(id);
        const tails = await (hasLogs ? logTails(this.#parts.logs, deployment) : withoutText(this.#parts.logs, deployment));
        return {
            ...(await this.#parts.views.deployment(deployment)),
            steps: steps.map((step) => this.#parts.views.step(step)),
            buildLogs: tails.build,
            deploymentLogs: tails.deployment,
            logSize: tails.size,
            waitsFor: await waitsFor(this.#parts, deployment),
        };
    }

    async log(id: string, input: LogInput): Promise<LogPage> {
        const deployment = await this.#require(id);
        const page = await this.#parts.logs.query(deployment, input);
        return { ...page, isComplete: page.isComplete || hasNoLog(deployment, page.size) };
    }

    /**
     * The log as text: from `offset` to its end as it is now, or `limit` lines of it, or only the lines that the filter lets through.
     * @throws DEPLOYMENT_NOT_FOUND
     */
    async textLog(id: string, input: LogInput): Promise<AsyncIterable<string>> {
        const deployment = await this.#require(id);
        const isWhole = input.limit === undefined && input.step === undefined && input.level === undefined && input.q === undefined;
        return isWhole ? rawText(this.#parts.logs, deployment, input.offset) : filteredText(this.#parts.logs, deployment, input);
    }

    /** Whole lines of the log, such as what a client that follows it has not seen yet; `offset` is where to go on. */
    async logFrom(id: string, offset: number, maxBytes = MAX_LOG_READ_BYTES): Promise<{ text: string; offset: number; isComplete: boolean }> {
        const deployment = await this.#require(id);
        const chunk = await this.#parts.logs.read(deployment, offset, maxBytes);
        return { text: chunk.text, offset: chunk.nextOffset, isComplete: chunk.isComplete || hasNoLog(deployment, chunk.size) };
    }

    /** @throws DEPLOYMENT_NOT_FOUND */
    async logOutline(id: string): Promise<LogOutline> {
        const deployment = await this.#require(id);
        const outline = await this.#parts.logs.outline(deployment);
        return { ...outline, isComplete: outline.isComplete || hasNoLog(deployment, outline.size) };
    }

    /** What a run from Git needs sooner or later: better told now than in its log. @throws SECRET_UNREADABLE */
    async #requireSecrets({ stackId, credentials }: Repository): Promise<void> {
        const config = await this.#parts.buildConfigs.byStack(stackId);
        requireReadable([credentials.token, credentials.privateKey, ...(config?.environmentVariables ?? []).map(({ value }) => value)]);
    }

    async #requested(repository: Repository, caller: Caller): Promise<Deployment> {
        const config = await this.#parts.buildConfigs.byStack(repository.stackId);
        return newDeployment({
            id: this.#parts.random.uuid(),
            stackId: repository.stackId,
            buildConfigId: config?.id ?? null,
            repositoryId: repository.id,
            triggeredBy: triggerOf(caller.actor),
            triggeredByUser: caller.actor.name,
            createdAt: this.#parts.clock.now(),
        });
    }

    async #enqueue(deployment: Deployment, action: string, caller: Caller): Promise<Deployment> {
        const queued = await this.#parts.queue.enqueue(deployment);
        await this.#audit(caller, action, queued, { commitSha: queued.commitSha, branch: queued.branch, tag: queued.tag, previousDeploymentId: queued.previousDeploymentId });
        return queued;
    }

    async #require(id: string): Promise<Deployment> {
        const deployment = await this.#parts.deployments.byId(id);
        if (deployment === null) {
            throw new DeployError("DEPLOYMENT_NOT_FOUND", "There is no such deployment.");
        }
        return deployment;
    }

    async #audit(caller: Caller, action: string, deployment: Deployment, details: Record<string, unknown> = {}): Promise<void> {
        await this.#parts.audit.append({ actor: caller.actor, action, stackId: deployment.stackId, subject: deployment.id, details });
    }
}

/** It ended before it ran, or retention has removed its log: nothing more will come. */
function hasNoLog(deployment: Deployment, size: number): boolean {
    return size === 0 && isFinal(deployment.status);
}
