import type { ApiTokenView, BuildConfigView, DeploymentView, Page, RepositorySecret, RepositoryView, StepView, WebhookEventView } from "../../common/views.ts";
import type { DeploymentViews } from "../domain/deployment-journal.ts";
import type { ApiToken, BuildConfig, Deployment, DeploymentStep, Repository, WebhookEvent } from "../domain/entities.ts";
import { maskPayload } from "../domain/mask-payload.ts";
import type { Clock, DeployedRelease, PushedRef, ReleaseStore, SshKeys, WebhookEventStore } from "../domain/ports.ts";
import { UnreadableSecret, type Secret } from "../domain/secret.ts";

type LastDelivery = Pick<WebhookEvent, "receivedAt" | "verified" | "verdict">;

/** Turns rows into what goes over the wire: ISO dates, seconds, and never a secret. */
export class Views implements DeploymentViews {
    readonly #releases: Pick<ReleaseStore, "byId" | "healthyIds" | "deployed">;
    readonly #events: Pick<WebhookEventStore, "latestOf">;
    readonly #sshKeys: Pick<SshKeys, "fingerprint">;
    readonly #clock: Pick<Clock, "now">;
    readonly #publicUrl: string | undefined;
    readonly #port: number;

    constructor(parts: {
        releases: Pick<ReleaseStore, "byId" | "healthyIds" | "deployed">;
        events: Pick<WebhookEventStore, "latestOf">;
        sshKeys: Pick<SshKeys, "fingerprint">;
        clock: Pick<Clock, "now">;
        config: { publicUrl: string | undefined; port: number };
    }) {
        this.#releases = parts.releases;
        this.#events = parts.events;
        this.#sshKeys = parts.sshKeys;
        this.#clock = parts.clock;
        this.#publicUrl = parts.config.publicUrl;
        this.#port = parts.config.port;
    }

    /** @param origin as the client sees us; used while no public URL is set */
    webhookUrl(repositoryId: string, origin: string | null): string {
        return `${this.#publicUrl ?? origin ?? `http://localhost:${this.#port}`}/api/webhooks/deploy/${repositoryId}`;
    }

