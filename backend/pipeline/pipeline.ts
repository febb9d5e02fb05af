import type { LogLevel } from "../../common/schemas.ts";
import type { Deployment, Release } from "../domain/entities.ts";
import { DeployError, toDeployError } from "../domain/errors.ts";
import type { Outcome } from "../domain/outcome.ts";
import { Redactor } from "../domain/redact.ts";
import { Secret } from "../domain/secret.ts";
import { keepBaseline } from "./baseline.ts";
import { buildImages } from "./build.ts";
import { checkOut, type Checkout } from "./checkout.ts";
import { removeOldReleases } from "./cleanup.ts";
import { runCommands } from "./commands.ts";
import { deadlineOnly } from "./deadline.ts";
import { fetchCommit } from "./fetch.ts";
import { awaitHealth } from "./health.ts";
import { putInPlace, requireImages } from "./release.ts";
import { rollBack } from "./rollback.ts";
import type { PipelineParts, Run } from "./run-context.ts";
import { isCancelling, redacted, runStep } from "./step.ts";

export interface RunOptions {
    /** Aborts with the DeployError that the run should end with. */
    signal: AbortSignal;
    /** An earlier try was cut short when the server stopped. */
    isResumed?: boolean;
}

/** Takes deployments from the queue to an outcome. It never throws: whatever goes wrong is an outcome. */
export class Pipeline {
    readonly #parts: PipelineParts;

    constructor(parts: PipelineParts) {
        this.#parts = parts;
    }

    /** Runs a claimed deployment, whose row is `building`. Safe to repeat from the start until it is `deploying`. */
    async run(deployment: Deployment, options: RunOptions): Promise<Outcome> {
        return await this.#open(deployment, options, async (run) => {
            if (options.isResumed === true) {
                run.log.note(deployment.kind === "rollback" ? "release" : "fetch", "The server was restarted while this ran; the run starts over.", "warn");
            }
            await refuseOwnStack(run);
            return deployment.kind === "rollback" ? await returnToRelease(run) : await deploy(run);
        });
    }

    /** Takes up a deployment that a crash left `deploying`: finishes its release, or rolls it back when that had begun or cannot work. */
    async resume(deployment: Deployment, options: RunOptions): Promise<Outcome> {
        return await this.#open(deployment, options, async (run) => {
            run.log.note("release", "The server was stopped during this release; it is taken up again", "warn");
            const candidate = deployment.releaseId === null ? null : await this.#parts.releases.byId(deployment.releaseId);
            if (candidate === null) {
                return { status: "failed", error: new DeployError("INTERRUPTED", "The server was stopped before the release began, and what it would have released is not known. Deploy again.") };
            }
            if (candidate.status === "healthy") {
                return { status: "successful" };
            }
            return await release(run, candidate, null);
        });
    }

    async #open(deployment: Deployment, options: RunOptions, work: (run: Run) => Promise<Outcome>): Promise<Outcome> {
        const { repositories, buildConfigs, logs, workDirectories, logger } = this.#parts;
        try {
            const repository = await repositories.byStack(deployment.stackId);
            const config = await buildConfigs.byStack(deployment.stackId);
            if (repository === null || config === null || repository.id !== deployment.repositoryId) {
                return cancelled("UNLINKED", "The stack is no longer linked to this repository.");
            }
            const secrets = [repository.credentials.token, repository.credentials.privateKey, repository.credentials.passphrase, repository.webhookSecret, repository.previousWebhookSecret, repository.webhookSigningToken]
                .filter((secret): secret is Secret => secret !== null)
                .concat(config.environmentVariables.filter((variable) => variable.isSecret).map((variable) => variable.value));
            const redactor = new Redactor(secrets);
            const log = await logs.open(deployment, secrets);
            try {
                const directory = await workDirectories.create(deployment.id, "source", "plan", "rollback");
                const directories = { source: `${directory}/source`, plan: `${directory}/plan`, rollback: `${directory}/rollback` };
                return await this.#settle({ parts: this.#parts, deployment, repository, config, log, redact: (text) => redactor.redact(text), signal: options.signal, directories }, work);
            } finally {
                // Neither changes how the deployment ended.
                await workDirectories.remove(deployment.id).catch((error: unknown) => logger.warn({ error, deploymentId: deployment.id }, "a work directory could not be removed"));
                await log.close().catch((error: unknown) => logger.warn({ error, deploymentId: deployment.id }, "the end of a deployment's log may be missing"));
            }
        } catch (error) {
            return outcomeOf(toDeployError(error));
        }
    }

    async #settle(run: Run, work: (run: Run) => Promise<Outcome>): Promise<Outcome> {
        let outcome: Outcome;
        try {
            outcome = await work(run);
        } catch (thrown) {
            const error = redacted(run, toDeployError(thrown));
            if (error.code === "INTERNAL") {
                this.#parts.logger.error({ error: error.cause, deploymentId: run.deployment.id }, "a deployment failed for a reason nobody foresaw");
            }
            // A release whose outcome cannot be written down is not over: it is taken up again when the database answers.
            const isUnwritten = run.deployment.status === "deploying" && (error.code === "STORE_UNAVAILABLE" || error.code === "DISK_FULL");
            outcome = isUnwritten ? { status: "interrupted" } : outcomeOf(error);
        }
        if (outcome.status === "interrupted") {
            return outcome;
        }
        await runStep(run, "cleanup", () => removeOldReleases(run)).catch((error: unknown) =>
            this.#parts.logger.warn({ error, deploymentId: run.deployment.id }, "cleaning up after a deployment failed"),
        );
        run.log.note("cleanup", ...lastWords(outcome));
        return outcome;
    }
}

