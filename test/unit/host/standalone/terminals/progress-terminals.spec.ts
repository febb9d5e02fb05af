import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ProgressTerminals } from "../../../../../backend/host/standalone/terminals/progress-terminals.ts";
import { FakeTerminalClient } from "../../../../fixtures/fake-terminals.ts";

const buffer = (terminals: ProgressTerminals) => {
    const client = new FakeTerminalClient();
    const text = terminals.join(client, "web");
    terminals.leave(client, "web");
    return text;
};

describe("ProgressTerminals", () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    it("shows an operation to who watches and to who comes later, and the next one to who has stayed", () => {
        const terminals = new ProgressTerminals(1000);
        const client = new FakeTerminalClient();
        expect(terminals.join(client, "web")).toBe("");
        terminals.open("web");
        terminals.write("web", "one\n");
        terminals.write("web", "two\r\n");
        terminals.exit("web", 1);
        expect(client.received).toEqual(["compose--web: one\r\n", "compose--web: two\r\n", "compose--web ended with 1"]);
        expect(buffer(terminals)).toBe("one\r\ntwo\r\n");
        vi.advanceTimersByTime(5000);
        terminals.open("web");
        terminals.write("web", "again\n");
        expect(client.received.at(-1)).toBe("compose--web: again\r\n");
    });

    it("is forgotten some time after the exit, not before", () => {
        const terminals = new ProgressTerminals(1000);
        terminals.open("web");
        terminals.write("web", "done\n");
        terminals.exit("web", 0);
        vi.advanceTimersByTime(999);
        expect(buffer(terminals)).toBe("done\r\n");
        vi.advanceTimersByTime(1);
        expect(terminals.size).toBe(0);
    });

    it("starts anew with the next operation, which the former one's end does not cut off", () => {
        const terminals = new ProgressTerminals(1000);
        terminals.open("web");
        terminals.write("web", "old\n");
        terminals.exit("web", 0);
        vi.advanceTimersByTime(500);
        terminals.open("web");
        terminals.write("web", "new\n");
        vi.advanceTimersByTime(5000);
        expect(buffer(terminals)).toBe("new\r\n");
    });

    it("forgets output that belongs to no operation when it has been silent for a while", () => {
        const terminals = new ProgressTerminals(1000);
        terminals.write("web", "build 1\n");
        vi.advanceTimersByTime(800);
        terminals.write("web", "build 2\n");
        vi.advanceTimersByTime(800);
        expect(buffer(terminals)).toBe("build 1\r\nbuild 2\r\n");
        vi.advanceTimersByTime(200);
        expect(terminals.size).toBe(0);
    });

    it("keeps nothing of connections that only looked in", () => {
        const terminals = new ProgressTerminals(1000);
        const client = new FakeTerminalClient();
        terminals.join(client, "web");
        client.goAway();
        expect(terminals.size).toBe(0);
        expect(client.listenerCount).toBe(0);
    });
});
