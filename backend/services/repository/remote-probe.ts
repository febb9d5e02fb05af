import type { RepositoryTestResult } from "../../../common/views.ts";
import { DeployError, toDeployError } from "../../domain/errors.ts";
import type { GitUrl } from "../../domain/git-url.ts";
import type { Git, KnownHosts, Logger, RemoteAccess, RemoteRefs } from "../../domain/ports.ts";
import { pickComposeFile, suggestBuild } from "./suggest-build.ts";

const MAX_COMPOSE_BYTES = 1024 * 1024;

/** Asks a remote what it has. Every failure is the exact one, with the fingerprints to confirm when the host's key is unknown. */
export class RemoteProbe {
    readonly #git: Pick<Git, "listRefs" | "fetch" | "listTree" | "readBlob">;
    readonly #knownHosts: Pick<KnownHosts, "scan">;
    readonly #logger: Logger;

    constructor(parts: { git: Pick<Git, "listRefs" | "fetch" | "listTree" | "readBlob">; knownHosts: Pick<KnownHosts, "scan">; logger: Logger }) {
        this.#git = parts.git;
        this.#knownHosts = parts.knownHosts;
        this.#logger = parts.logger;
    }

    async refs(remote: RemoteAccess, url: GitUrl): Promise<RemoteRefs> {
        try {
            return await this.#git.listRefs(remote);
        } catch (thrown) {
            const error = toDeployError(thrown);
            throw error.code === "GIT_HOST_KEY_UNKNOWN" ? await this.#withFingerprints(error, url) : error;
        }
    }

    /** @param branch that must exist; null: the remote's default. @throws GIT_REPOSITORY_EMPTY, GIT_REF_MISSING */
    async test(remote: RemoteAccess, url: GitUrl, branch: string | null): Promise<RepositoryTestResult> {
        const refs = await this.refs(remote, url);
        const branches = Object.keys(refs.branches).sort();
        if (branches.length === 0) {
            throw new DeployError("GIT_REPOSITORY_EMPTY", "The repository has no branches yet. Push a first commit and test again.");
        }
        const wanted = branch ?? refs.defaultBranch ?? branches[0] ?? "main";
        const headCommit = refs.branches[wanted];
        if (headCommit === undefined) {
            throw new DeployError("GIT_REF_MISSING", `The repository has no branch ${wanted}. Choose one that exists.`, { details: { branches, defaultBranch: refs.defaultBranch } });
        }
        return {
            branches,
            tags: Object.keys(refs.tags).sort(),
            defaultBranch: refs.defaultBranch,
            headCommit,
            suggestion: await this.#suggestion(remote, wanted, headCommit),
        };
    }

    /** A guess is a convenience: the test has already shown that the remote can be reached. */
    async #suggestion(remote: RemoteAccess, branch: string, headCommit: string): Promise<RepositoryTestResult["suggestion"]> {
        try {
            const commit = await this.#git.fetch(remote, { ref: { type: "branch", name: branch }, commitSha: headCommit });
            const files = await this.#git.listTree(remote.id, commit.treeId);
            const composeFile = pickComposeFile(files);
            const composeText =
                composeFile === null || composeFile.size > MAX_COMPOSE_BYTES ? null : (await this.#git.readBlob(remote.id, composeFile.blobId)).toString("utf8");
            return suggestBuild(files, composeFile, composeText);
        } catch (thrown) {
            const error = toDeployError(thrown);
            this.#logger.warn({ code: error.code, repositoryId: remote.id }, "Could not look into the repository for a suggestion");
            return null;
        }
    }

    async #withFingerprints(error: DeployError, url: GitUrl): Promise<DeployError> {
        const port = url.port ?? 22;
        const keys = (await this.#knownHosts.scan(url.host, port)).map(({ type, fingerprint }) => ({ type, fingerprint }));
        return new DeployError("GIT_HOST_KEY_UNKNOWN", error.message, {
            cause: error,
            details: { ...error.details, host: url.host, port, fingerprint: keys[0]?.fingerprint ?? null, keys },
        });
    }
}
