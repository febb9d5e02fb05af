import { STACK_STATUS } from "../../../../common/dockge-wire.ts";
import type { StackInput } from "../../../../common/schemas.ts";
import type { HostStack, HostStacks, HostStackSummary } from "../../host.ts";
import type { StackFiles, StackTexts } from "../../stacks/stack-files.ts";
import { requireStackName } from "../../stacks/stack-name.ts";
import type { ListedStack, StackList } from "./stack-list.ts";
import type { StackOperations } from "./stack-operations.ts";
import { statusOf } from "./stack-status.ts";

/** The host's stacks for the core and REST, which keep to the rule for new names. @throws STACK_NAME_INVALID from every method that takes one */
export class CoreStacks implements HostStacks {
    readonly #files: StackFiles;
    readonly #list: StackList;
    readonly #operations: StackOperations;

    constructor(parts: { files: StackFiles; list: StackList; operations: StackOperations }) {
        this.#files = parts.files;
        this.#list = parts.list;
        this.#operations = parts.operations;
    }

    async list(): Promise<HostStackSummary[]> {
        return (await this.#list.list()).map(summary);
    }

    async get(name: string): Promise<HostStack> {
        return await this.#whole(name, await this.#files.read(requireStackName(name)));
    }

    async put(name: string, input: StackInput): Promise<{ stack: HostStack; isCreated: boolean }> {
        const isCreated = !(await this.exists(name));
        const saved = await this.#operations.save(name, { composeYaml: input.composeYaml ?? null, env: input.env ?? null, isNew: isCreated, expectedHash: null });
        return { stack: await this.#whole(name, saved), isCreated };
    }

    async exists(name: string): Promise<boolean> {
        return await this.#files.exists(requireStackName(name));
    }

    async #whole(name: string, texts: StackTexts): Promise<HostStack> {
        const project = await this.#list.projectOf(name);
        const status = project === undefined ? STACK_STATUS.unknown : statusOf(project);
        return { name, status, isManaged: true, composeFileName: texts.composeFileName, composeYaml: texts.composeYaml, env: texts.env };
    }
}

function summary({ name, status, isManaged, composeFileName }: ListedStack): HostStackSummary {
    return { name, status, isManaged, composeFileName };
}
