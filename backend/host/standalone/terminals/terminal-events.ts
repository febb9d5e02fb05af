import { CONSOLE_TERMINAL } from "../../../../common/terminal-names.ts";
import type { terminalEvents, terminalStackEvents } from "../../../../common/terminal-wire.ts";
import { DeployError } from "../../../domain/errors.ts";
import { requireStackFolderName } from "../../stacks/stack-name.ts";
import { NO_ANSWER, type EventHandlers } from "../dispatcher.ts";
import type { Terminals } from "./terminals.ts";

/** Dockge's events of terminals that name their stack, and what we add to them. Names were checked before. */
export function terminalStackHandlers({ logs, interactive, downloads }: Terminals): EventHandlers<typeof terminalStackEvents> {
    return {
        interactiveTerminal: async ([stack, service, shell], session) => {
            await interactive.openShell(session, session.hostUser, stack, service, shell);
            return { ok: true };
        },
        leaveCombinedTerminal: ([stack], session) => {
            logs.leaveCombined(session, stack);
            return Promise.resolve({ ok: true });
        },
        containerLog: async ([stack, container], session) => ({ ok: true, ...(await logs.joinContainer(session, stack, container)) }),
        openContainerLog: async ([stack, container, options], session) => {
            const { id } = await logs.requireContainer(stack, container);
            return { ok: true, logId: downloads.open(session, id, { hasTimestamps: options?.hasTimestamps ?? false, tail: options?.tail ?? null }) };
        },
    };
}

/** Dockge's events that name a terminal. */
export function terminalHandlers(terminals: Terminals): EventHandlers<typeof terminalEvents> {
    const { progress, logs, interactive, downloads } = terminals;
    return {
        terminalJoin: async ([name], session) => {
            const { kind, stack } = parseTerminalName(name, session.endpoint);
            switch (kind) {
                case "compose":
                    return { ok: true, buffer: progress.join(session, stack) };
                case "combined":
                    return { ok: true, buffer: await logs.joinCombined(session, stack) };
                case "other":
                    return { ok: true, buffer: terminals.watch(session, name) };
            }
        },
        terminalInput: ([name, text], session) => {
            interactive.input(session, name, text);
            // Dockge's page takes any answer to what is typed for a failure.
            return Promise.resolve(NO_ANSWER);
        },
        terminalResize: ([name, rows, columns], session) => {
            interactive.resize(session, name, { rows, columns });
            return Promise.resolve({ ok: true });
        },
        mainTerminal: async (_args, session) => {
            await interactive.openConsole(session, session.hostUser);
            return { ok: true };
        },
        // Not an error, and nothing to be told of: whether the page has a console to show.
        checkMainTerminal: () => Promise.resolve({ ok: interactive.isConsoleEnabled }),
        leaveTerminal: ([name], session) => {
            const { kind, stack } = parseTerminalName(name, session.endpoint);
            if (kind === "compose") {
                progress.leave(session, stack);
            } else {
                terminals.leave(session, name);
            }
            return Promise.resolve({ ok: true });
        },
        readContainerLog: async ([id], session) => ({ ok: true, ...(await downloads.read(session, id)) }),
        closeContainerLog: ([id], session) => {
            downloads.close(session, id);
            return Promise.resolve({ ok: true });
        },
    };
}

/** @throws STACK_NAME_INVALID, INPUT_INVALID for what is the name of no terminal */
function parseTerminalName(name: string, endpoint: string): { kind: "compose" | "combined" | "other"; stack: string } {
    for (const kind of ["compose", "combined"] as const) {
        const prefix = `${kind}-${endpoint}-`;
        if (name.startsWith(prefix)) {
            return { kind, stack: requireStackFolderName(name.slice(prefix.length)) };
        }
    }
    if (name === CONSOLE_TERMINAL || name.startsWith(`container-${endpoint}-`) || name.startsWith(`container-exec-${endpoint}-`)) {
        return { kind: "other", stack: "" };
    }
    throw new DeployError("INPUT_INVALID", "There is no terminal of this name.");
}
