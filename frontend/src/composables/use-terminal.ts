import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { TerminalText } from "../log/terminal-text.ts";
import { usePush, useServer } from "../server/server.ts";

const MAX_LINES = 2_000;
const SHOW_EVERY_MS = 50;

export interface TerminalOutputOf {
    readonly lines: ShallowRef<string[]>;
    /** Lines that came before the first of `lines` and are not kept. */
    readonly droppedLines: Ref<number>;
    readonly exitCode: Ref<number | null>;
    readonly clear: () => void;
}

/**
 * The output of one of Dockge's terminals, with what it has said before we came.
 * @param begin makes the server print it; for terminals that are there without us, nothing has to be done
 */
export function useTerminal(name: () => string, begin: () => Promise<unknown> = () => Promise.resolve()): TerminalOutputOf {
    const server = useServer();
    const lines = shallowRef<string[]>([]);
    const droppedLines = ref(0);
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
            droppedLines.value = text.droppedLines;
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
            const joined = name();
            begin()
                .then(() => server.dockge("terminalJoin", joined))
                .then(({ buffer }) => {
                    if (name() !== joined) {
                        return;
                    }
                    const later = text;
                    text = new TerminalText(MAX_LINES);
                    text.write(buffer);
                    // What was pushed while we asked is part of the buffer already.
                    if (buffer === "") {
                        text = later;
                    }
                    show();
                })
                .catch(() => undefined);
        },
        { immediate: true },
    );
    onScopeDispose(() => clearTimeout(timer));
    return { lines, droppedLines, exitCode, clear };
}
