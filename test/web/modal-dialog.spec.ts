import { mount } from "@vue/test-utils";
import { describe, expect, it } from "vitest";
import ModalDialog from "../../frontend/src/components/ModalDialog.vue";
import { surroundings } from "./fixtures/test-server.ts";

function open() {
    const page = mount(ModalDialog, { props: { title: "Take down?" }, attachTo: document.body, global: surroundings() });
    const dialog = document.querySelector("dialog");
    const send = (type: string, from: Element | null, detail = 1) => from?.dispatchEvent(new MouseEvent(type, { bubbles: true, detail }));
    return { page, dialog, inside: dialog?.querySelector("h2") ?? null, send };
}

describe("a dialog", () => {
    it("stays when the click that opened it was a double click", () => {
        const { page, dialog, send } = open();
        send("pointerdown", dialog, 2);
        send("click", dialog, 2);
        expect(page.emitted("close")).toBeUndefined();
        page.unmount();
    });

    it("closes with a click beside it, and not with a press that began in it", () => {
        const { page, dialog, inside, send } = open();
        send("pointerdown", inside);
        send("click", dialog);
        expect(page.emitted("close")).toBeUndefined();
        send("pointerdown", dialog);
        send("click", dialog);
        expect(page.emitted("close")).toHaveLength(1);
        page.unmount();
    });
});
