import { mkdir, readFile, realpath, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { accountEvents, OPEN_EVENTS } from "../../common/account-wire.ts";
import { directEvents, hostEvents, stackEvents } from "../../common/dockge-wire.ts";
import { startStandalone, type Client, type Standalone } from "../fixtures/standalone-host.ts";

const YAML = "services:\n  app:\n    image: app:1\n  built:\n    build: .\n";
type ListPush = { stackList: Record<string, { status: number; isManagedByDockge: boolean }> };

let server: Standalone;
let client: Client;
beforeEach(async () => {
    server = await startStandalone();
    client = await (await server.connect()).login();
    await client.push("stackList");
});
afterEach(() => server.stop());

const file = (...parts: string[]) => path.join(server.stacksDirectory, ...parts);
async function folder(name: string, yaml = YAML): Promise<void> {
    await mkdir(file(name));
    await writeFile(file(name, "compose.yaml"), yaml);
    await client.push("stackList", (push: ListPush) => name in push.stackList);
}

describe("one service", () => {
    beforeEach(() => folder("web"));

    it.each([
        ["startService", "Service app started", ["up web app"], 3],
        ["stopService", "Service app stopped", ["stop web app"], 4],
        ["restartService", "Service app restarted", ["restart web app"], 3],
    ])("%s answers as Dockge does, narrates in the stack's terminal and pushes the new state", async (event, msg, calls, status) => {
        expect(await client.agent(event, "web", "app")).toEqual({ ok: true, msg });
        expect(server.engine.calls).toEqual(calls);
        await client.push("terminalWrite", (name: string, text: string) => name === "compose--web" && text.includes("done"));
        expect(await client.push("terminalExit")).toEqual(["compose--web", 0]);
        await client.push("stackList", (push: ListPush) => push.stackList["web"]?.status === status);
    });

    it.each(["", "--all", "app; reboot", "../x", "a b", null, 7])("refuses %j as the name of one", async (service) => {
        for (const event of ["startService", "stopService", "restartService"]) {
            expect(await client.agent(event, "web", service)).toMatchObject({ ok: false, code: "INPUT_INVALID" });
        }
        expect(server.engine.calls).toEqual([]);
    });

    it("has its containers' states, and ports that lead to them once each", async () => {
        server.engine.set("web", null, ["running"]);
        const container = server.engine.projects.get("web")?.containers[0];
        const port = { privatePort: 80, publicPort: 8080, protocol: "tcp" };
        container?.ports.push({ ...port, address: "0.0.0.0" }, { ...port, address: "::" }, { privatePort: 90, publicPort: null, address: null, protocol: "tcp" });
        expect(await client.agent("serviceStatusList", "web")).toEqual({ ok: true, serviceStatusList: { app: [{ status: "running", name: "web-app-1", ports: [{ ...port, address: "0.0.0.0" }] }] } });
    });
});

describe("building and updating", () => {
    beforeEach(() => folder("web"));

    it("builds what is built here, then starts the stack with it", async () => {
        expect(await client.agent("buildStack", "web")).toEqual({ ok: true, msg: "Built", msgi18n: true });
        expect(await client.agent("buildStack", "web", true)).toMatchObject({ ok: true });
        expect(server.engine.calls).toEqual(["build web built", "up web", "build web built,--pull", "up web"]);
    });

    it("brings up with its new image what fails over and over, and not what was stopped", async () => {
        server.engine.set("web", file("web"), ["restarting"]);
        await client.agent("updateStack", "web");
        expect(server.engine.calls).toEqual(["pull web app", "build web built", "up web"]);
        server.engine.set("web", file("web"), ["exited"]);
        await client.agent("updateStack", "web");
        expect(server.engine.calls.slice(3)).toEqual(["pull web app"]);
    });
});

describe("the host", () => {
    it("measures running containers once for everybody who looks", async () => {
        server.engine.usages = [{ id: "a".repeat(64), name: "web-app-1", cpuPercent: 1, memoryBytes: 1024, memoryLimitBytes: 4096, receivedBytes: 0, sentBytes: 0, readBytes: 0, writtenBytes: 0, processCount: 1 }];
        const others = await Promise.all(Array.from({ length: 9 }, async () => await (await server.connect()).login()));
        const answers = await Promise.all([client, ...others].map((page) => page.agent("dockerStats")));
        expect(answers[0]).toMatchObject({ ok: true, dockerStats: { "web-app-1": { CPUPerc: "1.00%", MemUsage: "1KiB / 4KiB", MemPerc: "25.00%" } } });
        expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
        expect(server.engine.measurements).toBe(1);
    });

    it("says that Docker is away instead of nothing", async () => {
        server.engine.isAway = true;
        expect(await client.agent("dockerStats")).toMatchObject({ ok: false, code: "DOCKER_UNAVAILABLE" });
    });

    it("translates docker run outside of the envelope, as Dockge's page asks for it", async () => {
        expect(await client.call("composerize", "docker run -p 80:80 nginx")).toEqual({ ok: true, composeTemplate: "services:\n    nginx:\n        ports:\n            - 80:80\n        image: nginx" });
        expect(await client.call("composerize", "hello")).toMatchObject({ ok: false, code: "INPUT_INVALID" });
        expect(await client.call("composerize", "x".repeat(20_000))).toMatchObject({ ok: false, code: "INPUT_INVALID" });
        expect(await client.agent("composerize", "docker run nginx")).toMatchObject({ ok: false, code: "NOT_FOUND" });
    });
});

describe("a folder with a name of its owner's choice", () => {
    beforeEach(() => folder("My.App"));

    it("has all of Dockge's buttons, under the project name that Compose gives it", async () => {
        expect(await client.agent("getStack", "My.App")).toMatchObject({ ok: true, stack: { name: "My.App", composeYAML: YAML, isManagedByDockge: true } });
        expect(await client.agent("saveStack", "My.App", `${YAML}# 2\n`, "A=1", false)).toMatchObject({ ok: true });
        expect(await readFile(file("My.App", ".env"), "utf8")).toBe("A=1");
        expect(await client.agent("startStack", "My.App")).toMatchObject({ ok: true });
        await client.push("stackList", (push: ListPush) => push.stackList["My.App"]?.status === 3 && Object.keys(push.stackList).length === 1);
        expect(Object.keys((await client.agent("serviceStatusList", "My.App"))["serviceStatusList"] as object)).toEqual(["app"]);
        for (const event of ["restartStack", "stopStack", "updateStack", "buildStack", "downStack"]) {
            expect(await client.agent(event, "My.App"), event).toMatchObject({ ok: true });
        }
        expect(await client.agent("terminalJoin", "compose--My.App")).toMatchObject({ ok: true, buffer: expect.stringContaining("down done") });
        expect(await client.agent("deleteStack", "My.App")).toMatchObject({ ok: true });
        expect(new Set(server.engine.calls.map((call) => call.split(" ")[1]))).toEqual(new Set(["myapp"]));
    });

    it("cannot be made here, and says why", async () => {
        for (const event of ["saveStack", "deployStack"]) {
            expect(await client.agent(event, "Other", YAML, "", true)).toMatchObject({ ok: false, code: "STACK_NAME_INVALID", msg: expect.stringContaining("lower-case") });
        }
    });

    it("is not let near the containers of another stack whose project has the same name", async () => {
        await folder("myapp");
        expect(await client.agent("startStack", "myapp")).toMatchObject({ ok: true });
        const before = server.engine.calls.length;
        for (const event of ["startStack", "downStack", "deleteStack"]) {
            expect(await client.agent(event, "My.App"), event).toMatchObject({ ok: false, code: "COMPOSE_INVALID", msg: expect.stringContaining("The stack myapp already runs as the Compose project myapp") });
        }
        expect(server.engine.calls.length).toBe(before);
        expect(await client.agent("saveStack", "My.App", `name: my-app\n${YAML}`, "", false)).toMatchObject({ ok: true });
        expect(await client.agent("startStack", "My.App")).toMatchObject({ ok: true });
        expect(server.engine.calls.at(-1)).toBe("up my-app");
    });

    it("out of which Compose can make no name needs one in its file", async () => {
        await folder("日本");
        expect(await client.agent("startStack", "日本")).toMatchObject({ ok: false, code: "COMPOSE_INVALID", msg: expect.stringContaining("name:") });
        await writeFile(file("日本", "compose.yaml"), `name: nihon\n${YAML}`);
        expect(await client.agent("startStack", "日本")).toMatchObject({ ok: true });
    });
});

describe("a stack whose project has another name than its file says now", () => {
    it("is stopped and taken down under the name that runs", async () => {
        await folder("web", `name: new\n${YAML}`);
        server.engine.set("old", await realpath(file("web")), ["running"]);
        await client.push("stackList", (push: ListPush) => push.stackList["web"]?.status === 3);
        await client.agent("stopService", "web", "app");
        await client.agent("downStack", "web");
        await client.agent("startStack", "web");
        expect(server.engine.calls.filter((call) => !call.startsWith("build"))).toEqual(["stop old app", "down old", "up new"]);
    });

    it("is started under the name that runs when only Compose could work out what the file says", async () => {
        await folder("web", `name: \${PROJECT:-shop}\n${YAML}`);
        server.engine.set("shop", await realpath(file("web")), ["running"]);
        await client.push("stackList", (push: ListPush) => push.stackList["web"]?.status === 3);
        await client.agent("startStack", "web");
        expect(server.engine.calls.at(-1)).toBe("up shop");
    });
});

describe("every event", () => {
    const enveloped = [...Object.keys(stackEvents), ...Object.keys(hostEvents)];
    const direct = [...Object.keys(accountEvents), ...Object.keys(directEvents)];

    it("is answered to somebody who is not logged in, whatever its arguments", async () => {
        const stranger = await server.connect();
        for (const event of enveloped) {
            expect(await stranger.agent(event, "web"), event).toMatchObject({ ok: false, code: "NOT_LOGGED_IN" });
            expect(await stranger.call(event, "web"), event).toMatchObject({ ok: false, code: "NOT_LOGGED_IN" });
        }
        for (const event of direct.filter((name) => !OPEN_EVENTS.has(name))) {
            expect(await stranger.call(event), event).toMatchObject({ ok: false, code: "NOT_LOGGED_IN" });
        }
    });

    it("is answered when its arguments are missing or of a wrong type", async () => {
        for (const event of enveloped) {
            for (const args of [[], [{}], [["web"], 1, null], ["nowhere", 5, 5, 5, 5]]) {
                const answer = await client.agent(event, ...args);
                expect(typeof answer.ok, `${event} ${JSON.stringify(args)}`).toBe("boolean");
                expect(answer.ok === true || (typeof answer.msg === "string" && typeof answer.code === "string"), event).toBe(true);
            }
        }
    });
});
