import { deploymentListInput } from "../../common/schemas.ts";
import type { StackGitFields } from "../../common/views.ts";
import type { BuildConfigStore, DeploymentStore, ReleaseStore, RepositoryStore, WebhookEventStore } from "../domain/ports.ts";
import type { Views } from "./views.ts";

interface Parts {
    repositories: Pick<RepositoryStore, "all" | "byStack">;
    buildConfigs: Pick<BuildConfigStore, "all" | "byStack">;
    deployments: Pick<DeploymentStore, "latestByStack" | "page">;
    releases: Pick<ReleaseStore, "deployed">;
    events: Pick<WebhookEventStore, "latestByRepository">;
    views: Views;
}

/** What a stack's JSON gains over Dockge's own. */
export class StackGitService {
    readonly #parts: Parts;

    constructor(parts: Parts) {
        this.#parts = parts;
    }

    /** One name: with the first page of its history. Several: a fixed number of queries however many they are, and no history. */
    async fields(names: string[], origin: string | null = null): Promise<Map<string, StackGitFields>> {
        const [only] = names;
        if (only !== undefined && names.length === 1) {
            return new Map([[only, await this.#one(only, origin)]]);
        }
        return await this.#many(names, origin);
    }

    async #one(stack: string, origin: string | null): Promise<StackGitFields> {
        const { views } = this.#parts;
        const repository = await this.#parts.repositories.byStack(stack);
        const config = await this.#parts.buildConfigs.byStack(stack);
        const history = await views.deploymentPage(await this.#parts.deployments.page(stack, deploymentListInput.parse({})));
        return {
            gitRepository: repository === null ? null : await views.repository(repository, origin),
            buildConfig: config === null ? null : views.buildConfig(config),
            latestDeployment: history.items[0] ?? null,
            deploymentHistory: history.items,
        };
    }

    async #many(names: string[], origin: string | null): Promise<Map<string, StackGitFields>> {
        const { views } = this.#parts;
        const repositories = new Map((await this.#parts.repositories.all()).map((repository) => [repository.stackId, repository]));
        const configs = new Map((await this.#parts.buildConfigs.all()).map((config) => [config.stackId, config]));
        const deliveries = await this.#parts.events.latestByRepository();
        const deployed = await this.#parts.releases.deployed();
        const rows = await this.#parts.deployments.latestByStack();
        const latest = new Map((await views.deployments([...rows.values()])).map((deployment) => [deployment.stackId, deployment]));
        return new Map(
            names.map((name) => {
                const repository = repositories.get(name);
                const config = configs.get(name);
                const fields: StackGitFields = {
                    gitRepository: repository === undefined ? null : views.repositoryWith(repository, { lastDelivery: deliveries.get(repository.id) ?? null, deployed: deployed.get(name) ?? null }, origin),
                    buildConfig: config === undefined ? null : views.buildConfig(config),
                    latestDeployment: latest.get(name) ?? null,
                    deploymentHistory: [],
                };
                return [name, fields];
            }),
        );
    }
}
