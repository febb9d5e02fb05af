import { describe, expect, it } from "vitest";
import { TerminalStream } from "../../../../../backend/host/standalone/terminals/terminal-stream.ts";
import { FakeTerminalClient } from "../../../../fixtures/fake-terminals.ts";

const KEPT_LENGTH = 256 * 1024;

function open() {
    const holds: boolean[] = [];
    const audience: number[] = [];
    const stream = new TerminalStream({ nameFor: (endpoint) => `t-${endpoint}`, onHold: (isHeld) => holds.push(isHeld), onAudience: (count) => audience.push(count) });
    return { stream, holds, audience, client: new FakeTerminalClient() };
}

describe("TerminalStream", () => {
    it("gives every character once: before the join in its answer, after it as a push, under the name that each connection knows", () => {
        const { stream, client } = open();
        const hub = new FakeTerminalClient("host:1");
        stream.write("one ");
        expect(stream.join(client)).toBe("one ");
        stream.write("two ");
        expect(stream.join(hub)).toBe("one two ");
        stream.write("three");
        expect(client.received).toEqual(["t-: two ", "t-: three"]);
        expect(hub.received).toEqual(["t-host:1: three"]);
    });

    it("keeps key presses and not only the last hundred chunks, and never more than 256 Ki characters or a hundred long chunks", () => {
        const { stream } = open();
        for (let key = 0; key < 1000; key += 1) {
            stream.write("k");
        }
        expect(stream.text).toBe("k".repeat(1000));
        for (let line = 0; line < 300; line += 1) {
            stream.write(`${String(line).padEnd(2000, ".")}\n`);
        }
        expect(stream.text.length).toBeLessThanOrEqual(100 * 2001);
        expect(stream.text.endsWith(`${"299".padEnd(2000, ".")}\n`)).toBe(true);
        stream.write("x".repeat(3 * KEPT_LENGTH));
        expect(stream.text).toBe("x".repeat(KEPT_LENGTH));
    });

    it("sends a slow connection the rest when there is room, and says what it has missed, while others get everything", () => {
        const { stream, client } = open();
        const slow = new FakeTerminalClient();
        stream.join(client);
        stream.join(slow);
        slow.isCongested = true;
        stream.write("a");
        stream.write("b");
        expect(slow.received).toEqual([]);
        slow.drain();
        expect(slow.received).toEqual(["t-: a", "t-: b"]);
        slow.isCongested = true;
        for (let at = 0; at < 500; at += 1) {
            stream.write(`${at} `.padEnd(3000, "."));
        }
        slow.drain();
        expect(slow.received[2]).toContain("left out");
        expect(slow.received.at(-1)).toContain("499 ");
        expect(slow.received.length).toBeLessThan(110);
        expect(client.received).toHaveLength(502);
    });

    it("holds the source up only when nobody keeps up, and lets it go on when somebody does or has left", () => {
        const { stream, client, holds } = open();
        const slow = new FakeTerminalClient();
        stream.join(client);
        stream.join(slow);
        slow.isCongested = true;
        stream.write("x".repeat(200_000));
        expect(holds).toEqual([]);
        client.isCongested = true;
        stream.write("x".repeat(200_000));
        expect(holds).toEqual([true]);
        client.drain();
        expect(holds).toEqual([true, false]);
        client.isCongested = true;
        stream.write("x".repeat(200_000));
        client.goAway();
        slow.goAway();
        expect(holds).toEqual([true, false, true, false]);
        expect(stream.watcherCount).toBe(0);
    });

    it("tells of the end after the last output, also late, and lets go of everybody", () => {
        const { stream, client, audience } = open();
        stream.join(client);
        client.isCongested = true;
        stream.write("last words");
        stream.exit(3, true);
        expect(client.received).toEqual([]);
        client.drain();
        expect(client.received).toEqual(["t-: last words", "t- ended with 3"]);
        expect(audience).toEqual([1, 0]);
        expect(client.listenerCount).toBe(0);
    });
});
