import { mkdirSync } from "node:fs";
import type { Commit, FetchedCommit, FetchTarget, Git, KnownHosts, ProgressOptions, RemoteAccess, RemoteRefs, TreeEntry } from "../../domain/ports.ts";
import { DeployError } from "../../domain/errors.ts";
import { REFS } from "./git-arguments.ts";
import { GitCalls } from "./git-call.ts";
import { Checkout } from "./git-checkout.ts";
import { CommitFetcher } from "./git-fetch.ts";
import { Mirrors } from "./git-mirrors.ts";
import { MirrorReader } from "./git-reader.ts";
import { listRefs, toRemoteRefs } from "./git-refs.ts";
import { WorkTrees } from "./git-work-tree.ts";

export interface GitCliOptions {
    /** `mirrors/`: a bare repository per linked one. */
    mirrorsDirectory: string;
    /** Private folders (`call-…`) of running calls. Those left by a killed server are removed at start. */
    scratchDirectory: string;
    knownHosts: KnownHosts;
    searchPath: string;
    /** See `GitUrlPolicy`. */
    insecureHttpHosts: readonly string[];
    /** Limits of one checkout, submodules and LFS files included. */
    maxFiles: number;
    maxBytes: number;
    /** A transfer that stands still this long is given up; default 60. */
    stallTimeoutSeconds?: number;
}

/** Commits kept for comparing although no release has them. */
const KEPT_COMMITS = 50;

/** `Git` by the git command line, over a bare mirror per repository. */
export class GitCli implements Git {
    readonly #options: GitCliOptions;
    readonly #calls: GitCalls;
    readonly #mirrors: Mirrors;
    readonly #reader: MirrorReader;
    readonly #workTrees: WorkTrees;

    constructor(options: GitCliOptions) {
        this.#options = options;
        mkdirSync(options.mirrorsDirectory, { recursive: true, mode: 0o700 });
        this.#calls = new GitCalls(options);
        this.#mirrors = new Mirrors(options.mirrorsDirectory, this.#calls);
        this.#reader = new MirrorReader(this.#calls, options.maxFiles);
        this.#workTrees = new WorkTrees(this.#calls);
    }

    async listRefs(remote: RemoteAccess, options: ProgressOptions = {}): Promise<RemoteRefs> {
        return await this.#calls.withRemote(remote, this.#calls.parseUrl(remote.url), options, async (session) => toRemoteRefs(await listRefs(session)));
    }

