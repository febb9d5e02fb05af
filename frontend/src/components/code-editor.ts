import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { tags } from "@lezer/highlight";
import { basicSetup, EditorView } from "codemirror";

export interface OpenEditor {
    setText(text: string): void;
    /** Puts the cursor there and shows it. Both count from 1; what lies outside of the text is taken as its nearest place. */
    goTo(line: number, column: number): void;
    configure(isDark: boolean, isReadOnly: boolean): void;
    close(): void;
}

/** Colours come from the page's theme, so that light and dark are both readable. */
const HIGHLIGHT = HighlightStyle.define([
    { tag: [tags.propertyName, tags.definition(tags.propertyName), tags.keyword], color: "var(--accent)" },
    { tag: [tags.string, tags.content], color: "var(--text)" },
    { tag: [tags.number, tags.bool, tags.null], color: "var(--wait)" },
    { tag: [tags.comment, tags.lineComment], color: "var(--muted)", fontStyle: "italic" },
    { tag: [tags.labelName, tags.typeName, tags.meta], color: "var(--good)" },
]);

/** `NAME=value` lines with comments; enough of the shell to tell words from comments. */
const NAMES = StreamLanguage.define<{ isStart: boolean }>({
    startState: () => ({ isStart: true }),
    token(stream, state) {
        if (stream.sol()) {
            state.isStart = true;
        }
        if (stream.eatSpace()) {
            return null;
        }
        if (stream.peek() === "#") {
            stream.skipToEnd();
            return "comment";
        }
        if (state.isStart && stream.match(/^(export\s+)?[A-Za-z_][A-Za-z0-9_]*(?==)/)) {
            state.isStart = false;
            return "propertyName";
        }
        state.isStart = false;
        stream.eatWhile(/[^#\s]/);
        return null;
    },
});

function look(isDark: boolean): Extension {
    return EditorView.theme(
        {
            "&": { color: "var(--text)", backgroundColor: "var(--editor-bg, var(--inset))", fontSize: "14px" },
            ".cm-content": { fontFamily: "var(--mono)", caretColor: "var(--strong)", padding: "10px 0" },
            ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", minHeight: "120px", maxHeight: "70vh" },
            ".cm-gutters": { backgroundColor: "var(--editor-bg, var(--inset))", color: "var(--muted)", border: "none" },
            ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--accent) 4%, transparent)" },
            ".cm-cursor": { borderLeftColor: "var(--strong)" },
            "&.cm-focused": { outline: "none" },
            "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--accent) 30%, transparent) !important" },
        },
        { dark: isDark },
    );
}

const access = (isReadOnly: boolean): Extension => [EditorState.readOnly.of(isReadOnly)];

export function openEditor(options: {
    parent: HTMLElement;
    text: string;
    language: "yaml" | "env" | "shell";
    label: string;
    isDark: boolean;
    isReadOnly: boolean;
    onChange(text: string): void;
}): OpenEditor {
    const theme = new Compartment();
    const mode = new Compartment();
    const view = new EditorView({
        parent: options.parent,
        state: EditorState.create({
            doc: options.text,
            extensions: [
                basicSetup,
                options.language === "yaml" ? yaml() : NAMES,
                syntaxHighlighting(HIGHLIGHT),
                EditorView.contentAttributes.of({ tabindex: "0", "aria-label": options.label }),
                theme.of(look(options.isDark)),
                mode.of(access(options.isReadOnly)),
                EditorView.updateListener.of((update) => {
                    if (update.docChanged) {
                        options.onChange(update.state.doc.toString());
                    }
                }),
            ],
        }),
    });
    return {
        setText(text) {
            if (text !== view.state.doc.toString()) {
                view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
            }
        },
        goTo(line, column) {
            const { doc } = view.state;
            const at = doc.line(Math.min(Math.max(line, 1), doc.lines));
            const position = Math.min(at.from + Math.max(column - 1, 0), at.to);
            view.dispatch({ selection: { anchor: position }, effects: EditorView.scrollIntoView(position, { y: "center" }) });
            view.focus();
        },
        configure: (isDark, isReadOnly) => view.dispatch({ effects: [theme.reconfigure(look(isDark)), mode.reconfigure(access(isReadOnly))] }),
        close: () => view.destroy(),
    };
}
