import type { Deployment } from "./entities.ts";

type Known = "id" | "stackId" | "buildConfigId" | "repositoryId" | "triggeredBy" | "triggeredByUser" | "createdAt";

/** A deployment that has just been asked for: it waits in the queue, and nothing has happened yet. */
export function newDeployment(values: Pick<Deployment, Known> & Partial<Omit<Deployment, Known>>): Deployment {
    return {
        kind: "deploy",
        commitSha: null,
        commitMessage: null,
        commitAuthor: null,
        branch: null,
        tag: null,
        beforeSha: null,
        mustCheckPaths: false,
        isRebuild: false,
        status: "pending",
        startedAt: null,
        completedAt: null,
        error: null,
        errorCode: null,
        previousDeploymentId: null,
        releaseId: null,
        attempt: 1,
        notBefore: null,
        ...values,
    };
}