    async fetch(remote: RemoteAccess, target: FetchTarget, options: ProgressOptions = {}): Promise<FetchedCommit> {
        const mirror = this.#mirrors.pathOf(remote.id);
        const url = this.#calls.parseUrl(remote.url);
        const run = async () => {
            const parts = { calls: this.#calls, mirrors: this.#mirrors, reader: this.#reader };
            const { sha, isHead } = await this.#calls.withRemote(remote, url, options, async (session) => await new CommitFetcher(parts, mirror, session).fetch(target));
            return { ...(await this.#reader.commit(mirror, sha)), isHead };
        };
        return await this.#mirrors.exclusive(mirror, run, options.signal);
    }

    async changedPaths(remote: RemoteAccess, from: string, to: string, options: ProgressOptions = {}): Promise<string[] | null> {
        const mirror = this.#mirrors.existing(remote.id);
        const local = await this.#reader.changedPaths(mirror, from, to, options.signal);
        if (local !== null) {
            return local;
        }
        for (const commitSha of [from, to]) {
            try {
                await this.fetch(remote, { ref: null, commitSha }, options);
            } catch (error) {
                if (error instanceof DeployError && error.code === "COMMIT_GONE") {
                    return null;
                }
                throw error;
            }
        }
        return await this.#reader.changedPaths(mirror, from, to, options.signal);
    }

    async isAncestor(repositoryId: string, ancestor: string, descendant: string): Promise<boolean> {
        const argv = ["merge-base", "--is-ancestor", ancestor, descendant];
        return (await this.#calls.local(this.#mirrors.existing(repositoryId), argv, { mayFail: true })).exitCode === 0;
    }

    async log(repositoryId: string, from: string, to: string, limit: number): Promise<Commit[]> {
        return await this.#reader.log(this.#mirrors.existing(repositoryId), from, to, limit);
    }

    async checkout(remote: RemoteAccess, commitSha: string, directory: string, content: { hasSubmodules: boolean; hasLfs: boolean }, options: ProgressOptions = {}): Promise<{ treeId: string }> {
        const parts = { calls: this.#calls, mirrors: this.#mirrors, reader: this.#reader, workTrees: this.#workTrees, limits: this.#options };
        return await new Checkout(parts, remote, directory, options).run(commitSha, content);
    }

    async exportTree(repositoryId: string, treeId: string, directory: string): Promise<void> {
        await this.#workTrees.write(this.#mirrors.existing(repositoryId), treeId, directory);
    }

    async listTree(repositoryId: string, treeId: string): Promise<TreeEntry[]> {
        return await this.#reader.listTree(this.#mirrors.existing(repositoryId), treeId);
    }

    async objectAt(repositoryId: string, treeId: string, path: string): Promise<string | null> {
        return await this.#reader.objectAt(this.#mirrors.existing(repositoryId), treeId, path);
    }

    async readBlob(repositoryId: string, blobId: string): Promise<Buffer> {
        return await this.#reader.readBlob(this.#mirrors.existing(repositoryId), blobId);
    }

    async snapshot(repositoryId: string, directory: string, paths: string[]): Promise<{ treeId: string }> {
        const mirror = this.#mirrors.existing(repositoryId);
        return { treeId: await this.#mirrors.exclusive(mirror, async () => await this.#workTrees.snapshot(mirror, directory, paths)) };
    }

    async keepRelease(repositoryId: string, releaseId: string, commitSha: string, treeId: string): Promise<void> {
        const mirror = this.#mirrors.existing(repositoryId);
        await this.#mirrors.exclusive(mirror, async () => {
            const input = `update ${REFS.release(releaseId, "commit")} ${commitSha}\nupdate ${REFS.release(releaseId, "tree")} ${treeId}\n`;
            await this.#calls.local(mirror, ["update-ref", "--stdin"], { input });
        });
    }

    async dropRelease(repositoryId: string, releaseId: string): Promise<void> {
        const mirror = this.#mirrors.existing(repositoryId);
        await this.#mirrors.exclusive(mirror, async () => {
            const input = `delete ${REFS.release(releaseId, "commit")}\ndelete ${REFS.release(releaseId, "tree")}\n`;
            await this.#calls.local(mirror, ["update-ref", "--stdin"], { input, mayFail: true });
        });
    }

    /**
     * Commits that no release needs lose their protection, and git collects what nothing refers to after its two weeks.
     * @returns how many commits that were
     */
    async prune(): Promise<number> {
        let count = 0;
        for (const mirror of await this.#mirrors.all()) {
            await this.#mirrors.exclusive(mirror, async () => {
                const { stdout } = await this.#calls.local(mirror, ["for-each-ref", "--sort=-committerdate", "--format=delete %(refname)", "refs/git-deploy/commits/"]);
                const old = stdout.split("\n").filter((line) => line !== "").slice(KEPT_COMMITS);
                if (old.length > 0) {
                    await this.#calls.local(mirror, ["update-ref", "--stdin"], { input: `${old.join("\n")}\n` });
                }
                count += old.length;
                await this.#calls.local(mirror, ["-c", "gc.auto=6700", "-c", "gc.autoDetach=false", "gc", "--auto", "--quiet"], { mayFail: true });
            });
        }
        return count;
    }

    async remove(repositoryId: string): Promise<void> {
        await this.#mirrors.remove(repositoryId);
    }
}
