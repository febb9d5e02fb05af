import { chmod, lstat, mkdir, readFile, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stackEvents } from "../../common/dockge-wire.ts";
import { terminalStackEvents } from "../../common/terminal-wire.ts";
import type { StackGitFields } from "../../common/views.ts";
import { withManagedBlock } from "../../backend/domain/compose/env-file.ts";
import { DeployError } from "../../backend/domain/errors.ts";
import { PASSWORD, startStandalone, USERNAME, type Client, type Standalone } from "../fixtures/standalone-host.ts";

const YAML = "# kept\r\nservices:\n  web:\n    image: \"nginx\"   # as typed\n    restart: \"no\"\n  built:\n    build: .\n\n";
type ListPush = { stackList: Record<string, { status: number; isManagedByDockge: boolean; composeFileName: string; gitRepository: unknown }> };

let server: Standalone;
let client: Client;
beforeEach(async () => {
    server = await startStandalone();
    client = await (await server.connect()).login();
    await client.push("stackList");
});
afterEach(() => server.stop());

const file = (...parts: string[]) => path.join(server.stacksDirectory, ...parts);
const listed = (accepts: (list: ListPush["stackList"]) => boolean) => client.push("stackList", (push: ListPush) => accepts(push.stackList)).then(([push]) => (push as ListPush).stackList);
async function outsideTree() {
    const outside = path.join(server.stacksDirectory, "..", "outside");
    await mkdir(outside);
    await writeFile(path.join(outside, "compose.yaml"), "services: {}\n");
    return outside;
}

describe("saving", () => {
    it("writes both files byte for byte, and gives them back with the extended JSON", async () => {
        expect(await client.agent("saveStack", "web", YAML, "A=1\r\n# b\n", true)).toMatchObject({ ok: true, msg: "Saved", msgi18n: true });
        expect(await readFile(file("web", "compose.yaml"))).toEqual(Buffer.from(YAML));
        expect(await readFile(file("web", ".env"))).toEqual(Buffer.from("A=1\r\n# b\n"));
        expect((await stat(file("web", ".env"))).mode & 0o777).toBe(0o600);
        const { stack } = await client.agent("getStack", "web");
        expect(stack).toEqual({
            name: "web",
            status: 1,
            tags: [],
            isManagedByDockge: true,
            composeFileName: "compose.yaml",
            endpoint: "",
            composeYAML: YAML,
            composeENV: "A=1\r\n# b\n",
            contentHash: expect.stringMatching(/^[0-9a-f]{64}$/),
            notUtf8: [],
            primaryHostname: "localhost",
            gitRepository: null,
            buildConfig: null,
            latestDeployment: null,
            deploymentHistory: [],
        });
    });

    it("writes the file under the name it has, keeps its mode and leaves no other behind", async () => {
        await mkdir(file("old"));
        await writeFile(file("old", "docker-compose.yml"), "services: {}\n");
        await chmod(file("old", "docker-compose.yml"), 0o640);
        expect(await client.agent("saveStack", "old", YAML, "", false)).toMatchObject({ ok: true });
        expect(await readFile(file("old", "docker-compose.yml"), "utf8")).toBe(YAML);
        expect((await stat(file("old", "docker-compose.yml"))).mode & 0o777).toBe(0o640);
        await expect(stat(file("old", "compose.yaml"))).rejects.toThrow();
        await expect(stat(file("old", ".env"))).rejects.toThrow();
    });

    it("neither shows nor loses the variables that a deployment manages", async () => {
        await client.agent("saveStack", "web", YAML, "A=1\n", true);
        const { withManagedBlock } = await import("../../backend/domain/compose/env-file.ts");
        await writeFile(file("web", ".env"), withManagedBlock("A=1\n", [{ name: "TOKEN", value: "s3cret" }]) ?? "");
        const { stack } = (await client.agent("getStack", "web")) as { stack: { composeENV: string } };
        expect(stack.composeENV).not.toContain("s3cret");
        await client.agent("saveStack", "web", YAML, stack.composeENV.replace("A=1", "A=2"), false);
        const text = await readFile(file("web", ".env"), "utf8");
        expect(text).toContain("A=2");
        expect(text).toContain("TOKEN='s3cret'");
    });

    it.each([
        ["a name that is taken", ["web", YAML, "", true], "STACK_EXISTS", "Stack name already exists"],
        ["a stack that is not there", ["nowhere", YAML, "", false], "STACK_NOT_FOUND", "Stack not found"],
        ["invalid YAML, with the place", ["web", "services:\n  - [\n", "", false], "COMPOSE_INVALID", expect.stringContaining("line ")],
        ["an env that sets nothing", ["web", YAML, "oops", false], "INPUT_INVALID", expect.stringContaining("Invalid .env format")],
        ["another type", ["web", { yaml: 1 }, "", false], "INPUT_INVALID", expect.stringContaining("argument 2")],
    ])("refuses %s and changes nothing", async (_name, args, code, msg) => {
        await client.agent("saveStack", "web", "services: {}\n", "", true);
        for (const event of ["saveStack", "deployStack"]) {
            expect(await client.agent(event, ...args)).toMatchObject({ ok: false, code, msg });
        }
        expect(await readFile(file("web", "compose.yaml"), "utf8")).toBe("services: {}\n");
        await expect(stat(file("nowhere"))).rejects.toThrow();
        expect(server.engine.calls).toEqual([]);
    });

    it("does not write over what somebody else changed meanwhile", async () => {
        const { contentHash } = await client.agent("saveStack", "web", YAML, "", true);
        await writeFile(file("web", "compose.yaml"), "services: {} # by hand\n");
        expect(await client.agent("saveStack", "web", YAML, "", false, contentHash)).toMatchObject({ ok: false, code: "STACK_CHANGED" });
        expect(await readFile(file("web", "compose.yaml"), "utf8")).toContain("by hand");
        expect(await client.agent("saveStack", "web", YAML, "", false)).toMatchObject({ ok: true });
    });
});

