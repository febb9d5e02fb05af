import type { ITheme } from "@xterm/xterm";

const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;

/** The page's own colours, as they are now. */
export function terminalTheme(): ITheme {
    const style = getComputedStyle(document.documentElement);
    const value = (name: string): string => style.getPropertyValue(name).trim();
    const theme: Record<string, string> = {
        background: value("--log-bg"),
        foreground: value("--text"),
        cursor: value("--accent"),
        cursorAccent: value("--log-bg"),
        selectionBackground: value("--row-active"),
        selectionForeground: value("--strong"),
    };
    for (const name of COLOURS) {
        theme[name] = value(`--ansi-${name}`);
        theme[`bright${name.charAt(0).toUpperCase()}${name.slice(1)}`] = value(`--ansi-${name}`);
    }
    return theme;
}
