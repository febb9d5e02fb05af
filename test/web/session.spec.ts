import { flushPromises, mount } from "@vue/test-utils";
import { ref } from "vue";
import { beforeEach, describe, expect, it, vi } from "vitest";
import App from "../../frontend/src/App.vue";
import { createSession, SESSION } from "../../frontend/src/composables/use-session.ts";
import { useUnsavedChanges } from "../../frontend/src/composables/use-unsaved-changes.ts";
import type { Connection } from "../../frontend/src/server/connection.ts";
import { readAnswer } from "../../frontend/src/server/read-answer.ts";
import { ServerError } from "../../frontend/src/server/server-error.ts";
import { surroundings } from "./fixtures/test-server.ts";

const over = () => Promise.reject(new ServerError("TOKEN_INVALID", "You are no longer logged in."));

/** A connection of which a test writes the answers and raises the events. */
function connectionWith(answers: Record<string, (...args: never[]) => unknown>) {
    const handlers = new Map<string, () => void>();
    const calls: unknown[][] = [];
    const connection = {
        direct: async (event: string, ...args: unknown[]) => {
            calls.push([event, ...args]);
            return await (answers[event] as ((...args: unknown[]) => unknown) | undefined)?.(...args);
        },
        onLifecycle: (event: string, handler: () => void) => handlers.set(event, handler),
        onDirect: () => () => undefined,
        markReady: () => undefined,
        reopen: () => calls.push(["reopen"]),
        generation: ref(0),
    } as unknown as Connection;
    return { connection, calls, raise: (event: string) => handlers.get(event)?.() };
}

describe("a session of the page", () => {
    beforeEach(() => {
        localStorage.clear();
        sessionStorage.clear();
    });

    it("is not there yet while a code is needed", async () => {
        const { connection } = connectionWith({ login: ({ token }: { token: string }) => (token === "" ? readAnswer({ tokenRequired: true }, "login") : { token: "kept" }) });
        const session = createSession(connection);
        expect(await session.logIn("ann", "secret-1", true)).toBe(false);
        expect([session.state.value, localStorage.getItem("token")]).toEqual(["starting", null]);
        expect(await session.logIn("ann", "secret-1", true, "123456")).toBe(true);
        expect([session.state.value, localStorage.getItem("token")]).toEqual(["ready", "kept"]);
    });

    it("keeps the token that takes the place of one that Dockge made, where that one was", async () => {
        localStorage.setItem("remember", "0");
        sessionStorage.setItem("token", "from Dockge");
        const { connection, raise } = connectionWith({ loginByToken: () => ({ token: "ours" }) });
        const session = createSession(connection);
        raise("connect");
        await flushPromises();
        expect([session.state.value, sessionStorage.getItem("token"), localStorage.getItem("token")]).toEqual(["ready", "ours", null]);
    });

    it("tries the token that another tab has got meanwhile, and asks for a log-in when there is none", async () => {
        localStorage.setItem("token", "before");
        const { connection, calls, raise } = connectionWith({
            loginByToken: (token: string) => {
                if (token === "after") {
                    return {};
                }
                localStorage.setItem("token", "after");
                return over();
            },
        });
        const session = createSession(connection);
        raise("connect");
        await flushPromises();
        expect(calls).toEqual([["loginByToken", "before"], ["loginByToken", "after"]]);
        expect(session.state.value).toBe("ready");

        const refused = connectionWith({ loginByToken: over });
        const other = createSession(refused.connection);
        refused.raise("connect");
        await flushPromises();
        expect([other.state.value, localStorage.getItem("token")]).toEqual(["login", null]);
    });

    it("is the person's whose token another tab has got", async () => {
        const tokenOf = (username: string) => `head.${btoa(JSON.stringify({ username }))}.signature`;
        localStorage.setItem("token", tokenOf("ann"));
        const { connection, raise } = connectionWith({ loginByToken: () => ({}) });
        const session = createSession(connection);
        raise("connect");
        await flushPromises();
        expect(session.username.value).toBe("ann");
        localStorage.setItem("token", tokenOf("ben"));
        raise("connect");
        await flushPromises();
        expect([session.state.value, session.username.value]).toEqual(["ready", "ben"]);
    });

    it("says that it was ended from elsewhere, and not after a log-out of one's own", async () => {
        localStorage.setItem("token", "kept");
        let isOver = false;
        const { connection, raise } = connectionWith({ loginByToken: () => (isOver ? over() : {}), login: () => ({ token: "next" }) });
        const session = createSession(connection);
        raise("connect");
        await flushPromises();
        expect(session.isEnded.value).toBe(false);
        isOver = true;
        raise("connect");
        await flushPromises();
        expect([session.state.value, session.isEnded.value]).toEqual(["login", true]);
        await session.logIn("ann", "secret-1", true);
        expect(session.isEnded.value).toBe(false);
        // Another tab has logged out.
        localStorage.removeItem("token");
        raise("connect");
        expect([session.state.value, session.isEnded.value]).toEqual(["login", true]);
        session.logOut();
        expect(session.isEnded.value).toBe(false);
    });

    it("loads the page anew when the server asks for it, but not over what is being typed", () => {
        const reload = vi.spyOn(location, "reload").mockImplementation(() => undefined);
        const { connection, raise } = connectionWith({});
        createSession(connection);
        const isTyping = ref(true);
        const page = mount({ setup: () => (useUnsavedChanges(() => isTyping.value), () => null) }, { global: surroundings() });
        raise("refresh");
        expect(reload).not.toHaveBeenCalled();
        isTyping.value = false;
        raise("refresh");
        expect(reload).toHaveBeenCalledTimes(1);
        page.unmount();
    });

    it("goes on with the token of the new password, without another log-in", async () => {
        localStorage.setItem("token", "before");
        const { connection, calls } = connectionWith({ changePassword: () => ({ token: "after" }) });
        await createSession(connection).changePassword("old-1", "new-1");
        expect(calls.map(([event]) => event)).toEqual(["changePassword"]);
        expect(localStorage.getItem("token")).toBe("after");
    });

    it("ends at the server as well, and leaves in any case", async () => {
        localStorage.setItem("token", "kept");
        const { connection, calls } = connectionWith({ logout: () => Promise.reject(new ServerError("CONNECTION_LOST", "away")) });
        createSession(connection).logOut();
        await flushPromises();
        expect(calls).toEqual([["logout"], ["reopen"]]);
        expect(localStorage.getItem("token")).toBeNull();
    });
});

describe("the page", () => {
    it("begins at its top behind the door, however far that was scrolled", async () => {
        const scrollTo = vi.spyOn(window, "scrollTo").mockReturnValue();
        const state = ref("starting");
        const around = surroundings();
        const blank = { template: "<i></i>" };
        const stubs = { AppHeader: blank, ConnectionBanner: blank, MissingFilesBanner: blank, LoginPage: blank, SetupPage: blank, RouterView: blank };
        mount(App, { global: { ...around, provide: { ...around.provide, [SESSION as symbol]: { state } }, stubs } });
        state.value = "setup";
        await flushPromises();
        expect(scrollTo).not.toHaveBeenCalled();
        state.value = "ready";
        await flushPromises();
        expect(scrollTo.mock.calls).toEqual([[0, 0]]);
        scrollTo.mockRestore();
    });
});