/** How it ended, as the page says it. */
function lastWords(outcome: Exclude<Outcome, { status: "interrupted" }>): [text: string, level: LogLevel] {
    switch (outcome.status) {
        case "successful":
            return ["The deployment was successful.", "info"];
        case "failed":
            return [`The deployment failed: ${outcome.error.message}`, "error"];
        case "rolled_back":
            return [`The new version was not healthy, so it was rolled back: ${outcome.error.message}`, "error"];
        case "cancelled":
            return [`The deployment was cancelled: ${outcome.error.message}`, "warn"];
    }
}

async function deploy(run: Run): Promise<Outcome> {
    const { config } = run;
    const commit = await runStep(run, "fetch", () => fetchCommit(run));
    const checkout = await runStep(run, "checkout", () => checkOut(run, commit));
    if (config.preBuildCommands.length > 0) {
        await runStep(run, "pre-build", () => runCommands(run, "pre-build", config.preBuildCommands, "sh"));
    }
    const services = await runStep(run, "build", () => buildImages(run, checkout));
    if (config.postBuildCommands.length > 0) {
        await runStep(run, "post-build", () => runCommands(run, "post-build", config.postBuildCommands, "sh"));
    }
    const candidate = await keepCandidate(run, {
        commitSha: commit.sha,
        treeId: checkout.treeId,
        composeYaml: checkout.composeYaml,
        composeFile: checkout.composeFile,
        healthCheckPath: config.healthCheckPath,
        env: checkout.env === null ? null : new Secret(checkout.env),
        isEnvTracked: checkout.isEnvTracked,
        services,
    });
    return await release(run, candidate, checkout);
}

/** One-click rollback: the content of a kept release becomes this run's own release. */
async function returnToRelease(run: Run): Promise<Outcome> {
    const { parts, deployment } = run;
    const target = deployment.previousDeploymentId === null ? null : await parts.releases.byDeployment(deployment.previousDeploymentId);
    if (target === null || target.status !== "healthy") {
        throw new DeployError("RELEASE_NOT_KEPT", "That release is no longer kept. Deploy its commit again instead.");
    }
    await requireImages(run, target);
    const { commitSha, treeId, composeYaml, composeFile, healthCheckPath, env, isEnvTracked, services } = target;
    const candidate = await keepCandidate(run, { commitSha, treeId, composeYaml, composeFile, healthCheckPath, env, isEnvTracked, services });
    return await release(run, candidate, null);
}

