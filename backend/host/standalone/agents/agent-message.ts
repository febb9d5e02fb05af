import type { DockgeAgentPushes } from "../../../../common/dockge-wire.ts";
import { CONSOLE_TERMINAL } from "../../../../common/terminal-names.ts";
import type { PushName } from "../../../../common/wire.ts";

/** What an agent sends is a stranger's word: none of it may reach a browser as the word of this server or of another agent, or end this process. */

/** Far above everything that Dockge or we say. Socket.IO's encoder goes down into a message by calling itself, and its end is the process's end. */
const MAX_DEPTH = 64;

/** Pushes about one server, which name it in their payload. */
const ABOUT_A_SERVER: Record<PushName | "stackList", true> = { stackList: true, deploymentUpdated: true, deploymentLog: true, webhookEventReceived: true };
/** Pushes of terminals, which name the server in the terminal's name, and what follows the name. */
const OF_TERMINALS: Record<Exclude<keyof DockgeAgentPushes, "stackList">, "string" | "number"> = { terminalWrite: "string", terminalExit: "number" };
const TERMINAL_KINDS = ["compose", "combined", "container", "container-exec"];

export function isTooDeep(value: unknown): boolean {
    let level = [value];
    for (let depth = 0; level.length > 0; depth++) {
        if (depth > MAX_DEPTH) {
            return true;
        }
        level = level.flatMap((one) => (typeof one === "object" && one !== null && !ArrayBuffer.isView(one) ? (Object.values(one) as unknown[]) : []));
    }
    return false;
}

/**
 * An `agent` event of the agent's, as it may be handed on; null for what is not a push of Dockge's or ours, or of somebody else's terminal.
 * @param isConsoleOpen whether the browser has opened the agent's console: its name is the same on every server
 */
export function agentPush(args: unknown[], endpoint: string, isConsoleOpen: boolean): unknown[] | null {
    const [event, payload, rest] = args;
    if (typeof event !== "string") {
        return null;
    }
    if (Object.hasOwn(OF_TERMINALS, event)) {
        const isTheirs = typeof payload === "string" && (TERMINAL_KINDS.some((kind) => payload.startsWith(`${kind}-${endpoint}-`)) || (payload === CONSOLE_TERMINAL && isConsoleOpen));
        return isTheirs && typeof rest === OF_TERMINALS[event as keyof typeof OF_TERMINALS] ? [event, payload, rest] : null;
    }
    if (!Object.hasOwn(ABOUT_A_SERVER, event) || typeof payload !== "object" || payload === null) {
        return null;
    }
    return [event, { ...payload, endpoint }];
}
