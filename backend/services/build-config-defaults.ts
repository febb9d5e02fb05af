import type { BuildConfig, Repository } from "../domain/entities.ts";

/** How a stack is built while nobody has said otherwise. */
export function newBuildConfig(id: string, repository: Pick<Repository, "id" | "stackId">, now: number): BuildConfig {
    return {
        id,
        stackId: repository.stackId,
        repositoryId: repository.id,
        buildType: "compose_build",
        dockerfilePath: null,
        composePath: null,
        buildArgs: [],
        preBuildCommands: [],
        postBuildCommands: [],
        script: null,
        commandImage: null,
        environmentVariables: [],
        timeout: 1800,
        autoDeployOnPush: true,
        autoDeployBranches: [],
        autoDeployTags: [],
        includePaths: [],
        excludePaths: [],
        healthCheckPath: null,
        healthCheckTimeout: 60,
        settleTime: 2,
        rollbackOnFailure: true,
        cancelSupersededBuilds: false,
        keepReleases: 5,
        maxRetries: 3,
        createdAt: now,
        updatedAt: now,
    };
}
