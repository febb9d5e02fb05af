import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Host, HostUser, RawRequest } from "../../backend/host/host.ts";
import type { DeploymentView, StackGitFields } from "../../common/views.ts";

/** A logged-in (or not) page of the host, with pushes kept under their own name, in or out of Dockge's envelope. */
export interface HostClient {
    call(event: string, ...args: unknown[]): Promise<Record<string, unknown>>;
    agent(event: string, ...args: unknown[]): Promise<Record<string, unknown>>;
    /** The first push, seen already or to come, that the test accepts. */
    push(event: string, accepts?: (...args: never[]) => boolean): Promise<unknown[]>;
    readonly pushes: { event: string; args: unknown[] }[];
}

/** A host that listens, with a stacks folder of its own and no stacks in it. */
export interface HostUnderTest {
    host: Host;
    url: string;
    visitor(): Promise<HostClient>;
    user(): Promise<HostClient>;
    userName: string;
    /** Stops the host as a signal would, and resolves when it has. */
    stop(): Promise<void>;
    cleanUp(): Promise<void>;
}

const YAML = "services:\n  web:\n    image: nginx # a comment\n";

/** What the core relies on, wherever it runs. `register` is called before the host listens, as the composition root does. */
export function describeHost(name: string, makeHost: (register: (host: Host) => void) => Promise<HostUnderTest>): void {
    describe(`the Host port: ${name}`, () => {
        let under: HostUnderTest;
        let requests: RawRequest[];
        let users: HostUser[];
        let closed: string[];

        beforeEach(async () => {
            [requests, users, closed] = [[], [], []];
            under = await makeHost((host) => {
                host.route("POST", "/api/contract/{id}", (request) => {
                    requests.push(request);
                    return Promise.resolve({ status: 202, headers: { "content-type": "application/json" }, body: JSON.stringify({ ok: true }) });
                }, { maxBytes: 100 });
                host.route("GET", "/api/contract/{id}", (request) => Promise.resolve({ status: 200, body: `id ${request.params["id"]}` }));
                host.answer("contractEcho", (args, user) => {
                    users.push(user);
                    return args[0] === "fail" ? Promise.resolve({ ok: false, msg: "No.", code: "NOT_FOUND" }) : Promise.resolve({ ok: true, args });
                });
                host.answer("contractThrow", () => Promise.reject(new Error("an inner detail")));
                host.onClose(async () => void closed.push("closed"));
            });
        });
        afterEach(() => under.cleanUp());

        it("hands a route the exact bytes of the request and sends its answer", async () => {
            const body = Buffer.from([0, 255, 10, 13, 128]);
            const answer = await fetch(`${under.url}/api/contract/a%20b?q=1`, { method: "POST", body });
            expect([answer.status, await answer.json()]).toEqual([202, { ok: true }]);
            expect(requests[0]?.body.equals(body)).toBe(true);
            expect(requests[0]).toMatchObject({ method: "POST", path: "/api/contract/a%20b", params: { id: "a b" }, address: expect.stringMatching(/^(127\.0\.0\.1|::1)$/) });
            expect(requests[0]?.query.get("q")).toBe("1");
            expect(await (await fetch(`${under.url}/api/contract/7`)).text()).toBe("id 7");
        });

        it("refuses a body above the route's limit", async () => {
            expect((await fetch(`${under.url}/api/contract/1`, { method: "POST", body: "x".repeat(101) })).status).toBe(413);
            expect(requests).toEqual([]);
        });

        it("answers a verb directly and in the envelope, with the arguments as they were sent", async () => {
            const client = await under.user();
            const args = ["web", { deep: [1, null] }, 5];
            for (const answer of [await client.call("contractEcho", ...args), await client.agent("contractEcho", ...args)]) {
                expect(answer).toEqual({ ok: true, args });
            }
            expect(users[0]).toMatchObject({ name: under.userName, connectionId: expect.any(String) });
            expect(await client.agent("contractEcho", "fail")).toMatchObject({ ok: false, code: "NOT_FOUND", msg: "No." });
        });

        it("answers a verb only to somebody who is logged in", async () => {
            const client = await under.visitor();
            expect(await client.call("contractEcho", "web")).toMatchObject({ ok: false, code: "NOT_LOGGED_IN" });
            expect(users).toEqual([]);
        });

        it("answers although the verb failed, and keeps the reason to itself", async () => {
            const answer = await (await under.user()).agent("contractThrow");
            expect(answer).toMatchObject({ ok: false, code: "INTERNAL" });
            expect(JSON.stringify(answer)).not.toContain("an inner detail");
        });

        it("publishes to everybody who is logged in, or to those that joined a log", async () => {
            const [reader, other] = [await under.user(), await under.user()];
            await reader.agent("contractEcho");
            const connectionId = users[0]?.connectionId ?? "";
            const text = (offset: number) => ({ deploymentId: "d1", offset, text: `from ${offset}` });
            const end = (id: string) => ({ deployment: { id } as DeploymentView, steps: [] });

            under.host.joinLog(connectionId, "d1");
            under.host.publish("deploymentLog", text(0), { joinedLog: "d1" });
            under.host.leaveLog(connectionId, "d1");
            under.host.publish("deploymentLog", text(6), { joinedLog: "d1" });
            under.host.publish("deploymentUpdated", end("d1"));
            for (const client of [reader, other]) {
                expect((await client.push("deploymentUpdated"))[0]).toMatchObject(end("d1"));
            }
            const logs = (client: HostClient) => client.pushes.filter((push) => push.event === "deploymentLog").map((push) => push.args[0]);
            expect(logs(reader)).toEqual([expect.objectContaining(text(0))]);
            expect(logs(other)).toEqual([]);
        });

        it("runs one operation per stack at a time, those that wait in their order", async () => {
            const order: string[] = [];
            const run = (what: string) => async () => {
                order.push(`${what} begins`);
                await new Promise((resolve) => setImmediate(resolve));
                order.push(`${what} ends`);
            };
            await Promise.all([under.host.exclusive("web", "first", run("first")), under.host.exclusive("web", "second", run("second"))]);
            expect(order).toEqual(["first begins", "first ends", "second begins", "second ends"]);
        });

        it("tells a button what runs", async () => {
            await under.host.stacks.put("web", { composeYaml: YAML });
            let end = () => {};
            const release = under.host.exclusive("web", "a release is under way", () => new Promise<void>((resolve) => (end = resolve)));
            const answer = await (await under.user()).agent("stopStack", "web");
            expect(answer).toMatchObject({ ok: false, code: "STACK_BUSY", msg: expect.stringContaining("a release is under way") });
            end();
            await release;
        });

        it("makes, changes, reads and lists stacks", async () => {
            expect(await under.host.stacks.exists("web")).toBe(false);
            const made = await under.host.stacks.put("web", { composeYaml: YAML, env: "A=1\n" });
            expect(made).toMatchObject({ isCreated: true, stack: { name: "web", composeYaml: YAML, env: "A=1\n", isManaged: true } });
            expect(await under.host.stacks.put("web", { env: "A=2\n" })).toMatchObject({ isCreated: false, stack: { composeYaml: YAML, env: "A=2\n" } });
            await under.host.stacks.put("empty", {});
            expect(await under.host.stacks.get("empty")).toMatchObject({ composeYaml: "", composeFileName: null });
            expect((await under.host.stacks.list()).map((stack) => stack.name).sort()).toEqual(["empty", "web"]);
            await expect(under.host.stacks.put("web", { composeYaml: "services: [" })).rejects.toMatchObject({ code: "COMPOSE_INVALID" });
            await expect(under.host.stacks.get("nowhere")).rejects.toMatchObject({ code: "STACK_NOT_FOUND" });
        });

        it("checks a stack's name wherever one comes in", async () => {
            for (const bad of ["..", "../etc", "a/b", "", "Web", "-rf"]) {
                const refused = { code: "STACK_NAME_INVALID" };
                await expect(under.host.stacks.get(bad)).rejects.toMatchObject(refused);
                await expect(under.host.stacks.put(bad, {})).rejects.toMatchObject(refused);
                await expect(under.host.stacks.exists(bad)).rejects.toMatchObject(refused);
                await expect(under.host.exclusive(bad, "x", async () => {})).rejects.toMatchObject(refused);
            }
        });

        it("extends the stack's JSON and pushes the list when a stack changed", async () => {
            const git = { gitRepository: { id: "r1" }, buildConfig: null, latestDeployment: { id: "d1" }, deploymentHistory: [] } as unknown as StackGitFields;
            const client = await under.user();
            await under.host.stacks.put("web", { composeYaml: YAML });
            under.host.extendStacks((names) => Promise.resolve(new Map(names.map((stack) => [stack, git]))));
            under.host.stackChanged("web");
            await client.push("stackList", (push: { stackList: Record<string, Partial<StackGitFields> | undefined> }) => push.stackList["web"]?.latestDeployment?.id === "d1");
            expect(await client.agent("getStack", "web")).toMatchObject({ ok: true, stack: { name: "web", composeYAML: YAML, gitRepository: { id: "r1" } } });
            under.host.extendStacks((names) => Promise.resolve(new Map(names.map((stack) => [stack, { ...git, latestDeployment: { id: "d2" } } as unknown as StackGitFields]))));
            under.host.listChanged();
            await client.push("stackList", (push: { stackList: Record<string, Partial<StackGitFields> | undefined> }) => push.stackList["web"]?.latestDeployment?.id === "d2");
        });

        it("asks before it deletes a stack", async () => {
            const asked: string[] = [];
            under.host.onStackDelete(async (stack) => void asked.push(`${stack}: ${await under.host.stacks.exists(stack)}`));
            await under.host.stacks.put("web", { composeYaml: YAML });
            expect(await (await under.user()).agent("deleteStack", "web")).toMatchObject({ ok: true });
            expect(asked).toEqual(["web: true"]);
            expect(await under.host.stacks.exists("web")).toBe(false);
        });

        it("shows progress in the stack's terminal", async () => {
            const client = await under.user();
            await under.host.stacks.put("web", { composeYaml: YAML });
            await client.agent("terminalJoin", "compose--web");
            under.host.progress("web", "building\r\n");
            expect(await client.push("terminalWrite")).toEqual(["compose--web", expect.stringContaining("building")]);
        });

        it("stops what was registered when it stops", async () => {
            await under.stop();
            expect(closed).toEqual(["closed"]);
        });
    });
}