describe("symbolic links", () => {
    it("never writes through a folder that leads out, and deletes only the link", async () => {
        const outside = await outsideTree();
        await symlink(outside, file("link"));
        expect(await client.agent("saveStack", "link", YAML, "", false)).toMatchObject({ ok: false, code: "SYMLINK_REFUSED" });
        expect(await client.agent("deleteStack", "link")).toMatchObject({ ok: true });
        expect(await readFile(path.join(outside, "compose.yaml"), "utf8")).toBe("services: {}\n");
        await expect(lstat(file("link"))).rejects.toThrow();
    });

    it("neither shows nor writes a file that leads out, even to nothing", async () => {
        const outside = await outsideTree();
        await mkdir(file("web"));
        await symlink(path.join(outside, "compose.yaml"), file("web", "compose.yaml"));
        expect(await client.agent("getStack", "web")).toMatchObject({ ok: false, code: "SYMLINK_REFUSED" });
        expect(await client.agent("saveStack", "web", YAML, "", false)).toMatchObject({ ok: false, code: "SYMLINK_REFUSED" });
        await mkdir(file("db"));
        await writeFile(file("db", "compose.yaml"), "services: {}\n");
        await symlink(path.join(outside, "new-file"), file("db", ".env"));
        expect(await client.agent("saveStack", "db", YAML, "A=1", false)).toMatchObject({ ok: false, code: "SYMLINK_REFUSED" });
        await expect(stat(path.join(outside, "new-file"))).rejects.toThrow();
    });
});

describe("a name that is no stack name", () => {
    const names = ["..", "../..", "../outside", "a/../../outside", "/etc", "", ".", ".hidden", "a\\b", "a\0b", "web\n", "x".repeat(256), "\ud800", "__proto__", null, 7, {}, ["web"]];
    it.each(Object.keys({ ...stackEvents, ...terminalStackEvents }))("%s answers STACK_NAME_INVALID and does nothing", async (event) => {
        const outside = await outsideTree();
        for (const name of names) {
            expect(await client.agent(event, name, YAML, "A=1", true), `name ${JSON.stringify(name)}`).toMatchObject({ ok: false, code: "STACK_NAME_INVALID" });
        }
        expect(server.engine.calls).toEqual([]);
        expect(await readFile(path.join(outside, "compose.yaml"), "utf8")).toBe("services: {}\n");
    });

    it("is refused inside a terminal's name too", async () => {
        expect(await client.agent("terminalJoin", "compose--../../etc")).toMatchObject({ ok: false, code: "STACK_NAME_INVALID" });
        expect(await client.agent("terminalJoin", "combined--..")).toMatchObject({ ok: false, code: "STACK_NAME_INVALID" });
        expect(await client.agent("terminalJoin", "elsewhere")).toMatchObject({ ok: false, code: "INPUT_INVALID" });
    });
});

