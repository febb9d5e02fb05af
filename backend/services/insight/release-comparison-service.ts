import type { CommitRelation, ComparedCommit, CompareReleasesInput, ReleaseComparison } from "../../../common/stack-insight.ts";
import { readStackCompose } from "../../domain/compose/compose-project.ts";
import type { BuildConfig, Deployment, Release, Repository } from "../../domain/entities.ts";
import { compareEnv } from "../../domain/compose/env-changes.ts";
import { DeployError } from "../../domain/errors.ts";
import type { BuildConfigStore, DeploymentStore, Git, ReleaseStore, RepositoryStore, StackFolder, TreeEntry } from "../../domain/ports.ts";
import { deployTarget } from "../deploy-target.ts";
import { requireRepository } from "../repository/linked-repository.ts";
import { sideOfCommit, sideOfRelease, type ReleaseSide } from "./release-side.ts";
import type { Stacks } from "../stacks.ts";

interface Parts {
    deployments: Pick<DeploymentStore, "byId">;
    releases: Pick<ReleaseStore, "byId" | "currentOf">;
    repositories: Pick<RepositoryStore, "byStack">;
    buildConfigs: Pick<BuildConfigStore, "byStack">;
    git: Pick<Git, "listRefs" | "fetch" | "isAncestor" | "log" | "listTree" | "readBlob">;
    stackFolder: Pick<StackFolder, "read">;
    stacks: Stacks;
}

const MAX_COMMITS = 50;
const MAX_PATHS = 200;

interface Target {
    commit: ReleaseComparison["target"];
    side: ReleaseSide;
    /** The tree of what runs now that this side's files are comparable with. */
    currentTree: (current: Release) => string;
}

/** Says what a rollback or a deployment would change, before anybody asks for it. */
export class ReleaseComparisonService {
    readonly #parts: Parts;

    constructor(parts: Parts) {
        this.#parts = parts;
    }

    /**
     * A release is compared without the network; a commit, branch or tag is fetched first.
     * @throws REPOSITORY_NOT_LINKED, STACK_NOT_FOUND, DEPLOYMENT_NOT_FOUND, RELEASE_NOT_KEPT, GIT_REF_MISSING, COMMIT_GONE and the remote's failures
     */
    async compare(stack: string, input: CompareReleasesInput): Promise<ReleaseComparison> {
        const repository = await requireRepository(this.#parts, stack);
        const config = await this.#parts.buildConfigs.byStack(stack);
        const target = input.deploymentId === undefined ? await this.#commit(repository, config, input) : await this.#release(repository, input.deploymentId);
        const last = await this.#parts.releases.currentOf(stack);
        const current = last?.status === "healthy" ? last : null;
        const { side, commit } = target;
        return {
            current: current === null ? null : { ...commitOf(current.commitSha, await this.#parts.deployments.byId(current.deploymentId)), deploymentId: current.deploymentId },
            target: commit,
            ...(await this.#history(repository.id, current?.commitSha ?? null, commit.sha)),
            compose: await this.#compose(repository, current, side),
            environment: compareEnv(await this.#parts.stackFolder.read(stack, ".env"), side.env, readableVariables(config)),
            files: changedFiles(current === null ? [] : await this.#parts.git.listTree(repository.id, target.currentTree(current)), side.files),
        };
    }

    async #release(repository: Repository, deploymentId: string): Promise<Target> {
        const deployment = await this.#parts.deployments.byId(deploymentId);
        if (deployment === null || deployment.stackId !== repository.stackId) {
            throw new DeployError("DEPLOYMENT_NOT_FOUND", "This stack has no such deployment.");
        }
        const release = deployment.releaseId === null ? null : await this.#parts.releases.byId(deployment.releaseId);
        if (deployment.status !== "successful" || release?.status !== "healthy" || release.repositoryId !== repository.id) {
            throw new DeployError("RELEASE_NOT_KEPT", "This deployment left no release that can be returned to, or it is too old and was cleaned up. Choose one of the kept ones.");
        }
        const { branch, tag } = deployment;
        return {
            commit: { ...commitOf(release.commitSha, deployment), deploymentId, branch, tag },
            side: await sideOfRelease(this.#parts.git, repository, release),
            currentTree: (current) => current.treeId,
        };
    }

    async #commit(repository: Repository, config: BuildConfig | null, input: CompareReleasesInput): Promise<Target> {
        const { branch, tag } = await deployTarget(this.#parts.git, repository, input.ref);
        const ref = tag === null ? ({ type: "branch", name: branch ?? repository.branch } as const) : ({ type: "tag", name: tag } as const);
        const commit = await this.#parts.git.fetch(repository, { ref, commitSha: input.commitSha ?? null });
        return {
            commit: { sha: commit.sha, message: commit.message, author: commit.author, deploymentId: null, branch, tag },
            side: await sideOfCommit(this.#parts, repository, config, commit),
            // The release's own tree also has submodules and large files, which have not been fetched for this commit.
            currentTree: (current) => current.commitSha,
        };
    }

    async #history(repositoryId: string, current: string | null, target: string): Promise<Pick<ReleaseComparison, "relation" | "commits" | "hasMoreCommits">> {
        if (current === null || current === target) {
            return { relation: current === null ? "unrelated" : "same", commits: [], hasMoreCommits: false };
        }
        const { git } = this.#parts;
        const relation: CommitRelation = (await git.isAncestor(repositoryId, current, target)) ? "newer" : (await git.isAncestor(repositoryId, target, current)) ? "older" : "unrelated";
        const [from, to] = relation === "older" ? [target, current] : [current, target];
        const commits = relation === "unrelated" ? [] : await git.log(repositoryId, from, to, MAX_COMMITS + 1);
        return { relation, commits: commits.slice(0, MAX_COMMITS).map(({ sha, message, author }) => ({ sha, message, author })), hasMoreCommits: commits.length > MAX_COMMITS };
    }

    /** Compared with the file that lies in the stack folder: whatever happened to it there is overwritten as well. */
    async #compose(repository: Repository, current: Release | null, side: ReleaseSide): Promise<ReleaseComparison["compose"]> {
        if (side.compose === undefined) {
            return null;
        }
        const read = (path: string) => this.#parts.stackFolder.read(repository.stackId, path);
        const before = current?.composeFile ? await read(current.composeFile) : ((await readStackCompose(read))?.source ?? null);
        const after = side.compose;
        return after === null ? { isChanged: true, before: null, after: null } : { isChanged: (before ?? "") !== after, before: before ?? "", after };
    }
}

function commitOf(sha: string, deployment: Deployment | null): ComparedCommit {
    return { sha, message: deployment?.commitMessage ?? null, author: deployment?.commitAuthor ?? null };
}

function readableVariables(config: BuildConfig | null): Map<string, string> {
    return new Map((config?.environmentVariables ?? []).filter(({ isSecret }) => !isSecret).map(({ name, value }) => [name, value.reveal()]));
}

function changedFiles(before: readonly TreeEntry[], after: readonly TreeEntry[]): ReleaseComparison["files"] {
    const content = (files: readonly TreeEntry[]) => new Map(files.map(({ path, mode, blobId }) => [path, `${mode} ${blobId}`]));
    const [former, next] = [content(before), content(after)];
    const paths = [...new Set([...former.keys(), ...next.keys()])].filter((path) => former.get(path) !== next.get(path)).sort();
    return { paths: paths.slice(0, MAX_PATHS), total: paths.length };
}
