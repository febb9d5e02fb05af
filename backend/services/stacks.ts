import { DeployError } from "../domain/errors.ts";

/** The part of the host's stacks that services need. */
export interface Stacks {
    exists(name: string): Promise<boolean>;
    put(name: string, input: object): Promise<unknown>;
}

/** @throws STACK_NOT_FOUND */
export async function requireStack(stacks: Stacks, name: string): Promise<void> {
    if (!(await stacks.exists(name))) {
        throw new DeployError("STACK_NOT_FOUND", `There is no stack named ${name}.`);
    }
}
