import { isFinal } from "../../../common/deployment.ts";
import { deploymentListInput } from "../../../common/schemas.ts";
import type { ComparedCommit, ComposeFileList, ComposeFilesInput, RemoteState } from "../../../common/stack-insight.ts";
import type { Repository } from "../../domain/entities.ts";
import { toDeployError } from "../../domain/errors.ts";
import type { Clock, DeploymentStore, Git, ReleaseStore, RepositoryStore } from "../../domain/ports.ts";
import { requireRepository } from "../repository/linked-repository.ts";
import type { Stacks } from "../stacks.ts";
import { buildFilesOf } from "../repository/suggest-build.ts";

interface Parts {
    repositories: Pick<RepositoryStore, "byStack" | "update">;
    deployments: Pick<DeploymentStore, "page" | "latestOf">;
    releases: Pick<ReleaseStore, "deployed">;
    git: Pick<Git, "fetch" | "log" | "listTree">;
    stacks: Stacks;
    clock: Pick<Clock, "now">;
    /** Told when the newest commit of a branch that is followed has become known. */
    headSeen: (stack: string) => void;
}

const MAX_COMMITS = 100;
const MAX_FILES = 200;

/** Compares what a stack runs with what its branch has. */
export class RemoteStateService {
    readonly #parts: Parts;

    constructor(parts: Parts) {
        this.#parts = parts;
    }

    /** What is known without asking the remote. @throws REPOSITORY_NOT_LINKED, STACK_NOT_FOUND */
    async known(stack: string): Promise<RemoteState> {
        return await this.#state(await requireRepository(this.#parts, stack));
    }

    /** Looks at the remote now; deploys nothing. @throws REPOSITORY_NOT_LINKED, STACK_NOT_FOUND, GIT_REF_MISSING and the remote's failures */
    async check(stack: string): Promise<RemoteState> {
        const repository = await requireRepository(this.#parts, stack);
        const head = await this.#parts.git.fetch(repository, { ref: { type: "branch", name: repository.branch }, commitSha: null });
        const changes = { lastSyncedCommit: head.sha, lastSyncedAt: this.#parts.clock.now() };
        await this.#parts.repositories.update(repository.id, changes);
        this.#parts.headSeen(stack);
        const state = await this.#state({ ...repository, ...changes });
        return { ...state, remote: { sha: head.sha, message: head.message, author: head.author, seenAt: new Date(changes.lastSyncedAt).toISOString() } };
    }

    /** Compose files and Dockerfiles at the head of a branch; without one of the branch that the stack follows. @throws as `check` */
    async composeFiles(stack: string, input: ComposeFilesInput): Promise<ComposeFileList> {
        const repository = await requireRepository(this.#parts, stack);
        const branch = input.branch ?? repository.branch;
        const head = await this.#parts.git.fetch(repository, { ref: { type: "branch", name: branch }, commitSha: null });
        const { composeFiles, dockerfiles } = buildFilesOf(await this.#parts.git.listTree(repository.id, head.treeId));
        return {
            branch,
            commitSha: head.sha,
            composeFiles: composeFiles.slice(0, MAX_FILES),
            dockerfiles: dockerfiles.slice(0, MAX_FILES),
            isTruncated: Math.max(composeFiles.length, dockerfiles.length) > MAX_FILES,
        };
    }

    async #state(repository: Repository): Promise<RemoteState> {
        const { stackId, branch, lastSyncedCommit, lastSyncedAt } = repository;
        const deployedSha = (await this.#parts.releases.deployed([stackId])).get(stackId)?.commitSha ?? null;
        const between = deployedSha === null || lastSyncedCommit === null ? [] : await this.#commitsBetween(repository.id, deployedSha, lastSyncedCommit);
        const isDiffering = deployedSha !== null && lastSyncedCommit !== null && deployedSha !== lastSyncedCommit;
        const [newest] = between;
        const remote = lastSyncedCommit === null ? null : newest?.sha === lastSyncedCommit ? { sha: newest.sha, message: newest.message, author: newest.author } : await this.#wordsOf(stackId, lastSyncedCommit);
        return {
            branch,
            deployed: deployedSha === null ? null : await this.#wordsOf(stackId, deployedSha),
            remote: remote === null ? null : { ...remote, seenAt: lastSyncedAt === null ? null : new Date(lastSyncedAt).toISOString() },
            isAhead: isDiffering && !(await this.#isOnItsWay(stackId, lastSyncedCommit)),
            commitCount: deployedSha !== null && deployedSha === lastSyncedCommit ? 0 : between.length === 0 ? null : between.length,
        };
    }

    /** Empty while the mirror does not have both. */
    async #commitsBetween(repositoryId: string, from: string, to: string): Promise<ComparedCommit[]> {
        try {
            return from === to ? [] : await this.#parts.git.log(repositoryId, from, to, MAX_COMMITS);
        } catch (thrown) {
            if (toDeployError(thrown).code === "NOT_FOUND") {
                return [];
            }
            throw thrown;
        }
    }

    /** The history knows what every deployed commit says. */
    async #wordsOf(stackId: string, sha: string): Promise<ComparedCommit> {
        const page = await this.#parts.deployments.page(stackId, deploymentListInput.parse({ q: sha, perPage: 5 }));
        const known = page.items.find(({ commitSha, commitMessage }) => commitSha === sha && commitMessage !== null);
        return { sha, message: known?.commitMessage ?? null, author: known?.commitAuthor ?? null };
    }

    async #isOnItsWay(stackId: string, sha: string): Promise<boolean> {
        const latest = await this.#parts.deployments.latestOf(stackId);
        return latest !== null && !isFinal(latest.status) && (latest.commitSha === null || latest.commitSha === sha);
    }
}
