import type { RepositoryTestInput } from "../../../common/schemas.ts";
import type { RepositoryTestResult } from "../../../common/views.ts";
import { DeployError } from "../../domain/errors.ts";
import { guessProvider, parseGitUrl } from "../../domain/git-url.ts";
import type { Git, KnownHosts, Logger, Random, RepositoryStore, SshKeys } from "../../domain/ports.ts";
import type { Caller } from "../caller.ts";
import { confirmHostKey, type HostKeyParts } from "./confirm-host-key.ts";
import { notLinked, requireRepository } from "./linked-repository.ts";
import { RemoteProbe } from "./remote-probe.ts";
import { checkAuthFitsUrl, guessAuthType, isSameRemote, mergeCredentials, NO_CREDENTIALS, savedUrl, withUrlUser } from "./repository-credentials.ts";
import type { Stacks } from "../stacks.ts";

export interface ConnectionTestParts extends HostKeyParts {
    repositories: Pick<RepositoryStore, "byStack">;
    git: Pick<Git, "listRefs" | "fetch" | "listTree" | "readBlob" | "remove">;
    sshKeys: Pick<SshKeys, "import">;
    knownHosts: Pick<KnownHosts, "scan" | "confirm">;
    stacks: Stacks;
    random: Pick<Random, "uuid">;
    logger: Logger;
    config: { insecureHttpHosts: string[] };
}

/** Looks whether a repository can be reached, before or after it is linked. */
export class ConnectionTest {
    readonly #parts: ConnectionTestParts;
    readonly #probe: RemoteProbe;

    constructor(parts: ConnectionTestParts) {
        this.#parts = parts;
        this.#probe = new RemoteProbe(parts);
    }

    /**
     * Tries the given values over the saved ones. A stored credential goes only to the place it was saved for.
     * @throws the exact failure: GIT_UNREACHABLE, GIT_AUTH_FAILED, GIT_HOST_KEY_UNKNOWN (with the fingerprints), GIT_REF_MISSING, …
     */
    async run(stack: string, input: RepositoryTestInput, caller: Caller): Promise<RepositoryTestResult> {
        const stored = await this.#parts.repositories.byStack(stack);
        const text = input.url ?? stored?.url;
        if (text === undefined) {
            throw await notLinked(this.#parts.stacks, stack);
        }
        const url = parseGitUrl(text, this.#parts.config);
        const linkedUrl = stored === null ? null : savedUrl(stored, this.#parts.config);
        const isSavedRemote = stored !== null && linkedUrl !== null && isSameRemote(linkedUrl, url);
        const authType = input.authType ?? (isSavedRemote ? stored.authType : guessAuthType(url, input.credentials));
        checkAuthFitsUrl(authType, url);
        let credentials = mergeCredentials(authType, isSavedRemote ? stored.credentials : NO_CREDENTIALS, withUrlUser(input.credentials, url));
        if (authType === "ssh_key") {
            if (credentials.privateKey === null) {
                throw new DeployError("INPUT_INVALID", "There is no SSH key for this URL yet. Save first, add the public key that is shown at your provider, then test.");
            }
            const hasNewKey = typeof input.credentials?.privateKey === "string" && input.credentials.privateKey !== "";
            if (hasNewKey) {
                credentials = { ...credentials, privateKey: this.#parts.sshKeys.import(credentials.privateKey, credentials.passphrase, stack).privateKey };
            }
        }
        await confirmHostKey(this.#parts, input.confirmHostKey, url, stack, caller);
        const remote = { url: url.href, authType, credentials, provider: input.provider ?? guessProvider(url) };
        const branch = input.branch ?? (isSavedRemote ? stored.branch : null);
        if (isSavedRemote) {
            return await this.#probe.test({ ...remote, id: stored.id }, url, branch);
        }
        const temporaryId = this.#parts.random.uuid();
        try {
            return await this.#probe.test({ ...remote, id: temporaryId }, url, branch);
        } finally {
            await this.#parts.git.remove(temporaryId);
        }
    }

    /** What the linked repository has. @throws REPOSITORY_NOT_LINKED and the remote's failures */
    async listBranches(stack: string): Promise<{ branches: string[]; tags: string[]; defaultBranch: string | null }> {
        const repository = await requireRepository(this.#parts, stack);
        const refs = await this.#probe.refs(repository, parseGitUrl(repository.url, this.#parts.config));
        return { branches: Object.keys(refs.branches).sort(), tags: Object.keys(refs.tags).sort(), defaultBranch: refs.defaultBranch };
    }
}
