import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { combinedTerminalName, shellTerminalName } from "../../common/terminal-names.ts";
import { BASE_IMAGE, ensureBaseImage } from "../fixtures/base-image.ts";
import { containersOf, docker, removeProject, uniqueProject } from "../fixtures/engine.ts";
import { processesWith } from "../fixtures/processes.ts";
import { startServer, until, type TestServer } from "../fixtures/server.ts";
import { Client } from "../fixtures/standalone-host.ts";

/** Terminals of the real server, in real containers. */
const USER = { username: "ada", password: "correct horse battery" };
const stack = uniqueProject("terminals");
const SHELL = shellTerminalName("", stack, "web");
/** Says something each time when somebody touches the file. */
const service = (name: string) => `    ${name}:
        image: ${BASE_IMAGE}
        pull_policy: never
        command: ["sh", "-c", "echo ${name} begins; trap 'exit 0' TERM; while :; do [ -e /tmp/say ] && cat /tmp/say && rm /tmp/say; sleep 0.1; done"]
`;

let server: TestServer;
let client: Client;

async function connect(): Promise<Client> {
    const next = await new Client(server.url).connected();
    expect(await next.call("login", { ...USER, token: "" })).toMatchObject({ ok: true });
    return next;
}
/** Not awaited: what is typed is answered only when it fails. */
const type = (from: Client, text: string, name = SHELL) => from.socket.emit("agent", "", "terminalInput", name, text);
/** Resolves when the terminal has printed it, in whatever pieces. */
async function printed(by: Client, name: string, text: string): Promise<void> {
    await by.push("terminalWrite", () => by.pushes.filter(({ event, args }) => event === "terminalWrite" && args[0] === name).map(({ args }) => String(args[1])).join("").includes(text));
}
async function exitCode(by: Client): Promise<unknown> {
    return (await by.push("terminalExit", (name: string) => name === SHELL))[1];
}
async function openShell(by: Client): Promise<void> {
    expect(await by.agent("terminalJoin", SHELL)).toMatchObject({ ok: true });
    expect(await by.agent("interactiveTerminal", stack, "web", "sh")).toEqual({ ok: true });
}
async function idOf(name: string): Promise<string> {
    return (await containersOf(stack)).find((container) => container.service === name)?.id ?? "";
}
async function processesIn(name: string): Promise<string[]> {
    return (await docker(["top", await idOf(name), "-o", "pid,args"])).stdout.split("\n").slice(1);
}

beforeAll(async () => {
    await ensureBaseImage();
    server = await startServer({ env: { DOCKGE_ENABLE_CONSOLE: "true" } });
    const first = await new Client(server.url).connected();
    expect(await first.call("setup", USER.username, USER.password)).toMatchObject({ ok: true });
    first.socket.close();
    await mkdir(path.join(server.stacksDirectory, stack));
    await writeFile(path.join(server.stacksDirectory, stack, "compose.yaml"), `services:\n${service("web")}${service("db")}`);
    client = await connect();
    expect(await client.agent("startStack", stack)).toMatchObject({ ok: true });
});

afterAll(async () => {
    client.socket.close();
    await server.remove();
    await removeProject(stack);
});

