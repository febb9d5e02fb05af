import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { TerminalText } from "../log/terminal-text.ts";
import { usePush, useServer } from "../server/server.ts";

const MAX_LINES = 2_000;
const SHOW_EVERY_MS = 50;

/** The output of one of Dockge's terminals, with what it has said before we came. */
export function useTerminal(name: () => string): { lines: ShallowRef<string[]>; exitCode: Ref<number | null>; clear: () => void } {
    const server = useServer();
    const lines = shallowRef<string[]>([]);
    const exitCode = ref<number | null>(null);
    let text = new TerminalText(MAX_LINES);
    let timer: ReturnType<typeof setTimeout> | undefined;

    function show(): void {
        timer ??= setTimeout(() => {
            timer = undefined;
            const all = text.lines.slice();
            while (all.length > 0 && all.at(-1)?.trim() === "") {
                all.pop();
            }
            lines.value = all;
        }, SHOW_EVERY_MS);
    }

    function clear(): void {
        text = new TerminalText(MAX_LINES);
        exitCode.value = null;
        lines.value = [];
    }

    usePush(server, "terminalWrite", (terminal, piece) => {
        if (terminal === name()) {
            exitCode.value = null;
            text.write(piece);
            show();
        }
    });
    usePush(server, "terminalExit", (terminal, code) => {
        if (terminal === name()) {
            exitCode.value = code;
        }
    });
    watch(
        [name, server.generation],
        () => {
            clear();
            server.dockge("terminalJoin", name()).then(
                ({ buffer }) => {
                    const later = text;
                    text = new TerminalText(MAX_LINES);
                    text.write(buffer);
                    // What was pushed while we asked is part of the buffer already.
                    if (buffer === "") {
                        text = later;
                    }
                    show();
                },
                () => undefined,
            );
        },
        { immediate: true },
    );
    onScopeDispose(() => clearTimeout(timer));
    return { lines, exitCode, clear };
}
