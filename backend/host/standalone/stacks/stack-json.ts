import type { FullStack, SimpleStack } from "../../../../common/dockge-wire.ts";
import { NO_GIT_FIELDS } from "../../stacks/no-git-fields.ts";
import type { StackTexts } from "../../stacks/stack-files.ts";
import type { ListedStack } from "./stack-list.ts";

/** What Dockge says of a stack that has no file yet. */
const DEFAULT_FILE_NAME = "compose.yaml";

/** A stack as Dockge's page knows it, with what Git adds. `endpoint` is how the receiving connection calls this server. */
function simpleStack(stack: ListedStack, endpoint: string): SimpleStack {
    return {
        name: stack.name,
        status: stack.status,
        tags: [],
        isManagedByDockge: stack.isManaged,
        composeFileName: stack.composeFileName ?? DEFAULT_FILE_NAME,
        endpoint,
        ...(stack.git ?? NO_GIT_FIELDS),
    };
}

export function fullStack(stack: ListedStack, texts: StackTexts, endpoint: string, primaryHostname: string): FullStack {
    return { ...simpleStack(stack, endpoint), composeYAML: texts.composeYaml, composeENV: texts.env, contentHash: texts.contentHash, notUtf8: texts.notUtf8, primaryHostname };
}

export type StackListPush = ReturnType<typeof stackListPush>;

export function stackListPush(stacks: readonly ListedStack[], endpoint: string) {
    return { ok: true as const, stackList: Object.fromEntries(stacks.map((stack) => [stack.name, simpleStack(stack, endpoint)])), endpoint };
}
