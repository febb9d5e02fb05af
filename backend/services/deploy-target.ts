import type { Repository } from "../domain/entities.ts";
import { DeployError } from "../domain/errors.ts";
import type { Git } from "../domain/ports.ts";

/** A branch or a tag; the remote is only asked when it is not the repository's own branch. @throws GIT_REF_MISSING and the remote's failures */
export async function deployTarget(git: Pick<Git, "listRefs">, repository: Repository, ref: string | undefined): Promise<{ branch: string | null; tag: string | null }> {
    if (ref === undefined || ref === repository.branch) {
        return { branch: repository.branch, tag: null };
    }
    const refs = await git.listRefs(repository);
    if (Object.hasOwn(refs.branches, ref)) {
        return { branch: ref, tag: null };
    }
    if (Object.hasOwn(refs.tags, ref)) {
        return { branch: null, tag: ref };
    }
    throw new DeployError("GIT_REF_MISSING", `The repository has no branch or tag ${ref}.`);
}
