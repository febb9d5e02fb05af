import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ListPublisher } from "../../../../../backend/host/standalone/stacks/list-publisher.ts";
import type { ListedStack } from "../../../../../backend/host/standalone/stacks/stack-list.ts";
import type { Session } from "../../../../../backend/host/standalone/session.ts";
import { silentLogger } from "../../../../fixtures/rows.ts";

/** The list on every logged-in screen. */

const listOf = (name: string): readonly ListedStack[] => [{ name, status: 3, isManaged: true, composeFileName: "compose.yaml", git: null }];
const aSession = (endpoint = "") => ({ user: { id: 1 }, endpoint }) as unknown as Session;

function world() {
    const sent: { to: number; names: string[]; endpoint: string }[] = [];
    const state = { list: listOf("a"), found: listOf("a"), asked: 0, sessions: [] as Session[] };
    const list = { list: () => ((state.asked += 1), Promise.resolve(state.list)), verify: () => Promise.resolve(void (state.list = state.found)) };
    const publisher = new ListPublisher({
        list,
        audience: () => state.sessions,
        send: (sessions, { stackList, endpoint }) => sent.push({ to: sessions.length, names: Object.keys(stackList), endpoint }),
        logger: silentLogger,
    });
    const changed = async (now = state.list) => {
        state.list = now;
        publisher.poke();
        await vi.advanceTimersByTimeAsync(1000);
    };
    return { sent, state, publisher, changed };
}

describe("the list on every screen", () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    it("is not even made while nobody is logged in, and is right for who comes later", async () => {
        const { sent, state, publisher, changed } = world();
        const session = aSession();
        state.sessions = [session];
        await changed();
        state.sessions = [];
        await changed(listOf("b"));
        expect(state.asked).toBe(1);
        state.sessions = [session];
        await publisher.sendTo(session);
        await changed(listOf("a"));
        expect(sent.map(({ names }) => names.join())).toEqual(["a", "b", "a"]);
    });

    it("is sent to those alone who do not have it, in one go to all that call this server alike", async () => {
        const { sent, state, publisher, changed } = world();
        const [asking, other, hub] = [aSession(), aSession(), aSession("hub:5001")];
        state.sessions = [asking, other, hub];
        await publisher.sendTo(asking);
        await changed();
        expect(sent).toEqual([
            { to: 1, names: ["a"], endpoint: "" },
            { to: 1, names: ["a"], endpoint: "" },
            { to: 1, names: ["a"], endpoint: "hub:5001" },
        ]);
        await changed(listOf("b"));
        expect(sent.slice(3)).toEqual([
            { to: 2, names: ["b"], endpoint: "" },
            { to: 1, names: ["b"], endpoint: "hub:5001" },
        ]);
    });

    it("is put right by a look at everything that found what nobody had told", async () => {
        const { sent, state, publisher } = world();
        const session = aSession();
        state.sessions = [session];
        state.found = listOf("by-hand");
        await publisher.sendTo(session);
        publisher.verify();
        publisher.verify();
        await vi.advanceTimersByTimeAsync(1000);
        expect(sent.map(({ names }) => names.join())).toEqual(["a", "by-hand"]);
    });

    it("reaches a connection that was sent an older one while it changed", async () => {
        const { sent, state, publisher } = world();
        const session = aSession();
        state.sessions = [session];
        const sending = publisher.sendTo(session);
        state.list = listOf("b");
        await sending;
        await vi.advanceTimersByTimeAsync(1000);
        expect(sent.map(({ names }) => names.join())).toEqual(["a", "b"]);
    });
});
