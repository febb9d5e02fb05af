import type { DockgeRoot, DockgeRoute, DockgeStack } from "./dockge-page.ts";

/** Our addresses inside Dockge's page. None is of Dockge's shape: an agent may be called anything, "git" included. */
export const STACK_PATH = "/stacks/:stackName/:endpoint?";
export const TAB_PATHS = { git: "git", deliveries: "git/deliveries", deployments: "deployments", deployment: "deployments/:deploymentId([0-9a-f-]{36})" } as const;
export const NEW_PATH = "/new-from-git/:endpoint?";

export type Tab = "compose" | "git" | "deployments";

/** The stack that an address is about. `endpoint` is empty for the server's own stacks. */
export interface StackPlace {
    readonly tab: Tab;
    readonly stackName: string;
    readonly endpoint: string;
}

const FIRST_PART: Record<string, "compose" | "ours"> = { compose: "compose", stacks: "ours" };

/** Null on every page that is not about one stack. */
export function placeOf(route: DockgeRoute): StackPlace | null {
    const [, first = "", ...rest] = route.path.split("/");
    const kind = FIRST_PART[first];
    const { stackName, endpoint } = route.params;
    if (kind === undefined || typeof stackName !== "string" || stackName === "") {
        return null;
    }
    const words = rest.slice(typeof endpoint === "string" && endpoint !== "" ? 2 : 1);
    const tab = kind === "compose" ? "compose" : words[0] === "git" ? "git" : "deployments";
    return { tab, stackName, endpoint: typeof endpoint === "string" ? endpoint : "" };
}

export function addressOf(tab: Tab, { stackName, endpoint }: Pick<StackPlace, "stackName" | "endpoint">): string {
    const stack = encodeURIComponent(stackName);
    // Dockge's own links have the colon of "host:port" as it is.
    const agent = endpoint === "" ? "" : `/${encodeURIComponent(endpoint).replaceAll("%3A", ":")}`;
    return tab === "compose" ? `/compose/${stack}${agent}` : `/stacks/${stack}${agent}/${tab}`;
}

export function newFromGitAddress(endpoint: string): string {
    return endpoint === "" ? "/new-from-git" : `/new-from-git/${encodeURIComponent(endpoint).replaceAll("%3A", ":")}`;
}

export function stackAt(root: DockgeRoot, name: string, endpoint: string): DockgeStack | undefined {
    return root.completeStackList[`${name}_${endpoint}`];
}
