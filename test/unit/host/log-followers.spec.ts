import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LogFollowers, type LogPiece } from "../../../backend/host/log-followers.ts";

const TURN_MS = 50;
/** A KiB. */
const LINE = `${"x".repeat(1023)}\n`;
const SOME = 40 * 1024;
const SOME_LINES = SOME / LINE.length;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Connection {
    id: string;
    isSlow: boolean;
}

/** What each connection was sent, and in how many sendings. */
function world() {
    const sent: { to: string[]; piece: LogPiece }[] = [];
    const followers = new LogFollowers<Connection>({ isFarBehind: ({ isSlow }) => isSlow, send: (connections, piece) => void sent.push({ to: connections.map(({ id }) => id), piece }) });
    let offset = 0;
    return {
        sent,
        followers,
        connection: (id: string): Connection => ({ id, isSlow: false }),
        write(length: number): LogPiece {
            const piece = { deploymentId: "d1", offset, text: length < LINE.length ? "x".repeat(length) : LINE.repeat(length / LINE.length), line: offset / LINE.length };
            offset += length;
            followers.publish(piece);
            return piece;
        },
        offsetsFor: (id: string) => sent.filter(({ to }) => to.includes(id)).map(({ piece }) => piece.offset),
    };
}

describe("LogFollowers", () => {
    it("sends a piece to all who follow that log at once, and to nobody else", () => {
        const { sent, followers, connection, write } = world();
        followers.join(connection("a"), "d1");
        followers.join(connection("b"), "d1");
        followers.join(connection("c"), "d2");
        const first = write(10);
        followers.leave("b", "d1");
        const second = write(10);
        expect(sent).toEqual([
            { to: ["a", "b"], piece: first },
            { to: ["a"], piece: second },
        ]);
        followers.leaveAll("a");
        write(10);
        expect(sent).toHaveLength(2);
    });

    it("says whether it has to be told when a connection goes", () => {
        const { followers, connection } = world();
        expect(followers.join(connection("a"), "d1")).toBe(true);
        expect(followers.join(connection("a"), "d2")).toBe(false);
        followers.leaveAll("a");
        expect(followers.join(connection("a"), "d1")).toBe(true);
    });

    it("sends of a log that is written too fast what has room, and the newest lines at each turn", () => {
        const { sent, followers, connection, write, offsetsFor } = world();
        followers.join(connection("a"), "d1");
        for (let count = 0; count < 10; count += 1) {
            write(SOME);
        }
        expect(offsetsFor("a")).toEqual([0, SOME, 2 * SOME]);
        vi.advanceTimersByTime(TURN_MS);
        expect(offsetsFor("a")).toEqual([0, SOME, 2 * SOME, 9 * SOME]);
        write(SOME);
        vi.advanceTimersByTime(TURN_MS);
        expect(sent.at(-1)?.piece).toMatchObject({ offset: 10 * SOME + 8 * 1024, line: 10 * SOME_LINES + 8 });
        expect(sent.at(-1)?.piece.text).toBe(LINE.repeat(32));
        vi.advanceTimersByTime(10 * TURN_MS);
        expect(sent).toHaveLength(5);
        expect(vi.getTimerCount()).toBe(0);
    });

    it("sends what comes at once after a while whole", () => {
        const { followers, connection, write, offsetsFor } = world();
        followers.join(connection("a"), "d1");
        for (let count = 0; count < 3; count += 1) {
            [0, 0, 0].forEach(() => write(SOME));
            vi.advanceTimersByTime(4 * TURN_MS);
        }
        expect(offsetsFor("a")).toEqual(Array.from({ length: 9 }, (_, count) => count * SOME));
    });

    it("tells the byte and the line at which the rest of a piece begins", () => {
        const { sent, followers, connection } = world();
        followers.join(connection("a"), "d1");
        const [left, kept] = ["ä\n😀\n", "€".repeat(100 * 1024)];
        followers.publish({ deploymentId: "d1", offset: 7, text: `${left}${kept}\nend\n`.repeat(2), line: 3 });
        vi.advanceTimersByTime(TURN_MS);
        const { text, ...place } = sent[0]?.piece ?? { text: "" };
        expect(text).toBe(`end\n${left}${kept}\nend\n`);
        expect(place).toEqual({ deploymentId: "d1", offset: 7 + Buffer.byteLength(`${left}${kept}\n`), line: 6 });
    });

    it("sends a line that is larger than a turn", () => {
        const { followers, connection, write, offsetsFor } = world();
        followers.join(connection("a"), "d1");
        followers.publish({ deploymentId: "d1", offset: 0, text: `${"x".repeat(1024 * 1024)}\n`, line: 0 });
        vi.advanceTimersByTime(TURN_MS);
        write(10);
        vi.advanceTimersByTime(TURN_MS);
        expect(offsetsFor("a")).toHaveLength(2);
    });

    it("tells a connection once that it is behind, and sends it no more until it joins again", () => {
        const { sent, followers, connection, write, offsetsFor } = world();
        const slow = connection("slow");
        followers.join(slow, "d1");
        followers.join(connection("quick"), "d1");
        write(10);
        slow.isSlow = true;
        write(10);
        slow.isSlow = false;
        write(10);
        expect(offsetsFor("quick")).toEqual([0, 10, 20]);
        expect(sent.filter(({ to }) => to.includes("slow")).map(({ piece }) => [piece.offset, piece.text.length])).toEqual([
            [0, 10],
            [20, 0],
        ]);
        followers.join(slow, "d1");
        write(10);
        expect(offsetsFor("slow")).toEqual([0, 20, 30]);
    });
});
