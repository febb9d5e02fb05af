import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AuditEntry } from "../../../../../backend/domain/entities.ts";
import { DeployError } from "../../../../../backend/domain/errors.ts";
import type { ProjectState } from "../../../../../backend/domain/ports.ts";
import { Terminals } from "../../../../../backend/host/standalone/terminals/terminals.ts";
import { FakeClock, settled } from "../../../../fixtures/fake-clock.ts";
import { FakeTerminalClient, FakeTerminals } from "../../../../fixtures/fake-terminals.ts";

const KEEP_MS = 60_000;
const USER = { name: "ada", address: "10.0.0.1", connectionId: "c1" };
const container = (service: string, state = "running", at = 1): ProjectState["containers"][number] => ({ id: `id-${service}-${at}`, name: `shop-${service}-${at}`, service, state, health: "none", exitCode: null, isOneOff: false, ports: [] });

function world(isConsoleEnabled = true) {
    const fake = new FakeTerminals();
    const entries: Omit<AuditEntry, "id" | "at">[] = [];
    const projects = new Map<string, ProjectState["containers"]>([["shop", [container("web"), container("db")]]]);
    const terminals = new Terminals({
        pty: fake,
        shells: fake,
        logs: fake,
        audit: { append: (entry) => Promise.resolve(void entries.push(entry)) },
        console: { isEnabled: isConsoleEnabled, directory: "/stacks", env: { PATH: "/bin" } },
        clock: new FakeClock(),
        random: { uuid: () => "download-1" },
        keepMs: KEEP_MS,
        projectOf: (stack) => {
            const containers = projects.get(stack);
            return containers === undefined ? Promise.reject(new DeployError("STACK_NOT_FOUND", "Stack not found")) : Promise.resolve({ name: stack, workingDirectory: null, configFiles: [], containers });
        },
    });
    const open = (client: FakeTerminalClient, shell = "sh") => terminals.interactive.openShell(client, USER, "shop", "web", shell);
    return { fake, entries, projects, terminals, open, client: new FakeTerminalClient() };
}
const NAME = "container-exec--shop-web-0";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