describe("a shell in a container", () => {
    it("answers what is typed, knows its size, and is shown to everybody who has opened it", async () => {
        await openShell(client);
        // At once, as a page does it: the program may not have started yet.
        await client.agent("terminalResize", SHELL, 27, 93);
        type(client, "until [ \"$(stty size)\" = '27 93' ]; do :; done; echo si''zed\r");
        await printed(client, SHELL, "sized\r\n");
        const other = await connect();
        await openShell(other);
        type(client, "echo $((6 * 7))\r");
        await printed(client, SHELL, "\r\n42\r\n");
        await printed(other, SHELL, "\r\n42\r\n");
        expect(await other.agent("terminalResize", SHELL, 33, 101)).toEqual({ ok: true });
        type(other, "stty size\r");
        await printed(client, SHELL, "\r\n33 101\r\n");
        type(client, "exit 5\r");
        expect(await exitCode(client)).toBe(5);
        expect(await exitCode(other)).toBe(5);
        other.socket.close();
    });

    it("gives back everything that a program has printed before it ended", async () => {
        client.forget();
        await openShell(client);
        type(client, "seq 5000; echo the-end; exit\r");
        expect(await exitCode(client)).toBe(0);
        const text = client.pushes.filter(({ event }) => event === "terminalWrite").map(({ args }) => String(args[1])).join("");
        expect(text).toContain("\r\n4999\r\n5000\r\nthe-end\r\n");
    });

    it("tells that the image has no such shell", async () => {
        client.forget();
        expect(await client.agent("interactiveTerminal", stack, "web", "zsh")).toEqual({ ok: true });
        expect([126, 127]).toContain(await exitCode(client));
        expect(await client.agent("interactiveTerminal", stack, "mail", "sh")).toMatchObject({ ok: false, code: "SERVICE_NOT_RUNNING" });
        expect(await client.agent("interactiveTerminal", stack, "web", "sh -c id")).toMatchObject({ ok: false, code: "INPUT_INVALID" });
        expect(await client.agent("interactiveTerminal", stack, "--help", "sh")).toMatchObject({ ok: false, code: expect.stringMatching(/INPUT_INVALID|SERVICE_NOT_RUNNING/) as string });
    });

    it("is written into the audit log", async () => {
        const { items } = (await server.api.get<{ items: { action: string; stackId: string; subject: string }[] }>("/api/v1/audit-log")).body;
        expect(items.filter(({ action }) => action === "shell.open")[0]).toMatchObject({ stackId: stack, subject: "web" });
    });
});

describe("live logs", () => {
    it("show what each container prints, as it prints it, also after a restart", async () => {
        const name = combinedTerminalName("", stack);
        const { buffer } = await client.agent("terminalJoin", name);
        expect(typeof buffer).toBe("string");
        for (const who of ["web", "db"]) {
            client.forget();
            await docker(["exec", await idOf(who), "sh", "-c", `echo hello from ${who} > /tmp/say`]);
            await printed(client, name, `hello from ${who}`);
        }
        client.forget();
        await docker(["restart", await idOf("db")]);
        await printed(client, name, "db begins");
        expect(await client.agent("leaveCombinedTerminal", stack)).toEqual({ ok: true });
    });

    it("of one container can be followed, and downloaded whole with times", async () => {
        const container = `${stack}-web-1`;
        const { terminal } = await client.agent("containerLog", stack, container);
        const { buffer } = await client.agent("terminalJoin", terminal);
        const seen = String(buffer);
        if (!seen.includes("web begins")) {
            await printed(client, String(terminal), "web begins");
        }
        const { logId } = await client.agent("openContainerLog", stack, container, { hasTimestamps: true, tail: null });
        const piece = await client.agent("readContainerLog", logId);
        expect(piece).toMatchObject({ ok: true, isEnd: true });
        expect(piece["text"]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z web begins\n/);
        expect(await client.agent("openContainerLog", stack, "somebody-else", null)).toMatchObject({ ok: false, code: "NOT_FOUND" });
    });
});

describe("when the server stops", () => {
    it("nothing that was opened stays: neither in containers nor on this machine", async () => {
        const before = await processesIn("web");
        await openShell(client);
        type(client, "sleep 4321 & vi\r");
        expect(await client.agent("mainTerminal", "console")).toEqual({ ok: true });
        type(client, `sleep 5432 & (trap '' HUP; sleep 6543)\r`, "console");
        await until("all of them run", async () => (await processesIn("web")).some((line) => line.includes("4321")) && (await processesWith("sleep 5432")).length + (await processesWith("sleep 6543")).length === 2);
        await server.stop();
        expect(await processesWith("sleep 5432")).toEqual([]);
        expect(await processesWith("sleep 6543")).toEqual([]);
        // The service itself sleeps in between, as another process each time.
        const left = await processesIn("web");
        expect(left.filter((line) => /4321|vi\b/.test(line))).toEqual([]);
        expect(left.length).toBeLessThanOrEqual(before.length + 1);
        await server.start();
    });
});
