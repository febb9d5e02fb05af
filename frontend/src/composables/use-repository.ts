import type { RepositoryInput, RepositoryTestInput } from "../../../common/schemas.ts";
import type { RepositorySaved, RepositoryTestResult, RepositoryView } from "../../../common/views.ts";
import { usePush, useServer } from "../server/server.ts";
import { useLoaded, type Loaded } from "./use-request.ts";

export interface OpenRepository extends Loaded<{ repository: RepositoryView | null }> {
    readonly save: (input: RepositoryInput) => Promise<RepositorySaved>;
    readonly test: (input: RepositoryTestInput) => Promise<RepositoryTestResult>;
    readonly rotateSecret: () => Promise<{ webhookSecret: string; previousSecretValidUntil: string | null }>;
    readonly resumeAutoDeploy: () => Promise<void>;
    readonly unlink: () => Promise<void>;
}

/** The Git remote of one stack; every change comes back from the server before it is shown. */
export function useRepository(stack: () => string): OpenRepository {
    const server = useServer();
    const loaded = useLoaded(async () => ({ repository: (await server.call("getGitRepository", stack())).gitRepository }), stack);

    usePush(server, "webhookEventReceived", ({ event }) => {
        const repository = loaded.value.value?.repository;
        if (repository?.id === event.repositoryId) {
            const { receivedAt, verified, verdict } = event;
            loaded.value.value = { repository: { ...repository, lastDelivery: { receivedAt, verified, verdict } } };
        }
    });
    usePush(server, "deploymentUpdated", ({ deployment }) => {
        if (deployment.stackId === stack() && deployment.completedAt !== null) {
            void loaded.reload();
        }
    });

    return {
        ...loaded,
        save: async (input) => {
            const { gitRepository } = await server.call("saveGitRepository", stack(), input);
            const { webhookSecret: _shownOnce, ...repository } = gitRepository;
            loaded.value.value = { repository };
            return gitRepository;
        },
        test: (input) => server.call("testGitRepository", stack(), input),
        rotateSecret: async () => {
            const rotated = await server.call("rotateWebhookSecret", stack());
            await loaded.reload();
            return rotated;
        },
        resumeAutoDeploy: async () => {
            loaded.value.value = { repository: (await server.call("resumeAutoDeploy", stack())).gitRepository };
        },
        unlink: async () => {
            await server.call("deleteGitRepository", stack());
            loaded.value.value = { repository: null };
        },
    };
}
