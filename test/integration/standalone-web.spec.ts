import { mkdir, writeFile } from "node:fs/promises";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { RawRequest } from "../../backend/host/host.ts";
import { startStandalone, type Standalone } from "../fixtures/standalone-host.ts";

const LIMIT = 1000;
let server: Standalone;
let seen: RawRequest[] = [];
afterEach(() => server.stop());

async function start(options: Parameters<typeof startStandalone>[0] = {}) {
    seen = [];
    server = await startStandalone({
        ...options,
        register: (host) => {
            host.route(
                "POST",
                "/api/webhooks/deploy/{repositoryId}",
                (request) => {
                    seen.push(request);
                    return Promise.resolve({ status: 202, headers: { "content-type": "application/json" }, body: "{\"ok\":true}" });
                },
                { maxBytes: LIMIT },
            );
            host.route("GET", "/api/log", () => Promise.resolve({ status: 200, headers: { "content-type": "text/plain" }, body: (async function* () { yield "one\n"; yield Buffer.from("two\n"); })() }));
            host.route("GET", "/api/broken", () => Promise.reject(new Error("a secret detail")));
        },
    });
}

/** A request in full control of its headers and of how its body comes; resolves with the answer, which may be early. */
async function raw(headers: http.OutgoingHttpHeaders, send: (request: http.ClientRequest) => void): Promise<{ status: number; body: string }> {
    return await new Promise((resolve, reject) => {
        const request = http.request(`${server.url}/api/webhooks/deploy/r1`, { method: "POST", headers }, (response) => {
            let body = "";
            response.on("data", (chunk: Buffer) => (body += chunk.toString()));
            response.on("end", () => {
                resolve({ status: response.statusCode ?? 0, body });
                request.destroy();
            });
        });
        request.on("error", reject);
        send(request);
    });
}

describe("routes of the core", () => {
    it("get the exact bytes, whatever the content type says, and everything else of the request", async () => {
        await start();
        const body = Buffer.from([0x7b, 0x00, 0xff, 0xfe, 0x0d, 0x0a, 0xe2, 0x82, 0xac, 0x7d]);
        const answer = await fetch(`${server.url}/api/webhooks/deploy/a%2Fb?x=1&x=2`, { method: "POST", body, headers: { "content-type": "application/json", "x-hub-signature-256": "sha256=0", "x-forwarded-for": "6.6.6.6" } });
        expect([answer.status, await answer.json()]).toEqual([202, { ok: true }]);
        const request = seen[0];
        expect(request?.body.equals(body)).toBe(true);
        expect(request).toMatchObject({ method: "POST", params: { repositoryId: "a/b" }, address: "127.0.0.1", origin: server.url, headers: { "x-hub-signature-256": "sha256=0" } });
        expect(request?.query.getAll("x")).toEqual(["1", "2"]);
    });

    it("know the client behind a trusted proxy", async () => {
        await start({ config: { isProxyTrusted: true } });
        await fetch(`${server.url}/api/webhooks/deploy/r1`, { method: "POST", body: "x", headers: { "x-forwarded-for": "6.6.6.6, 1.2.3.4", "x-forwarded-proto": "https", "x-forwarded-host": "deploy.example.com" } });
        expect(seen[0]).toMatchObject({ address: "1.2.3.4", origin: "https://deploy.example.com" });
    });

    it("take a body of exactly the limit", async () => {
        await start();
        expect((await raw({}, (request) => request.end(Buffer.alloc(LIMIT, 1)))).status).toBe(202);
        expect(seen[0]?.body).toHaveLength(LIMIT);
    });

    it("refuse a larger one by its Content-Length, before a byte of it has come", async () => {
        await start();
        const { status, body } = await raw({ "content-length": 30_000_000_000 }, (request) => request.flushHeaders());
        expect([status, JSON.parse(body)]).toEqual([413, { ok: false, code: "PAYLOAD_TOO_LARGE", message: expect.any(String) }]);
        expect(seen).toEqual([]);
    });

    it("refuse a larger one that does not say how large it is, while it comes", async () => {
        await start();
        const { status } = await raw({ "transfer-encoding": "chunked" }, (request) => {
            request.write(Buffer.alloc(LIMIT + 1, 1));
        });
        expect(status).toBe(413);
        expect(seen).toEqual([]);
    });

    it("end a connection that goes on sending after the refusal", async () => {
        await start();
        const socket = net.connect(Number(new URL(server.url).port), "127.0.0.1");
        socket.write("POST /api/webhooks/deploy/r1 HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n");
        const flood = setInterval(() => socket.write(Buffer.alloc(1000)), 20);
        socket.on("error", () => {});
        await new Promise((resolve) => socket.once("close", resolve));
        clearInterval(flood);
    });

    it("do not wait for ever for a body", async () => {
        await start({ bodyTimeoutMs: 100 });
        const { status } = await raw({ "content-length": 10 }, (request) => request.write("abc"));
        expect(status).toBe(408);
        expect(seen).toEqual([]);
    });

    it("stream, answer HEAD, name the right method, and keep inner errors to themselves", async () => {
        await start();
        expect(await (await fetch(`${server.url}/api/log`)).text()).toBe("one\ntwo\n");
        const head = await fetch(`${server.url}/api/log`, { method: "HEAD" });
        expect([head.status, await head.text()]).toEqual([200, ""]);
        const wrong = await fetch(`${server.url}/api/log`, { method: "DELETE" });
        expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET"]);
        const broken = await fetch(`${server.url}/api/broken`);
        expect(broken.status).toBe(500);
        expect(await broken.text()).not.toContain("secret detail");
        const missing = await fetch(`${server.url}/api/v1/nothing`);
        expect([missing.status, await missing.json()]).toEqual([404, { ok: false, code: "NOT_FOUND", message: expect.any(String) }]);
    });
});