describe("buttons", () => {
    beforeEach(async () => {
        await client.agent("saveStack", "web", YAML, "", true);
    });

    it.each([
        ["startStack", "Started", ["build web built", "up web"], 3],
        ["stopStack", "Stopped", ["stop web"], 4],
        ["restartStack", "Restarted", ["restart web"], 3],
        ["downStack", "Downed", ["down web"], 1],
        ["updateStack", "Updated", ["pull web app"], 1],
    ])("%s answers, shows its output and pushes the new state", async (event, msg, calls, status) => {
        expect(await client.agent(event, "web")).toEqual({ ok: true, msg, msgi18n: true });
        expect(server.engine.calls).toEqual(calls);
        await client.push("terminalWrite", (name: string, text: string) => name === "compose--web" && text.includes("done"));
        expect(await client.push("terminalExit")).toEqual(["compose--web", 0]);
        await listed((list) => list["web"]?.status === status);
    });

    it("updates a running stack with the new images", async () => {
        await client.agent("startStack", "web");
        await client.agent("updateStack", "web");
        expect(server.engine.calls.slice(2)).toEqual(["pull web app", "build web built", "up web"]);
    });

    it("does not ask Compose what there is to build when the files name nothing", async () => {
        await client.agent("deployStack", "plain", "services:\n  app:\n    image: app:1\n", "", true);
        expect(server.engine.calls).toEqual(["up plain"]);
    });

    it("asks Compose when a variable of the build settings names another file, which may build", async () => {
        await client.agent("saveStack", "plain", "services:\n  app:\n    image: app:1\n", "", true);
        await writeFile(file("plain", ".env"), withManagedBlock(null, [{ name: "COMPOSE_FILE", value: "other.yaml" }]) ?? "");
        await client.agent("startStack", "plain");
        expect(server.engine.calls).toEqual(["build plain built", "up plain"]);
    });

    it("deploys what it has saved", async () => {
        expect(await client.agent("deployStack", "new", YAML, "", true)).toMatchObject({ ok: true, msg: "Deployed" });
        expect(await readFile(file("new", "compose.yaml"), "utf8")).toBe(YAML);
        expect(server.engine.calls).toContain("up new");
    });

    it("says why it failed, in the answer and in the terminal", async () => {
        server.engine.failure = new DeployError("UP_FAILED", "Port 80 is taken.");
        expect(await client.agent("startStack", "web")).toMatchObject({ ok: false, code: "UP_FAILED", msg: "Port 80 is taken." });
        await client.push("terminalWrite", (_name: string, text: string) => text === "Port 80 is taken.\r\n");
        expect(await client.push("terminalExit")).toEqual(["compose--web", 1]);
    });

    it("is refused while a release holds the stack, by every button at once", async () => {
        let end = () => {};
        const release = server.host.exclusive("web", "commit 1234abc is being released", () => new Promise<void>((resolve) => (end = resolve)));
        for (const [event, args] of Object.entries({ saveStack: [YAML, "", false], deployStack: [YAML, "", false], startStack: [], stopStack: [], restartStack: [], updateStack: [], downStack: [], deleteStack: [], buildStack: [], startService: ["app"], stopService: ["app"], restartService: ["app"] })) {
            expect(await client.agent(event, "web", ...args)).toMatchObject({ ok: false, code: "STACK_BUSY", msg: expect.stringContaining("commit 1234abc is being released") });
        }
        expect(server.engine.calls).toEqual([]);
        end();
        await release;
        expect(await client.agent("startStack", "web")).toMatchObject({ ok: true });
    });

    it("makes a release wait until the button's work is done", async () => {
        let end = () => {};
        server.engine.hold = new Promise((resolve) => (end = resolve));
        const pressed = client.agent("stopStack", "web");
        await client.push("terminalWrite", (_name: string, text: string) => text.includes("begins"));
        const order: string[] = [];
        const release = server.host.exclusive("web", "a release", async () => void order.push("released"));
        void pressed.then(() => order.push("stopped"));
        end();
        await release;
        expect(server.engine.projects.get("web")?.containers[0]?.state).toBe("exited");
        expect(await pressed).toMatchObject({ ok: true });
    });

    it("lets everybody watch who has joined, from the first line on", async () => {
        let end = () => {};
        server.engine.hold = new Promise((resolve) => (end = resolve));
        const pressed = client.agent("stopStack", "web");
        await client.push("terminalWrite", (_name: string, text: string) => text.includes("begins"));
        const late = await (await server.connect()).login();
        const hub = await (await server.connect({ endpoint: "agent:5001" })).login();
        expect(await late.agent("terminalJoin", "compose--web")).toEqual({ ok: true, buffer: "stop begins\r\n" });
        expect(await hub.call("agent", "agent:5001", "terminalJoin", "compose-agent:5001-web")).toMatchObject({ ok: true, buffer: "stop begins\r\n" });
        end();
        await pressed;
        expect(await late.push("terminalWrite")).toEqual(["compose--web", "stop done\r\n"]);
        expect(await hub.push("terminalWrite")).toEqual(["compose-agent:5001-web", "stop done\r\n"]);
        expect(await late.agent("terminalResize", "compose--web", 10, 80)).toEqual({ ok: true });
    });

    it("shows what a deployment prints to those who watch the stack", async () => {
        await client.agent("terminalJoin", "compose--web");
        server.host.progress("web", "building\n");
        expect(await client.push("terminalWrite")).toEqual(["compose--web", "building\r\n"]);
    });

    it("deletes a stack after those who follow it let go, with its containers", async () => {
        await client.agent("startStack", "web");
        const order: string[] = [];
        server.host.onStackDelete(async (stack) => {
            await server.host.exclusive(stack, "a deployment ends", async () => void order.push(`${stack} unlinked, ${server.engine.projects.size} project`));
        });
        expect(await client.agent("deleteStack", "web")).toMatchObject({ ok: true, msg: "Deleted" });
        expect(order).toEqual(["web unlinked, 1 project"]);
        expect(server.engine.projects.size).toBe(0);
        await expect(stat(file("web"))).rejects.toThrow();
        await listed((list) => !("web" in list));
    });

    it("keeps the folder when its containers cannot be taken down", async () => {
        server.engine.failure = new DeployError("EXEC_FAILED", "no");
        expect(await client.agent("deleteStack", "web")).toMatchObject({ ok: false });
        expect(await readFile(file("web", "compose.yaml"), "utf8")).toBe(YAML);
    });

    it("shows each service's containers", async () => {
        await client.agent("startStack", "web");
        expect(await client.agent("serviceStatusList", "web")).toEqual({ ok: true, serviceStatusList: { app: [{ status: "running", name: "web-app-1" }] } });
        server.engine.isAway = true;
        server.engine.announce(null);
        expect(await client.agent("serviceStatusList", "web")).toMatchObject({ ok: false, code: "DOCKER_UNAVAILABLE" });
    });

    it.each(["startStack", "stopStack", "restartStack", "updateStack", "downStack", "deleteStack", "getStack"])("%s knows a stack that is not there", async (event) => {
        expect(await client.agent(event, "nowhere")).toMatchObject({ ok: false, code: "STACK_NOT_FOUND" });
    });
});