    async repository(repository: Repository, origin: string | null): Promise<RepositoryView> {
        const deployed = await this.#releases.deployed([repository.stackId]);
        return this.repositoryWith(repository, { lastDelivery: await this.#events.latestOf(repository.id), deployed: deployed.get(repository.stackId) ?? null }, origin);
    }

    repositoryWith(repository: Repository, beside: { lastDelivery: LastDelivery | null; deployed: DeployedRelease | null }, origin: string | null): RepositoryView {
        const { lastDelivery, deployed } = beside;
        const { credentials } = repository;
        const isRotating = repository.previousSecretValidUntil !== null && repository.previousSecretValidUntil > this.#clock.now();
        return {
            id: repository.id,
            stackId: repository.stackId,
            url: repository.url,
            branch: repository.branch,
            authType: repository.authType,
            provider: repository.provider,
            credentials: {
                username: credentials.username,
                hasToken: credentials.token !== null,
                hasPrivateKey: credentials.privateKey !== null,
                hasPassphrase: credentials.passphrase !== null,
            },
            webhookUrl: this.webhookUrl(repository.id, origin),
            unreadableSecrets: unreadableSecrets(repository),
            hasWebhookSecret: !repository.webhookSecret.isEmpty,
            hasWebhookSigningToken: repository.webhookSigningToken !== null,
            previousSecretValidUntil: isRotating ? date(repository.previousSecretValidUntil) : null,
            publicKey: repository.publicKey,
            publicKeyFingerprint: repository.publicKey === null ? null : this.#sshKeys.fingerprint(repository.publicKey),
            autoSync: repository.autoSync,
            syncInterval: repository.syncInterval,
            syncCron: repository.syncCron,
            fetchSubmodules: repository.fetchSubmodules,
            fetchLfs: repository.fetchLfs,
            lastSyncedAt: date(repository.lastSyncedAt),
            lastSyncedCommit: repository.lastSyncedCommit,
            deployedCommit: deployed?.commitSha ?? null,
            // A release from before it was written down may have brought its .env.
            trackedFiles: { compose: (deployed?.composeFile ?? null) !== null, env: deployed !== null && deployed.isEnvTracked !== false },
            autoDeployPausedAt: date(repository.autoDeployPausedAt),
            lastDelivery:
                lastDelivery === null
                    ? null
                    : { receivedAt: date(lastDelivery.receivedAt), verified: lastDelivery.verified, verdict: lastDelivery.verdict },
            createdAt: date(repository.createdAt),
            updatedAt: date(repository.updatedAt),
        };
    }

    buildConfig(config: BuildConfig): BuildConfigView {
        return {
            id: config.id,
            stackId: config.stackId,
            repositoryId: config.repositoryId,
            buildType: config.buildType,
            dockerfilePath: config.dockerfilePath,
            composePath: config.composePath,
            buildArgs: config.buildArgs.map(({ name, value }) => ({ name, value })),
            preBuildCommands: config.preBuildCommands,
            postBuildCommands: config.postBuildCommands,
            script: config.script,
            commandImage: config.commandImage,
            environmentVariables: config.environmentVariables.map((variable) => ({
                name: variable.name,
                value: variable.isSecret ? null : variable.value.reveal(),
                secret: variable.isSecret,
                ...(variable.value instanceof UnreadableSecret ? { unreadable: true as const } : {}),
            })),
            timeout: config.timeout,
            autoDeployOnPush: config.autoDeployOnPush,
            autoDeployBranches: config.autoDeployBranches,
            autoDeployTags: config.autoDeployTags,
            includePaths: config.includePaths,
            excludePaths: config.excludePaths,
            healthCheckPath: config.healthCheckPath,
            healthCheckTimeout: config.healthCheckTimeout,
            settleTime: config.settleTime,
            rollbackOnFailure: config.rollbackOnFailure,
            cancelSupersededBuilds: config.cancelSupersededBuilds,
            keepReleases: config.keepReleases,
            maxRetries: config.maxRetries,
            createdAt: date(config.createdAt),
            updatedAt: date(config.updatedAt),
        };
    }

    async deployment(deployment: Deployment): Promise<DeploymentView> {
        const release = canHaveRelease(deployment) ? await this.#releases.byId(deployment.releaseId ?? "") : null;
        return deploymentView(deployment, release?.status === "healthy");
    }

    /** One query for all of them. */
    async deployments(deployments: Deployment[]): Promise<DeploymentView[]> {
        if (!deployments.some(canHaveRelease)) {
            return deployments.map((deployment) => deploymentView(deployment, false));
        }
        const healthy = await this.#releases.healthyIds();
        return deployments.map((deployment) => deploymentView(deployment, canHaveRelease(deployment) && healthy.has(deployment.releaseId ?? "")));
    }

    async deploymentPage(page: Page<Deployment>): Promise<Page<DeploymentView>> {
        return { ...page, items: await this.deployments(page.items) };
    }

    step(step: DeploymentStep): StepView {
        return {
            id: step.id,
            name: step.name,
            status: step.status,
            startedAt: date(step.startedAt),
            completedAt: date(step.completedAt),
            duration: seconds(step.startedAt, step.completedAt),
            error: step.error,
        };
    }

    /** @param pushed what the deployment that it led to tells of the push */
    webhookEvent(event: WebhookEvent, pushed: PushedRef | null): WebhookEventView {
        return {
            id: event.id,
            repositoryId: event.repositoryId,
            provider: event.provider,
            eventType: event.eventType,
            deliveryId: event.deliveryId,
            payload: event.payload === null ? null : maskPayload(event.payload),
            headers: event.headers,
            verified: event.verified,
            processed: event.processed,
            verdict: event.verdict,
            deploymentId: event.deploymentId,
            commitSha: pushed?.commitSha ?? null,
            branch: pushed?.branch ?? null,
            tag: pushed?.tag ?? null,
            receivedAt: date(event.receivedAt),
            processedAt: date(event.processedAt),
            error: event.error,
        };
    }

    apiToken(token: ApiToken): ApiTokenView {
        return { id: token.id, name: token.name, createdAt: date(token.createdAt), lastUsedAt: date(token.lastUsedAt), expiresAt: date(token.expiresAt) };
    }
}

/** Only a run that left the stack on its release can be returned to; a failed one names a release that was never healthy. */
function canHaveRelease(deployment: Deployment): boolean {
    return deployment.status === "successful" && deployment.releaseId !== null;
}

function deploymentView(deployment: Deployment, canRollBackTo: boolean): DeploymentView {
    return {
        id: deployment.id,
        stackId: deployment.stackId,
        buildConfigId: deployment.buildConfigId,
        repositoryId: deployment.repositoryId,
        commitSha: deployment.commitSha,
        commitMessage: deployment.commitMessage,
        commitAuthor: deployment.commitAuthor,
        branch: deployment.branch,
        tag: deployment.tag,
        status: deployment.status,
        startedAt: date(deployment.startedAt),
        completedAt: date(deployment.completedAt),
        duration: seconds(deployment.startedAt, deployment.completedAt),
        error: deployment.error,
        errorCode: deployment.errorCode,
        triggeredBy: deployment.triggeredBy,
        triggeredByUser: deployment.triggeredByUser,
        previousDeploymentId: deployment.previousDeploymentId,
        kind: deployment.kind,
        canRollBackTo,
        attempt: deployment.attempt,
        createdAt: date(deployment.createdAt),
    };
}

function unreadableSecrets({ credentials, webhookSecret, webhookSigningToken }: Repository): RepositorySecret[] {
    const secrets: Record<RepositorySecret, Secret | null> = { token: credentials.token, privateKey: credentials.privateKey, webhookSecret, webhookSigningToken };
    return (Object.keys(secrets) as RepositorySecret[]).filter((name) => secrets[name] instanceof UnreadableSecret);
}

function date(ms: number): string;
function date(ms: number | null): string | null;
function date(ms: number | null): string | null {
    return ms === null ? null : new Date(ms).toISOString();
}

/** Seconds with three decimals, or null while it has not ended. */
function seconds(from: number | null, to: number | null): number | null {
    return from === null || to === null ? null : Math.max(0, to - from) / 1000;
}
