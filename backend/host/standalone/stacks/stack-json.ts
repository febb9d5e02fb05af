import type { FullStack, SimpleStack } from "../../../../common/dockge-wire.ts";
import type { StackTexts } from "../../stacks/stack-files.ts";
import type { ListedStack } from "./stack-list.ts";

/** What Dockge says of a stack that has no file yet. */
const DEFAULT_FILE_NAME = "compose.yaml";

/** A stack as Dockge's page knows it, with what Git adds. `endpoint` is how the receiving connection calls this server. */
export function simpleStack(stack: ListedStack, endpoint: string): SimpleStack {
    return {
        name: stack.name,
        status: stack.status,
        tags: [],
        isManagedByDockge: stack.isManaged,
        composeFileName: stack.composeFileName ?? DEFAULT_FILE_NAME,
        endpoint,
        gitRepository: stack.git?.gitRepository ?? null,
        buildConfig: stack.git?.buildConfig ?? null,
        latestDeployment: stack.git?.latestDeployment ?? null,
        deploymentHistory: stack.git?.deploymentHistory ?? [],
    };
}

export function fullStack(stack: ListedStack, texts: StackTexts, endpoint: string, primaryHostname: string): FullStack {
    return { ...simpleStack(stack, endpoint), composeYAML: texts.composeYaml, composeENV: texts.env, contentHash: texts.contentHash, notUtf8: texts.notUtf8, primaryHostname };
}

export function stackListPush(stacks: readonly ListedStack[], endpoint: string) {
    return { ok: true as const, stackList: Object.fromEntries(stacks.map((stack) => [stack.name, simpleStack(stack, endpoint)])), endpoint };
}