describe("pages", () => {
    async function build() {
        const pages = path.join(server.stacksDirectory, "..", "pages");
        await mkdir(path.join(pages, "assets"), { recursive: true });
        await writeFile(path.join(pages, "index.html"), "<title>app</title>");
        await writeFile(path.join(pages, "assets", "index-a1b2.js"), "1");
        await writeFile(path.join(pages, "..", "secret.txt"), "secret");
    }

    it("say how to build them when they are not", async () => {
        await start();
        const answer = await fetch(`${server.url}/`);
        expect(answer.status).toBe(503);
        expect(await answer.text()).toContain("npm run build:frontend");
    });

    it("are cached by their hash, the page itself never, and deep links lead to it", async () => {
        await start();
        await build();
        const asset = await fetch(`${server.url}/assets/index-a1b2.js`);
        expect(asset.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
        for (const link of ["/", "/compose/web", "/compose/web/git?tab=1"]) {
            const page = await fetch(server.url + link);
            expect([page.status, page.headers.get("cache-control"), await page.text()]).toEqual([200, "no-cache", "<title>app</title>"]);
        }
        expect((await fetch(`${server.url}/assets/index-old.js`)).status).toBe(404);
        expect(await (await fetch(`${server.url}/robots.txt`)).text()).toContain("Disallow");
    });

    it("are protected by a policy that fits them, and never leave their folder", async () => {
        await start();
        await build();
        const { headers } = await fetch(`${server.url}/`);
        expect(headers.get("content-security-policy")).toContain("script-src 'self'");
        expect(headers.get("content-security-policy")).not.toContain("upgrade-insecure-requests");
        expect(headers.get("x-powered-by")).toBeNull();
        const answer = await new Promise<string>((resolve) => {
            const socket = net.connect(Number(new URL(server.url).port), "127.0.0.1", () => socket.write("GET /assets/..%2f../secret.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
            let text = "";
            socket.on("data", (chunk) => (text += chunk.toString())).on("close", () => resolve(text));
        });
        expect(answer).not.toContain("secret\n");
        expect(answer).toMatch(/^HTTP\/1\.1 (403|404)/);
    });
});

describe("starting and stopping", () => {
    it("names a port that is taken", async () => {
        await start();
        await expect(startStandalone({ config: { port: Number(new URL(server.url).port) } })).rejects.toMatchObject({ code: "PORT_IN_USE", message: expect.stringContaining("DOCKGE_PORT") });
    });

    it("lets what runs end, tells clients, refuses new work, then closes every connection", async () => {
        await start();
        const client = await (await server.connect()).login();
        await client.agent("saveStack", "web", "services: {}\n", "", true);
        const order: string[] = [];
        let end = () => {};
        server.engine.hold = new Promise((resolve) => (end = resolve));
        server.host.onClose(async () => void order.push("stopped"));
        server.host.onClose(() => Promise.reject(new Error("broken")));
        const pressed = client.agent("stopStack", "web").then((answer) => order.push(`answered ${String(answer.ok)}`));
        await client.push("terminalWrite");
        const closing = server.host.close().then(() => order.push("closed"));
        await client.push("serverClosing");
        expect(await client.agent("startStack", "web")).toMatchObject({ ok: false, code: "STORE_UNAVAILABLE" });
        end();
        await Promise.all([pressed, closing]);
        expect(order).toEqual(["stopped", "answered true", "closed"]);
        await expect.poll(() => client.socket.connected).toBe(false);
        await expect(fetch(server.url)).rejects.toThrow();
    });

    it("does not wait for ever", async () => {
        await start({ closeLimitMs: 50 });
        const client = await (await server.connect()).login();
        await client.agent("saveStack", "web", "services: {}\n", "", true);
        server.engine.hold = new Promise(() => {});
        server.host.onClose(() => new Promise(() => {}));
        void client.agent("stopStack", "web").catch(() => {});
        await client.push("terminalWrite");
        await server.host.close();
    });
});
