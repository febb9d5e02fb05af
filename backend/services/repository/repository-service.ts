import type { RepositoryInput, RepositoryTestInput, RotateSecretInput } from "../../../common/schemas.ts";
import type { RepositorySaved, RepositoryTestResult, RepositoryView } from "../../../common/views.ts";
import { withoutMarks } from "../../domain/compose/env-file.ts";
import type { Repository } from "../../domain/entities.ts";
import { DeployError, toDeployError } from "../../domain/errors.ts";
import type { DeploymentStore, Git, Queue, RepositoryStore, StackFolder } from "../../domain/ports.ts";
import { Secret, UnreadableSecret } from "../../domain/secret.ts";
import { Turns } from "../../domain/turns.ts";
import type { Caller } from "../caller.ts";
import { ConnectionTest, type ConnectionTestParts } from "./connection-test.ts";
import { requireRepository } from "./linked-repository.ts";
import { checkCron, RepositoryLink, SECRET_BYTES, type RepositoryLinkParts } from "./repository-link.ts";
import { requireStack } from "../stacks.ts";
import type { Views } from "../views.ts";

const SECRET_OVERLAP_MS = 24 * 60 * 60 * 1000;

type Parts = RepositoryLinkParts &
    ConnectionTestParts & {
        repositories: Pick<RepositoryStore, "byStack" | "insert" | "update" | "remove">;
        deployments: Pick<DeploymentStore, "pendingOf" | "runningOf">;
        queue: Pick<Queue, "cancel">;
        git: Pick<Git, "remove">;
        stackFolder: Pick<StackFolder, "read" | "apply">;
        views: Views;
        /** Told after a repository was linked, changed or unlinked. */
        onChange: (repositoryId: string) => void;
        /** Lets go of the images that were kept for returning to the stack's releases. */
        dropImages: (stack: string) => Promise<void>;
    };

/** Links stacks to Git remotes. */
export class RepositoryService {
    readonly #parts: Parts;
    readonly #link: RepositoryLink;
    readonly #connection: ConnectionTest;
    readonly #turns = new Turns();

    constructor(parts: Parts) {
        this.#parts = parts;
        this.#link = new RepositoryLink(parts);
        this.#connection = new ConnectionTest(parts);
    }