/** Writes down what is about to be released before anything of the running stack is touched. */
async function keepCandidate(run: Run, content: Pick<Release, "commitSha" | "treeId" | "composeYaml" | "composeFile" | "healthCheckPath" | "env" | "isEnvTracked" | "services">): Promise<Release> {
    const { parts, deployment, repository } = run;
    run.signal.throwIfAborted();
    const candidate: Release = {
        ...content,
        id: parts.random.uuid(),
        stackId: deployment.stackId,
        repositoryId: repository.id,
        deploymentId: deployment.id,
        status: "candidate",
        createdAt: parts.clock.now(),
        healthyAt: null,
    };
    await parts.git.keepRelease(repository.id, candidate.id, candidate.commitSha, candidate.treeId);
    await parts.releases.insert(candidate);
    return candidate;
}

/** From here on the running stack changes: release, health, and the way back, while nobody else may touch the stack. */
async function release(run: Run, candidate: Release, checkout: Checkout | null): Promise<Outcome> {
    const { parts, directories, repository } = run;
    const stack = run.deployment.stackId;
    return await parts.exclusive(stack, `commit ${candidate.commitSha.slice(0, 7)} is being released`, async () => {
        // A release that a crash cut short may have started them moments ago.
        const isTakenUp = run.deployment.status !== "building";
        if (!isTakenUp) {
            run.signal.throwIfAborted();
            if (checkout !== null) {
                await keepBaseline(run, checkout);
            }
            run.deployment = await parts.journal.transition(run.deployment, "deploying", { releaseId: candidate.id });
        }
        const signal = deadlineOnly(run.signal);
        try {
            if (candidate.status === "failed") {
                throw new DeployError("INTERRUPTED", "The server was stopped while this release was being taken back.");
            }
            const released = await runStep(run, "release", async () => {
                if (checkout === null) {
                    await parts.git.exportTree(repository.id, candidate.treeId, directories.source);
                }
                return await putInPlace(run, candidate, directories.source, "release", signal);
            });
            await runStep(run, "health", () => awaitHealth(run, isTakenUp ? { ...released, startedBefore: new Map() } : released, "health", signal));
        } catch (thrown) {
            return await rollBack(run, candidate, redacted(run, toDeployError(thrown)));
        }
        const now = parts.clock.now();
        await parts.releases.update(candidate.id, { status: "healthy", healthyAt: now });
        parts.stackChanged(stack);
        if (run.deployment.kind === "deploy" && !(await isBehindKnownHead(run, candidate.commitSha))) {
            await parts.repositories.update(repository.id, { lastSyncedAt: now, lastSyncedCommit: candidate.commitSha });
        }
        return { status: "successful" };
    });
}

/** Somebody may deploy an earlier commit by hand: what the branch has stays known. */
async function isBehindKnownHead({ parts, repository, deployment }: Run, commitSha: string): Promise<boolean> {
    const head = (await parts.repositories.byStack(deployment.stackId))?.lastSyncedCommit ?? null;
    if (head === null || head === commitSha || (deployment.triggeredBy !== "manual" && deployment.triggeredBy !== "api")) {
        return false;
    }
    return deployment.branch !== repository.branch || (await parts.git.isAncestor(repository.id, commitSha, head));
}

async function refuseOwnStack(run: Run): Promise<void> {
    const { docker, stackFolder } = run.parts;
    const stack = run.deployment.stackId;
    if ((await docker.ownProject()) === stack) {
        throw new DeployError("SELF_DEPLOY", `This server runs in the stack ${stack} and would stop itself half-way. Run on the host instead: docker compose --project-directory ${stackFolder.path(stack)} up -d --build`);
    }
}

function outcomeOf(error: DeployError): Outcome {
    if (error.code === "INTERRUPTED") {
        return { status: "interrupted" };
    }
    return { status: isCancelling(error) ? "cancelled" : "failed", error };
}

function cancelled(code: "UNLINKED", message: string): Outcome {
    return { status: "cancelled", error: new DeployError(code, message) };
}
