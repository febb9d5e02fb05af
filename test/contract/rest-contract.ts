import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PERSON, ServiceWorld } from "../fixtures/service-world.ts";
import type { Host } from "../../backend/host/host.ts";
import { wire } from "../fixtures/wired-host.ts";
import type { HostUnderTest } from "./host-contract.ts";

/** The same registration over a real server: what only bytes on a wire can show. */
export function describeRest(name: string, makeHost: (register: (host: Host) => void) => Promise<HostUnderTest>): void {
    describe(`REST and sockets: ${name}`, () => {
        let world: ServiceWorld;
        let server: HostUnderTest;
        let received: ReturnType<typeof wire>["received"];
        let authorization: string;

        beforeEach(async () => {
            world = new ServiceWorld();
            server = await makeHost((host) => void ({ received } = wire(host, world)));
            authorization = `Bearer ${(await world.services.apiTokens.create({ name: "ci" }, PERSON)).token}`;
        });
        afterEach(() => server.cleanUp());

        const api = async (method: string, path: string, body?: string | Buffer, headers: Record<string, string> = {}) =>
            await fetch(server.url + path, { method, headers: { authorization, ...headers }, ...(body === undefined ? {} : { body }) });

        it("makes a stack, links it and shows the same to a browser", async () => {
            expect((await api("PUT", "/api/v1/stacks/blog", "{}")).status).toBe(200);
            const reply = await api("PUT", "/api/v1/stacks/blog/repository", JSON.stringify({ url: "https://git.example/team/blog.git", branch: "main" }));
            expect(reply.headers.get("cache-control")).toBe("no-store");
            const saved = (await reply.json()) as { id: string; webhookUrl: string };
            expect(saved.webhookUrl).toBe(`${server.url}/api/webhooks/deploy/${saved.id}`);
            const client = await server.user();
            expect(await client.agent("getGitRepository", "blog")).toMatchObject({ ok: true, gitRepository: { id: saved.id, webhookUrl: saved.webhookUrl } });
        });

        it.each([
            ["PUT", "/api/v1/stacks/UPPER", 400, "STACK_NAME_INVALID"],
            // fetch() resolves this to the folder above before it sends it.
            ["PUT", "/api/v1/stacks/%2e%2e", 404, "NOT_FOUND"],
            ["PUT", "/api/v1/stacks/a%2Fb", 400, "STACK_NAME_INVALID"],
            ["PUT", "/api/v1/stacks/..%2F..%2Fetc/repository", 400, "STACK_NAME_INVALID"],
            ["GET", "/api/v1/deployments/none", 404, "DEPLOYMENT_NOT_FOUND"],
            ["GET", "/api/v1/nowhere", 404, "NOT_FOUND"],
            ["PUT", "/api/v1/stacks/blog", 413, "PAYLOAD_TOO_LARGE"],
        ])("%s %s is %i %s", async (method, path, status, code) => {
            const reply = await api(method, path, status === 413 ? Buffer.alloc(2 * 1024 * 1024 + 1, 0x20) : method === "PUT" ? "{}" : undefined);
            expect([reply.status, ((await reply.json()) as { code: string }).code]).toEqual([status, code]);
        });

        it("streams a log and takes a delivery byte for byte", async () => {
            world.succeed("d1");
            world.logText = "2026-01-31T10:00:00.000Z\tbuild\tout\tinfo\tgrüße\n".repeat(50_000);
            expect(await (await api("GET", "/api/v1/deployments/d1/log")).text()).toBe(world.logText);
            const body = Buffer.from([0x7b, 0xff, 0x00, 0x0d, 0x0a, 0x7d]);
            expect((await api("POST", "/api/webhooks/deploy/r1", body)).status).toBe(202);
            expect(received[0]?.body.equals(body)).toBe(true);
        });

        it("serves the API's page under a policy that lets its script run and no other", async () => {
            const page = await fetch(`${server.url}/api/docs`);
            expect(page.headers.get("content-security-policy")).toMatch(/script-src 'self'(;|$)/);
            expect(await page.text()).toContain("docs/start.js");
            const script = await fetch(`${server.url}/api/docs/swagger-ui-bundle.js`);
            expect(script.headers.get("content-type")).toContain("javascript");
            expect((await fetch(`${server.url}/api/health`)).status).toBe(200);
        });
    });
}
