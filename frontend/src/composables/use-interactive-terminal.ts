import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { usePush, useServer } from "../server/server.ts";
import { toServerError, type ServerError } from "../server/server-error.ts";

/** `opening` until the program runs; `ended` when it has; `failed` when it could not start or the server has refused. */
export type TerminalState = "opening" | "open" | "ended" | "failed";

/** Longer pastes are sent in pieces that the server takes. */
const MAX_INPUT_LENGTH = 16_384;

export interface Screen {
    reset(): void;
    write(text: string): void;
    size(): { rows: number; columns: number };
}

export interface InteractiveTerminal {
    readonly state: Readonly<Ref<TerminalState>>;
    readonly exitCode: Readonly<Ref<number | null>>;
    readonly error: Readonly<ShallowRef<ServerError | null>>;
    /** Opens it (again). */
    readonly open: () => Promise<void>;
    readonly type: (text: string) => void;
    /** Tells the program the size of the screen. */
    readonly resize: () => void;
}

/** A program on the server that is typed to. Opened again by itself after a reconnect: the server keeps it for a minute. */
export function useInteractiveTerminal(name: string, begin: () => Promise<unknown>, screen: Screen): InteractiveTerminal {
    const server = useServer();
    const state = ref<TerminalState>("opening");
    const exitCode = ref<number | null>(null);
    const error = shallowRef<ServerError | null>(null);

    function ignore(): void {
        // Dockge answers neither of these when it succeeds.
    }

    function resize(): void {
        if (state.value === "open") {
            const { rows, columns } = screen.size();
            server.dockge("terminalResize", name, rows, columns).catch(ignore);
        }
    }

    async function open(): Promise<void> {
        state.value = "opening";
        exitCode.value = null;
        error.value = null;
        try {
            const { buffer } = await server.dockge("terminalJoin", name);
            screen.reset();
            screen.write(buffer);
            await begin();
            // It may have ended at once.
            if (exitCode.value === null) {
                state.value = "open";
                resize();
            }
        } catch (thrown) {
            error.value = toServerError(thrown);
            state.value = "failed";
        }
    }

    function type(text: string): void {
        if (state.value !== "open") {
            return;
        }
        for (let from = 0; from < text.length; from += MAX_INPUT_LENGTH) {
            server.dockge("terminalInput", name, text.slice(from, from + MAX_INPUT_LENGTH)).catch((thrown: unknown) => {
                const failure = toServerError(thrown);
                if (failure.code !== "NO_ANSWER" && failure.code !== "CONNECTION_LOST") {
                    error.value = failure;
                }
            });
        }
    }

    usePush(server, "terminalWrite", (terminal, text) => {
        if (terminal === name) {
            screen.write(text);
        }
    });
    usePush(server, "terminalExit", (terminal, code) => {
        if (terminal === name) {
            exitCode.value = code;
            state.value = "ended";
        }
    });
    watch(server.generation, () => {
        if (state.value !== "ended") {
            void open();
        }
    });
    onScopeDispose(() => void server.dockge("leaveTerminal", name).catch(ignore));
    return { state, exitCode, error, open, type, resize };
}
