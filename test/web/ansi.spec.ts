import { mount } from "@vue/test-utils";
import { describe, expect, it } from "vitest";
import AnsiText from "../../frontend/src/components/AnsiText.vue";
import { ansiSpans, markSpans, plainText } from "../../frontend/src/log/ansi.ts";
import { TerminalText } from "../../frontend/src/log/terminal-text.ts";

describe("ansiSpans", () => {
    it("turns colours into classes and drops every other control sequence", () => {
        expect(ansiSpans("\x1b[1;31mfailed\x1b[0m: \x1b]0;title\x07\x1b[2Kwhy\x1b[38;5;40m!")).toEqual([
            { text: "failed", classes: ["ansi-red", "ansi-bold"] },
            { text: ": why", classes: [] },
            { text: "!", classes: ["ansi-green"] },
        ]);
        expect(plainText("\x1b[36mweb-1 |\x1b[0m up")).toBe("web-1 | up");
    });

    it("marks what is searched for across the borders of colours", () => {
        const marked = markSpans(ansiSpans("an \x1b[31mERR\x1b[0mOR here"), "error");
        expect(marked.filter(({ isHit }) => isHit).map(({ text }) => text)).toEqual(["ERR", "OR"]);
    });

    it("never makes markup of a log line", () => {
        const wrapper = mount(AnsiText, { props: { text: "<img src=x onerror=alert(1)> \x1b[31m<b>", query: "img" } });
        expect(wrapper.find("img").exists()).toBe(false);
        expect(wrapper.findAll("span, mark").map(({ element }) => element.textContent).join("")).toBe("<img src=x onerror=alert(1)> <b>");
        expect(wrapper.find("mark").text()).toBe("img");
    });
});

describe("TerminalText", () => {
    it("redraws progress in place", () => {
        const terminal = new TerminalText(100);
        terminal.write(" Container web  Creating\r\n Container db  Creating\r\n");
        terminal.write("\x1b[2A\x1b[2K Container web  Started\r\n\x1b[2K Container db  Started\r\n");
        expect(terminal.lines.filter((row) => row !== "")).toEqual([" Container web  Started", " Container db  Started"]);
    });

    it("keeps the end of a long output", () => {
        const terminal = new TerminalText(3);
        terminal.write("1\n2\n3\n4\n5");
        expect(terminal.lines).toEqual(["3", "4", "5"]);
    });
});