describe("a shell", () => {
    it("runs the shell and nothing else in the service's container, and is shared by all who open it", async () => {
        const { fake, terminals, open, client } = world();
        const other = new FakeTerminalClient("host:1");
        await open(client);
        await open(other);
        expect(fake.processes.map(({ what }) => what)).toEqual(["sh in id-web-1"]);
        fake.processes[0]?.events.onOutput("$ ");
        expect(client.received).toEqual([`${NAME}: $ `]);
        expect(other.received).toEqual(["container-exec-host:1-shop-web-0: $ "]);
        terminals.interactive.input(other, "container-exec-host:1-shop-web-0", "ls\r");
        terminals.interactive.resize(client, NAME, { columns: 120, rows: 40 });
        expect(fake.processes[0]?.typed).toEqual(["ls\r"]);
        expect(fake.processes[0]?.sizes).toEqual([{ columns: 120, rows: 40 }]);
    });

    it("is written down before it starts, once for each who opens it", async () => {
        const { entries, open, client } = world();
        await open(client);
        await open(client);
        await open(new FakeTerminalClient());
        expect(entries).toEqual(
            Array.from({ length: 2 }, () => ({ actor: { kind: "user", name: "ada", address: "10.0.0.1" }, action: "shell.open", stackId: "shop", subject: "web", details: { program: "sh", container: "shop-web-1" } })),
        );
    });

    it("takes no input from somebody who has not opened it: looking on is not typing", async () => {
        const { terminals, open, client } = world();
        const onlooker = new FakeTerminalClient();
        await open(client);
        expect(terminals.watch(onlooker, NAME)).toBe("");
        expect(() => terminals.interactive.input(onlooker, NAME, "rm\r")).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
        client.goAway();
        expect(() => terminals.interactive.input(client, NAME, "x")).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
    });

    it("types to the one that was opened where two have the same name", async () => {
        const { fake, terminals, projects, client } = world();
        projects.set("shop-web", [container("db")]);
        projects.set("shop", [container("web-db")]);
        const other = new FakeTerminalClient();
        await terminals.interactive.openShell(client, USER, "shop", "web-db", "sh");
        await terminals.interactive.openShell(other, USER, "shop-web", "db", "sh");
        terminals.interactive.input(other, "container-exec--shop-web-db-0", "mine");
        expect(fake.processes.map(({ what, typed }) => [what, typed])).toEqual([
            ["sh in id-web-db-1", []],
            ["sh in id-db-1", ["mine"]],
        ]);
    });

    it("ends a minute after the last one has left, not while somebody comes back in time", async () => {
        const { fake, terminals, open, client } = world();
        await open(client);
        client.goAway();
        vi.advanceTimersByTime(KEEP_MS - 1);
        const back = new FakeTerminalClient();
        await open(back);
        vi.advanceTimersByTime(5 * KEEP_MS);
        expect(fake.processes).toHaveLength(1);
        expect(fake.processes[0]?.isEnded).toBe(false);
        terminals.leave(back, NAME);
        vi.advanceTimersByTime(KEEP_MS);
        await settled();
        expect(fake.processes[0]?.isEnded).toBe(true);
        expect(terminals.size).toBe(0);
    });

    it("ends as well when whoever asked for it was gone before it ran", async () => {
        const { fake, terminals, open, client } = world();
        client.goAway();
        await open(client);
        expect(client.listenerCount).toBe(0);
        await vi.advanceTimersByTimeAsync(KEEP_MS);
        expect(fake.processes[0]?.isEnded).toBe(true);
        expect(terminals.size).toBe(0);
    });

    it("tells how it ended and can be opened again", async () => {
        const { fake, terminals, open, client } = world();
        await open(client);
        fake.processes[0]?.events.onOutput("bye");
        fake.processes[0]?.events.onExit(130);
        expect(client.received).toEqual([`${NAME}: bye`, `${NAME} ended with 130`]);
        expect(client.listenerCount).toBe(0);
        expect(terminals.size).toBe(0);
        await open(client);
        expect(fake.processes).toHaveLength(2);
    });

    it("gives way to another kind of shell when nobody else uses it", async () => {
        const { fake, open, client } = world();
        await open(client, "bash");
        await open(client, "sh");
        expect(fake.processes.map(({ what, isEnded }) => [what, isEnded])).toEqual([
            ["bash in id-web-1", true],
            ["sh in id-web-1", false],
        ]);
        expect(client.received).toEqual([]);
        await open(new FakeTerminalClient(), "bash");
        expect(fake.processes).toHaveLength(2);
    });

    it.each([
        ["an unknown stack", "nowhere", "web", "STACK_NOT_FOUND"],
        ["a service of another stack", "shop", "mail", "SERVICE_NOT_RUNNING"],
        ["a service that does not run", "stopped", "web", "SERVICE_NOT_RUNNING"],
    ])("refuses %s", async (_what, stack, service, code) => {
        const { fake, entries, projects, terminals, client } = world();
        projects.set("stopped", [container("web", "exited")]);
        await expect(terminals.interactive.openShell(client, USER, stack, service, "sh")).rejects.toMatchObject({ code });
        expect(fake.processes).toEqual([]);
        expect(entries).toEqual([]);
    });

    it("leaves nothing behind when it cannot start", async () => {
        const { fake, terminals, open, client } = world();
        fake.failure = new DeployError("DOCKER_UNAVAILABLE", "away");
        await expect(open(client)).rejects.toMatchObject({ code: "DOCKER_UNAVAILABLE" });
        expect(terminals.size).toBe(0);
        fake.failure = null;
        await open(client);
        expect(fake.processes).toHaveLength(1);
    });

    it("ends everything when the server stops, and starts nothing after that", async () => {
        const { fake, terminals, open, client } = world();
        await open(client);
        await terminals.interactive.openConsole(client, USER);
        await terminals.logs.joinCombined(client, "shop");
        await terminals.close();
        expect(fake.processes.map(({ isEnded }) => isEnded)).toEqual([true, true]);
        expect(terminals.size).toBe(0);
        await expect(open(client)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    });
});

describe("the console", () => {
    it("runs bash in the stacks folder with no more than it is given, and is written down", async () => {
        const { fake, entries, terminals, client } = world();
        await terminals.interactive.openConsole(client, USER);
        expect(fake.processes[0]?.what).toBe("bash in /stacks with TERM,PATH");
        expect(entries[0]).toMatchObject({ action: "console.open", stackId: null });
        terminals.interactive.input(client, "console", "ls\r");
        expect(fake.processes[0]?.typed).toEqual(["ls\r"]);
    });

    it("is refused, not even watched, while it is switched off", async () => {
        const { fake, entries, terminals, client } = world(false);
        await expect(terminals.interactive.openConsole(client, USER)).rejects.toMatchObject({ code: "CONSOLE_DISABLED" });
        expect(() => terminals.interactive.input(client, "console", "ls\r")).toThrow(DeployError);
        expect([fake.processes, entries]).toEqual([[], []]);
    });
});

describe("the combined log", () => {
    it("shows each container's lines behind its name, and reads nothing twice for a second watcher", async () => {
        const { fake, terminals, client } = world();
        fake.release = new Promise(() => undefined);
        fake.logs.set("id-web-1", ["GET /\nGET", " /a\n"]);
        fake.logs.set("id-db-1", ["ready\r\n"]);
        await terminals.logs.joinCombined(client, "shop");
        await settled();
        const text = client.received.map((line) => line.replace("combined--shop: ", "")).join("");
        // eslint-disable-next-line no-control-regex -- the colours of the names
        expect(text.replace(/\u001b\[\d+m/g, "").split("\r\n").sort()).toEqual(["", "db-1   | ready", "web-1  | GET /", "web-1  | GET /a"]);
        expect(await terminals.logs.joinCombined(new FakeTerminalClient(), "shop")).toBe(text);
        await settled();
        expect(fake.logReads.map(({ containerId, options }) => [containerId, options.tail, options.isFollowed])).toEqual([
            ["id-db-1", 100, true],
            ["id-web-1", 100, true],
        ]);
    });

    it("goes on where it was when a container starts again, and takes new ones in", async () => {
        const { fake, projects, terminals, client } = world();
        projects.set("shop", [container("web")]);
        await terminals.logs.joinCombined(client, "shop");
        await settled();
        fake.release = new Promise(() => undefined);
        projects.set("shop", [container("web"), container("new")]);
        terminals.dockerChanged();
        await settled();
        expect(fake.logReads.map(({ containerId, options }) => [containerId, options.tail, options.since !== undefined])).toEqual([
            ["id-web-1", 100, false],
            ["id-new-1", 100, false],
            ["id-web-1", null, true],
        ]);
    });

    it("ends a minute after the last one has left, and stops reading", async () => {
        const { fake, terminals, client } = world();
        fake.release = new Promise(() => undefined);
        await terminals.logs.joinCombined(client, "shop");
        await settled();
        terminals.logs.leaveCombined(client, "shop");
        vi.advanceTimersByTime(KEEP_MS - 1);
        expect(terminals.size).toBe(1);
        vi.advanceTimersByTime(1);
        expect(terminals.size).toBe(0);
        expect(fake.logReads.every(({ options }) => options.signal.aborted)).toBe(true);
    });

    it("reads no further while everybody is behind", async () => {
        const { fake, projects, terminals, client } = world();
        projects.set("shop", [container("web")]);
        fake.logs.set("id-web-1", Array.from({ length: 1000 }, () => `${"x".repeat(9_999)}\n`));
        client.isCongested = true;
        await terminals.logs.joinCombined(client, "shop");
        await settled();
        const held = await terminals.logs.joinCombined(new FakeTerminalClient(), "shop");
        expect(held.length).toBeLessThan(300_000);
        expect(client.received).toEqual([]);
    });

    it("is refused for what is not a stack of ours", async () => {
        const { terminals, client } = world();
        await expect(terminals.logs.joinCombined(client, "nowhere")).rejects.toMatchObject({ code: "STACK_NOT_FOUND" });
        expect(terminals.size).toBe(0);
    });
});

describe("the log of one container", () => {
    it("has a terminal of its own, without names before the lines", async () => {
        const { fake, terminals, client } = world();
        fake.logs.set("id-db-1", ["ready\n"]);
        expect(await terminals.logs.joinContainer(client, "shop", "shop-db-1")).toEqual({ terminal: "container--shop-db-1", buffer: "" });
        await settled();
        expect(client.received).toEqual(["container--shop-db-1: ready\r\n"]);
        await expect(terminals.logs.joinContainer(client, "shop", "elsewhere")).rejects.toMatchObject({ code: "NOT_FOUND" });
    });
});
