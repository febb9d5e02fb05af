import type { Agent } from "../../composables/use-agents.ts";
import type { StackSummary } from "../../server/dockge-wire.ts";

/** A row of the list: a stack, or above the stacks of each server what it is called. */
export type StackRow = { kind: "server"; key: string; agent: Agent | null; count: number } | { kind: "stack"; key: string; stack: StackSummary };

/** Without agents there is nothing to tell apart, so that there are no headings. `stacks` are in the order in which they are shown on their server. */
export function stackRows(stacks: readonly StackSummary[], agents: readonly Agent[]): StackRow[] {
    const rowOf = (stack: StackSummary): StackRow => ({ kind: "stack", key: `${stack.name} ${stack.endpoint}`, stack });
    if (agents.length === 0) {
        return stacks.filter(({ endpoint }) => endpoint === "").map(rowOf);
    }
    return [null, ...agents].flatMap((agent): StackRow[] => {
        const endpoint = agent?.endpoint ?? "";
        const own = stacks.filter((stack) => stack.endpoint === endpoint);
        return [{ kind: "server", key: `server ${endpoint}`, agent, count: own.length }, ...own.map(rowOf)];
    });
}
