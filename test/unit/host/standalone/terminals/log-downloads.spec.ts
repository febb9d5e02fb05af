import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LogDownloads } from "../../../../../backend/host/standalone/terminals/log-downloads.ts";
import { FakeTerminalClient, FakeTerminals } from "../../../../fixtures/fake-terminals.ts";

const OPTIONS = { hasTimestamps: true, tail: null };

function world(pieces: string[]) {
    const fake = new FakeTerminals();
    fake.logs.set("id", pieces);
    let count = 0;
    return { fake, client: new FakeTerminalClient(), downloads: new LogDownloads(fake, { uuid: () => `download-${(count += 1)}` }) };
}

async function readAll(downloads: LogDownloads, client: FakeTerminalClient, id: string): Promise<string[]> {
    const pieces: string[] = [];
    for (;;) {
        const { text, isEnd } = await downloads.read(client, id);
        pieces.push(text);
        if (isEnd) {
            return pieces;
        }
    }
}

describe("LogDownloads", () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    it("hands a log out whole, in pieces of bounded length that never cut a character, and is closed at its end", async () => {
        const whole = Array.from({ length: 40 }, (_, at) => `${at} ${"😀".repeat(20_000)}\n`);
        const { downloads, client, fake } = world(whole);
        const pieces = await readAll(downloads, client, downloads.open(client, "id", OPTIONS));
        expect(pieces.join("") === whole.join("")).toBe(true);
        expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(256 * 1024);
        expect(pieces.every((piece) => Buffer.from(piece).toString() === piece)).toBe(true);
        expect(fake.logReads[0]?.options).toMatchObject({ hasTimestamps: true, tail: null, isFollowed: false });
        expect(downloads.size).toBe(0);
        expect(client.listenerCount).toBe(0);
    });

    it("is given up when its connection has gone, or has asked for nothing for a minute", async () => {
        const { downloads, client } = world(["a"]);
        const other = new FakeTerminalClient();
        downloads.open(client, "id", OPTIONS);
        const id = downloads.open(other, "id", OPTIONS);
        client.goAway();
        expect(downloads.size).toBe(1);
        vi.advanceTimersByTime(60_000);
        expect(downloads.size).toBe(0);
        await expect(downloads.read(other, id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    });

    it("belongs to the connection that has opened it, which may open four", async () => {
        const { downloads, client } = world(["a"]);
        const ids = Array.from({ length: 4 }, () => downloads.open(client, "id", OPTIONS));
        expect(() => downloads.open(client, "id", OPTIONS)).toThrow(expect.objectContaining({ code: "TOO_MANY_REQUESTS" }));
        const stranger = new FakeTerminalClient();
        await expect(downloads.read(stranger, ids[0] ?? "")).rejects.toMatchObject({ code: "NOT_FOUND" });
        downloads.close(stranger, ids[0] ?? "");
        expect(downloads.size).toBe(4);
        downloads.closeAll();
        expect(downloads.size).toBe(0);
    });
});
