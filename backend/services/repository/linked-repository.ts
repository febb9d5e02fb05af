import type { Repository } from "../../domain/entities.ts";
import { DeployError } from "../../domain/errors.ts";
import type { RepositoryStore } from "../../domain/ports.ts";
import { requireStack, type Stacks } from "../stacks.ts";

/** The repository that the stack follows. @throws REPOSITORY_NOT_LINKED, STACK_NOT_FOUND */
export async function requireRepository(parts: { repositories: Pick<RepositoryStore, "byStack">; stacks: Stacks }, stack: string): Promise<Repository> {
    const repository = await parts.repositories.byStack(stack);
    if (repository === null) {
        throw await notLinked(parts.stacks, stack);
    }
    return repository;
}

/** @throws STACK_NOT_FOUND */
export async function notLinked(stacks: Stacks, stack: string): Promise<DeployError> {
    await requireStack(stacks, stack);
    return new DeployError("REPOSITORY_NOT_LINKED", `The stack ${stack} follows no repository yet. Link one first.`);
}
