import { flushPromises, mount } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { defineComponent } from "vue";
import { formatLogLine } from "../../common/log-line.ts";
import { useDeploymentLog, type OpenLog } from "../../frontend/src/composables/use-deployment-log.ts";
import { byteLength, LogBuffer } from "../../frontend/src/log/log-buffer.ts";
import { surroundings, TestServer } from "./fixtures/test-server.ts";

const line = (text: string): string => `${formatLogLine({ time: "2026-01-31T10:00:00.000Z", step: "build", stream: "out", level: "info", text })}\n`;

describe("LogBuffer", () => {
    it("takes each byte once, whatever the pieces and however they overlap, also inside of characters of several bytes", () => {
        const whole = [line("grün"), line("日本語"), line("last")].join("");
        const buffer = new LogBuffer(100);
        const bytes = new TextEncoder().encode(whole);
        const text = (from: number, to: number): string => new TextDecoder().decode(bytes.subarray(from, to));
        const cut = byteLength(line("grün")) + 5;
        expect(buffer.append(text(0, cut), 0)).toBe(true);
        expect(buffer.append(text(0, cut), 0)).toBe(true);
        expect(buffer.append(text(10, bytes.length), 10)).toBe(true);
        expect(buffer.snapshot().map((entry) => entry.text)).toEqual(["grün", "日本語", "last"]);
        expect(buffer.offset).toBe(bytes.length);
        expect(buffer.snapshot()[2]?.offset).toBe(byteLength(line("grün") + line("日本語")));
    });

    it("refuses what comes after a gap and keeps no more lines than it may", () => {
        const buffer = new LogBuffer(2);
        expect(buffer.append("later", 10)).toBe(false);
        buffer.append(line("1") + line("2") + line("3"), 0);
        expect(buffer.snapshot().map((entry) => entry.text)).toEqual(["2", "3"]);
        expect(buffer.droppedLines).toBe(1);
    });
});

describe("useDeploymentLog", () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    /** The file at the server, answered in pieces of at most `most` bytes. */
    function open(file: { text: string; isComplete: boolean }, most = 1_000_000) {
        const world = new TestServer();
        world.answers["joinDeploymentLog"] = (_id: string, offset: number) => {
            const bytes = new TextEncoder().encode(file.text).subarray(offset, offset + most);
            return { text: new TextDecoder().decode(bytes), offset: offset + bytes.length, isComplete: file.isComplete };
        };
        let log!: OpenLog;
        const Host = defineComponent({ setup: () => void (log = useDeploymentLog(() => "d1")), render: () => null });
        const wrapper = mount(Host, { global: surroundings(world) });
        const texts = async (): Promise<string[]> => {
            await flushPromises();
            await vi.advanceTimersByTimeAsync(50);
            return log.lines.value.map((entry) => entry.text);
        };
        return { world, wrapper, texts, log: () => log };
    }

    it("reads a long log in pieces, then goes on live", async () => {
        const file = { text: line("one") + line("two") + line("three"), isComplete: false };
        const { world, texts } = open(file, byteLength(line("one")) + 7);
        expect(await texts()).toEqual(["one", "two", "three"]);
        world.push("deploymentLog", { deploymentId: "d1", offset: byteLength(file.text), text: line("four") });
        world.push("deploymentLog", { deploymentId: "other", offset: 0, text: line("not ours") });
        expect(await texts()).toEqual(["one", "two", "three", "four"]);
    });

    it("misses and repeats nothing when the connection was away", async () => {
        const file = { text: line("one"), isComplete: false };
        const { world, texts } = open(file);
        await texts();
        file.text += line("while away");
        world.generation.value += 1;
        world.push("deploymentLog", { deploymentId: "d1", offset: byteLength(file.text), text: line("pushed after a gap") });
        file.text += line("pushed after a gap");
        expect(await texts()).toEqual(["one", "while away", "pushed after a gap"]);
        expect(world.callsOf("joinDeploymentLog")[2]?.[1]).toBeGreaterThan(0);
    });

    it("shows the last line of a complete log without its line end, and leaves when it is closed", async () => {
        const { world, wrapper, texts, log } = open({ text: `${line("one")}${line("cut").slice(0, -1)}`, isComplete: true });
        expect(await texts()).toEqual(["one", "cut"]);
        expect(log().isComplete.value).toBe(true);
        wrapper.unmount();
        expect(world.callsOf("leaveDeploymentLog")).toEqual([["d1"]]);
        expect(world.listenerCount).toBe(0);
    });
});