describe("the list", () => {
    it("shows what comes and goes in the folder and in Docker, without being asked", async () => {
        await mkdir(file("by-hand"));
        await writeFile(file("by-hand", "compose.yml"), "services: {}\n");
        await writeFile(file("by-hand", "docker-compose.yml"), "services: {}\n");
        const first = await listed((list) => list["by-hand"]?.composeFileName === "docker-compose.yml");
        expect(first["by-hand"]).toMatchObject({ status: 1, isManagedByDockge: true });
        server.engine.set("renamed", await realpath(file("by-hand")), ["running"]);
        server.engine.set("foreign", "/srv/foreign", ["exited"]);
        const second = await listed((list) => list["foreign"] !== undefined && list["by-hand"]?.status === 3);
        expect(second["foreign"]).toMatchObject({ status: 4, isManagedByDockge: false });
        expect(Object.keys(second).sort()).toEqual(["by-hand", "foreign"]);
        expect(await client.agent("getStack", "foreign")).toMatchObject({ ok: true, stack: { isManagedByDockge: false, composeYAML: "" } });
    });

    it("sees a folder again that was removed and made anew", async () => {
        await mkdir(file("again"));
        await writeFile(file("again", "compose.yaml"), "services: {}\n");
        await listed((list) => "again" in list);
        await rm(file("again"), { recursive: true });
        client.forget();
        await listed((list) => !("again" in list));
        await mkdir(file("again"));
        await writeFile(file("again", "compose.yaml"), "services: {}\n");
        await listed((list) => "again" in list);
    });

    it("is not sent again while nothing changes, however much Docker tells", async () => {
        server.engine.set("web", null, ["running"]);
        await listed((list) => list["web"]?.status === 3);
        client.forget();
        for (let at = 0; at < 50; at += 1) {
            server.engine.announce("web");
        }
        server.engine.set("end", null, ["running"]);
        await listed((list) => "end" in list);
        expect(client.pushes.filter((push) => push.event === "stackList")).toHaveLength(1);
    });

    it("is there without Docker, and right again when Docker is back", async () => {
        await client.agent("saveStack", "web", YAML, "", true);
        server.engine.isAway = true;
        server.engine.announce(null);
        await listed((list) => list["web"]?.status === 0);
        server.engine.isAway = false;
        client.forget();
        server.engine.set("web", null, ["running"]);
        await listed((list) => list["web"]?.status === 3);
    });

    it("has a stack that waits for Git, and what Git knows of every stack", async () => {
        const { isCreated, stack } = await server.host.stacks.put("waiting", {});
        expect({ isCreated, stack }).toMatchObject({ isCreated: true, stack: { name: "waiting", status: 1, composeFileName: null, composeYaml: "" } });
        await mkdir(file("linked"));
        await mkdir(file("no-stack"));
        const git = { gitRepository: { id: "r1" }, buildConfig: null, latestDeployment: null, deploymentHistory: [] } as unknown as StackGitFields;
        server.host.extendStacks((names) => Promise.resolve(new Map(names.filter((name) => name === "linked").map((name) => [name, git]))));
        server.host.stackChanged("linked");
        const list = await listed((stacks) => "linked" in stacks);
        expect(Object.keys(list).sort()).toEqual(["linked", "waiting"]);
        expect(list["linked"]?.gitRepository).toEqual({ id: "r1" });
        expect(await client.agent("getStack", "linked")).toMatchObject({ stack: { gitRepository: { id: "r1" }, deploymentHistory: [] } });
        await server.host.stacks.put("waiting", { composeYaml: YAML });
        await expect(stat(file("waiting", ".git-deploy-stack"))).rejects.toThrow();
    });

    it("survives what Git's part throws", async () => {
        server.host.extendStacks(() => Promise.reject(new Error("database is locked")));
        expect(await client.agent("saveStack", "web", YAML, "", true)).toMatchObject({ ok: true });
        await listed((list) => "web" in list);
    });
});

