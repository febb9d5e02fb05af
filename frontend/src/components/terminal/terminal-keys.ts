import type { Terminal } from "@xterm/xterm";

const MODIFIERS: ReadonlySet<string> = new Set(["Shift", "Control", "Alt", "Meta"]);

/**
 * Keys that are the page's and not the program's: Escape and then Tab leaves the terminal, as it leaves the editors; with text selected
 * Ctrl+C copies it; Ctrl+V pastes. Ctrl+Shift+C and Ctrl+Shift+V do so always.
 */
export function keepPageKeys(terminal: Terminal, copy: (text: string) => void): void {
    let isLeaving = false;
    terminal.attachCustomKeyEventHandler((event) => {
        if (event.type !== "keydown" || MODIFIERS.has(event.key)) {
            return true;
        }
        const wasLeaving = isLeaving;
        isLeaving = event.key === "Escape";
        if (event.key === "Tab" && wasLeaving) {
            return false;
        }
        const letter = (event.ctrlKey || event.metaKey) && !event.altKey ? event.key.toLowerCase() : "";
        if (letter === "c" && (terminal.hasSelection() || event.shiftKey)) {
            copy(terminal.getSelection());
            terminal.clearSelection();
            event.preventDefault();
            return false;
        }
        // Left to the browser, which then hands us what is on the clipboard.
        return letter !== "v";
    });
}
