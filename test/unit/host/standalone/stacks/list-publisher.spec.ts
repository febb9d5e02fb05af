import { describe, expect, it, vi } from "vitest";
import { ListPublisher } from "../../../../../backend/host/standalone/stacks/list-publisher.ts";
import type { Session } from "../../../../../backend/host/standalone/session.ts";
import type { StackList } from "../../../../../backend/host/standalone/stacks/stack-list.ts";
import { silentLogger } from "../../../../fixtures/rows.ts";

/** The list on every logged-in screen. */

function world() {
    const sent: string[] = [];
    const state = { name: "a", asked: 0, sessions: [] as Session[] };
    const session = { user: { id: 1 }, endpoint: "", pushAgent: (_event: string, push: object) => sent.push(JSON.stringify(push).includes('"a"') ? "a" : "b") } as unknown as Session;
    const list = { list: () => ((state.asked += 1), Promise.resolve([{ name: state.name, status: 3, isManaged: true, composeFileName: "compose.yaml", git: null }])) } as unknown as StackList;
    const publisher = new ListPublisher({ list, audience: () => state.sessions, logger: silentLogger });
    const changed = async (name: string) => {
        state.name = name;
        publisher.poke();
        await vi.advanceTimersByTimeAsync(1000);
    };
    return { sent, state, session, publisher, changed };
}

describe("the list on every screen", () => {
    it("is not even made while nobody is logged in, and is right for who comes later", async () => {
        vi.useFakeTimers();
        const { sent, state, session, publisher, changed } = world();
        state.sessions = [session];
        await changed("a");
        state.sessions = [];
        await changed("b");
        expect(state.asked).toBe(1);
        state.sessions = [session];
        await publisher.sendTo(session);
        // The list as it was sent to everybody last; but this one has got another since.
        await changed("a");
        expect(sent).toEqual(["a", "b", "a"]);
        vi.useRealTimers();
    });
});
