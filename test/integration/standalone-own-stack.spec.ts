import { access, readFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DeployError } from "../../backend/domain/errors.ts";
import { startStandalone, USERNAME, type Client, type Standalone } from "../fixtures/standalone-host.ts";

const YAML = "services:\n  app:\n    image: app:1\n";

let server: Standalone;
let client: Client;

beforeEach(async () => {
    server = await startStandalone();
    client = await (await server.connect()).login();
    for (const stack of ["dockge", "blog"]) {
        await client.agent("saveStack", stack, YAML, "", true);
        await client.agent("startStack", stack);
    }
    server.engine.calls.length = 0;
    server.audit.entries.length = 0;
});
afterEach(() => server.stop());

describe("the stack whose container this server runs in", () => {
    beforeEach(() => {
        server.engine.docker.ownProject = () => Promise.resolve("dockge");
    });

    it.each([
        ["stopStack", []],
        ["downStack", []],
        ["deleteStack", []],
        ["restartStack", []],
        ["startStack", []],
        ["updateStack", []],
        ["buildStack", [false]],
        ["deployStack", ["services: {}\n", "", false]],
        ["restartService", ["app"]],
        ["stopService", ["app"]],
    ])("is not touched by %s, which says what to run instead", async (event, args) => {
        const answer = await client.agent(event, "dockge", ...args);
        expect(answer).toMatchObject({ ok: false, code: "OWN_STACK", msg: expect.stringContaining(`docker compose -p dockge --project-directory ${path.join(server.stacksDirectory, "dockge")} `) });
        expect(server.engine.calls).toEqual([]);
        expect(await readFile(path.join(server.stacksDirectory, "dockge/compose.yaml"), "utf8")).toBe(YAML);
    });

    it("can be edited, and no other stack is meant", async () => {
        expect(await client.agent("saveStack", "dockge", "services: {}\n", "", false)).toMatchObject({ ok: true });
        expect(await client.agent("restartStack", "blog")).toMatchObject({ ok: true });
        expect(server.engine.calls).toEqual(["restart blog"]);
    });

    it("is not hit by another stack that takes its project's name", async () => {
        expect(await client.agent("deployStack", "blog", `name: dockge\n${YAML}`, "", false)).toMatchObject({ ok: false, code: "OWN_STACK" });
        expect(server.engine.calls).toEqual([]);
    });

    it("is not hit under the name by which it runs, when its file has another one by now", async () => {
        await client.agent("saveStack", "dockge", `name: renamed\n${YAML}`, "", false);
        expect(await client.agent("downStack", "dockge")).toMatchObject({ ok: false, code: "OWN_STACK" });
        expect(server.engine.calls).toEqual([]);
    });
});

describe("the folder with the server's own data", () => {
    it("is not deleted with the stack around it", async () => {
        const inside = await startStandalone({ config: { stacksDirectory: server.stacksDirectory, dataDirectory: path.join(server.stacksDirectory, "dockge/data") } });
        try {
            const person = await (await inside.connect()).login();
            expect(await person.agent("deleteStack", "dockge")).toMatchObject({ ok: false, code: "OWN_STACK", msg: expect.stringContaining("own data") });
            await access(path.join(server.stacksDirectory, "dockge/data"));
        } finally {
            await inside.stop();
        }
    });
});

describe("the audit log of Dockge's buttons", () => {
    const said = () => server.audit.entries.map(({ action, stackId, subject, details }) => [action, stackId, subject, details]);

    it("has who did what to which stack, and what failed", async () => {
        await client.agent("saveStack", "blog", YAML, "A=1\n", false);
        await client.agent("stopService", "blog", "app");
        server.engine.failure = new DeployError("UP_FAILED", "The port is in use.");
        await client.agent("deployStack", "blog", YAML, "", false);
        server.engine.failure = null;
        await client.agent("deleteStack", "blog");
        expect(said()).toEqual([
            ["stack.save", "blog", null, {}],
            ["service.stop", "blog", "app", {}],
            ["stack.deploy", "blog", null, { failed: "UP_FAILED" }],
            ["stack.delete", "blog", null, {}],
        ]);
        expect(server.audit.entries[0]?.actor).toEqual({ kind: "user", name: USERNAME, address: "127.0.0.1" });
    });

    it("has nothing of what was refused or only read", async () => {
        await client.agent("getStack", "blog");
        await client.agent("startStack", "absent");
        await client.agent("stopStack", "../blog");
        await (await server.connect()).agent("stopStack", "blog");
        expect(said()).toEqual([]);
    });
});

describe("Dockge's setting trustProxy", () => {
    it("is heard at the start and as soon as it is switched", async () => {
        const addressFor = async (headers: Record<string, string>) => {
            const person = await (await server.connect(headers)).login();
            server.audit.entries.length = 0;
            await person.agent("stopStack", "blog");
            return server.audit.entries[0]?.actor.address;
        };
        const forwarded = { "x-forwarded-for": "203.0.113.7" };
        expect(await addressFor(forwarded)).toBe("127.0.0.1");
        await client.call("setSettings", { trustProxy: true }, "");
        expect(await addressFor(forwarded)).toBe("203.0.113.7");
        expect(await addressFor({ "x-real-ip": "203.0.113.8" })).toBe("203.0.113.8");
        await client.call("setSettings", { trustProxy: false }, "");
        expect(await addressFor(forwarded)).toBe("127.0.0.1");
    });
});
