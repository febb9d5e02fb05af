import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LogFollowers, type LogPiece } from "../../../backend/host/log-followers.ts";

const TURN_MS = 50;
const SOME = 40 * 1024;

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
            const piece = { deploymentId: "d1", offset, text: "x".repeat(length), line: offset };
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

    it("sends of a log that is written too fast what has room in a turn, and the newest piece at the next one", () => {
        const { followers, connection, write, offsetsFor } = world();
        followers.join(connection("a"), "d1");
        for (let count = 0; count < 10; count += 1) {
            write(SOME);
        }
        expect(offsetsFor("a")).toEqual([0, SOME, 2 * SOME]);
        vi.advanceTimersByTime(TURN_MS);
        expect(offsetsFor("a")).toEqual([0, SOME, 2 * SOME, 9 * SOME]);
        vi.advanceTimersByTime(10 * TURN_MS);
        expect(offsetsFor("a")).toHaveLength(4);
        expect(vi.getTimerCount()).toBe(0);
    });

    it("sends a piece that is larger than a turn", () => {
        const { followers, connection, write, offsetsFor } = world();
        followers.join(connection("a"), "d1");
        write(1024 * 1024);
        write(10);
        vi.advanceTimersByTime(TURN_MS);
        expect(offsetsFor("a")).toEqual([0, 1024 * 1024]);
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