describe("calls that nobody knows", () => {
    it("are answered", async () => {
        expect(await client.agent("noSuchEvent", 1)).toMatchObject({ ok: false, code: "NOT_FOUND" });
        expect(await client.call("dockerRun", "docker run x")).toMatchObject({ ok: false, code: "NOT_FOUND" });
        expect(await client.call("agent", "elsewhere:5001", "requestStackList")).toMatchObject({ ok: false, code: "NOT_FOUND" });
        expect(await client.call("agent", 1, 2)).toMatchObject({ ok: false, code: "INPUT_INVALID" });
        expect(await client.agent("login", { username: USERNAME, password: PASSWORD })).toMatchObject({ ok: false, code: "NOT_FOUND" });
        expect(await client.call("agent", "##ALL_DOCKGE_ENDPOINTS##", "requestStackList")).toMatchObject({ ok: true, msg: "Updated" });
        expect(await client.agent("getDockerNetworkList")).toEqual({ ok: true, dockerNetworkList: ["bridge", "host"] });
    });

    it("do no harm without an acknowledgement", async () => {
        client.socket.emit("agent", "", "startStack", "../..");
        client.socket.emit("noSuchEvent");
        client.socket.emit("agent");
        expect(await client.agent("requestStackList")).toMatchObject({ ok: true });
    });
});