    /** null when the stack follows no repository. @throws STACK_NOT_FOUND */
    async find(stack: string, caller: Caller): Promise<RepositoryView | null> {
        const repository = await this.#parts.repositories.byStack(stack);
        if (repository === null) {
            await requireStack(this.#parts.stacks, stack);
            return null;
        }
        return await this.#parts.views.repository(repository, caller.origin);
    }

    /** @throws REPOSITORY_NOT_LINKED, STACK_NOT_FOUND */
    async get(stack: string, caller: Caller): Promise<RepositoryView> {
        return await this.#parts.views.repository(await requireRepository(this.#parts, stack), caller.origin);
    }

    /**
     * Links the stack (made when there is none) or changes its link. Changing where the URL leads clears the stored credentials.
     * The remote need not be reachable: a deploy key can only be added after this has shown its public half.
     * @throws INPUT_INVALID, GIT_URL_INVALID, SSH_KEY_INVALID, SSH_PASSPHRASE_WRONG, GIT_HOST_KEY_UNKNOWN, GIT_HOST_KEY_CHANGED
     */
    async save(stack: string, input: RepositoryInput, caller: Caller): Promise<RepositorySaved> {
        return await this.#turns.take(stack, async () => {
            checkCron(input.syncCron);
            const stored = await this.#parts.repositories.byStack(stack);
            const { repository, shownSecret } = stored === null ? await this.#link.link(stack, input, caller) : await this.#link.change(stored, input, caller);
            this.#parts.onChange(repository.id);
            const view = await this.#parts.views.repository(repository, caller.origin);
            return shownSecret === null ? view : { ...view, webhookSecret: shownSecret };
        });
    }

    /** Ends the link and keeps the stack as it runs. @throws REPOSITORY_NOT_LINKED, STACK_BUSY while a release is being put in place */
    async remove(stack: string, caller: Caller): Promise<void> {
        await this.#turns.take(stack, async () => {
            const repository = await requireRepository(this.#parts, stack);
            await this.#refuseWhileDeploying(stack);
            await this.#cancelWaiting(stack, caller);
            await this.#refuseWhileDeploying(stack);
            await this.#parts.dropImages(stack).catch((error: unknown) => this.#parts.logger.warn({ error, stack }, "the images of an unlinked stack could not be let go of"));
            await this.#parts.repositories.remove(repository.id);
            this.#parts.onChange(repository.id);
            await this.#parts.git.remove(repository.id);
            await this.#leaveVariables(stack).catch((error: unknown) => this.#parts.logger.warn({ error, stack }, "the variables of an unlinked stack could not be made its own"));
            await this.#audit(caller, "repository.unlink", repository, { url: repository.url });
        });
    }

    /** What runs was started with them, and would not start again without. */
    async #leaveVariables(stack: string): Promise<void> {
        const env = await this.#parts.stackFolder.read(stack, ".env");
        const content = env === null ? null : withoutMarks(env);
        if (content !== null && content !== env) {
            const readBlob = () => Promise.reject(new Error("no file of a commit is written"));
            await this.#parts.stackFolder.apply({ stack, deploymentId: "unlink", files: [], previous: [], sourceDirectory: null, readBlob, generated: [{ path: ".env", content, mode: 0o600 }] });
        }
    }

    /** For a stack that is being deleted. */
    async removeIfLinked(stack: string, caller: Caller): Promise<void> {
        if ((await this.#parts.repositories.byStack(stack)) !== null) {
            await this.remove(stack, caller);
        }
    }

    /**
     * Tries the given values over the saved ones. A stored credential goes only to the place it was saved for.
     * @throws the exact failure: GIT_UNREACHABLE, GIT_AUTH_FAILED, GIT_HOST_KEY_UNKNOWN (with the fingerprints), GIT_REF_MISSING, …
     */
    async test(stack: string, input: RepositoryTestInput, caller: Caller): Promise<RepositoryTestResult> {
        return await this.#connection.run(stack, input, caller);
    }

    async listBranches(stack: string): Promise<{ branches: string[]; tags: string[]; defaultBranch: string | null }> {
        return await this.#connection.listBranches(stack);
    }

    /** The former secret stays valid for 24 hours, so that deliveries are not lost while the provider's form is being changed. */
    async rotateSecret(stack: string, input: RotateSecretInput, caller: Caller): Promise<{ webhookSecret: string; previousSecretValidUntil: string | null }> {
        return await this.#turns.take(stack, async () => {
            const repository = await requireRepository(this.#parts, stack);
            const webhookSecret = input.webhookSecret ?? this.#parts.random.token(SECRET_BYTES);
            const now = this.#parts.clock.now();
            const hasFormer = !repository.webhookSecret.isEmpty && !(repository.webhookSecret instanceof UnreadableSecret);
            const validUntil = hasFormer ? now + SECRET_OVERLAP_MS : null;
            await this.#parts.repositories.update(repository.id, {
                webhookSecret: new Secret(webhookSecret),
                previousWebhookSecret: validUntil === null ? null : repository.webhookSecret,
                previousSecretValidUntil: validUntil,
                updatedAt: now,
            });
            await this.#audit(caller, "repository.rotate-secret", repository);
            return { webhookSecret, previousSecretValidUntil: validUntil === null ? null : new Date(validUntil).toISOString() };
        });
    }

    /** Ends the rest that a rollback by hand has given auto-deploy. */
    async resumeAutoDeploy(stack: string, caller: Caller): Promise<RepositoryView> {
        const repository = await requireRepository(this.#parts, stack);
        const changes = { autoDeployPausedAt: null, updatedAt: this.#parts.clock.now() };
        await this.#parts.repositories.update(repository.id, changes);
        await this.#audit(caller, "auto-deploy.resume", repository);
        return await this.#parts.views.repository({ ...repository, ...changes }, caller.origin);
    }

    async #refuseWhileDeploying(stack: string): Promise<void> {
        const running = await this.#parts.deployments.runningOf(stack);
        if (running?.status === "deploying") {
            throw new DeployError("STACK_BUSY", "A deployment is being released right now. Unlink the repository when it has ended.", { details: { deploymentId: running.id } });
        }
    }

    async #cancelWaiting(stack: string, caller: Caller): Promise<void> {
        const { deployments, queue } = this.#parts;
        for (const deployment of [await deployments.pendingOf(stack), await deployments.runningOf(stack)]) {
            try {
                if (deployment !== null) {
                    await queue.cancel(deployment.id, caller.actor);
                }
            } catch (thrown) {
                // It went on or ended while we looked; the caller looks again.
                if (toDeployError(thrown).code !== "DEPLOYMENT_NOT_CANCELLABLE") {
                    throw thrown;
                }
            }
        }
    }

    async #audit(caller: Caller, action: string, repository: Repository, details: Record<string, unknown> = {}): Promise<void> {
        await this.#parts.audit.append({ actor: caller.actor, action, stackId: repository.stackId, subject: repository.id, details });
    }
}
