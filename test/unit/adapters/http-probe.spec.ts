import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HttpProbe } from "../../../backend/adapters/http-probe.ts";
import type { ContainerState } from "../../../backend/domain/ports.ts";

let server: http.Server;
let base: string;
let probe: HttpProbe;
const seen: string[] = [];

beforeEach(async () => {
    seen.length = 0;
    server = http.createServer((request, response) => {
        seen.push(request.url ?? "");
        if (request.url === "/silent") {
            return;
        }
        response.writeHead(request.url === "/moved" ? 302 : request.url === "/broken" ? 503 : 200, { location: "/elsewhere" });
        // A body without end, as an event stream has.
        response.write("x");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    probe = new HttpProbe({ seenFrom: "host" });
    base = probe.baseUrls({ ports: [{ privatePort: 80, publicPort: port, address: "0.0.0.0", protocol: "tcp" }], addresses: {} } as unknown as ContainerState, 80)[0] ?? "";
});

afterEach(() => {
    server.closeAllConnections();
    server.close();
});

describe("HttpProbe", () => {
    it("gives the status, does not wait for the body and does not follow a redirect", async () => {
        expect(await probe.get(`${base}/healthz?x=1`, 2000)).toBe(200);
        expect(await probe.get(`${base}/broken`, 2000)).toBe(503);
        expect(await probe.get(`${base}/moved`, 2000)).toBe(302);
        expect(seen).toEqual(["/healthz?x=1", "/broken", "/moved"]);
    });

    it("says that nobody answered in time", async () => {
        await expect(probe.get(`${base}/silent`, 50)).rejects.toMatchObject({ code: "HEALTH_CHECK_FAILED", message: expect.stringContaining("within 50 ms") as string });
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
        await expect(probe.get(`${base}/`, 2000)).rejects.toMatchObject({ code: "HEALTH_CHECK_FAILED", message: expect.stringContaining("ECONNREFUSED") as string });
    });

    it("ends with the signal's own reason", async () => {
        const controller = new AbortController();
        const run = probe.get(`${base}/silent`, 5000, controller.signal);
        controller.abort(new Error("cancelled"));
        await expect(run).rejects.toThrow("cancelled");
    });

    it.each(["http://169.254.169.254/latest", "http://example.test/", "http://127.0.0.1:1/", "file:///etc/passwd", "nonsense"])("does not call %s, which it did not name itself", async (url) => {
        await expect(probe.get(url, 1000)).rejects.toMatchObject({ code: "HEALTH_CHECK_FAILED" });
    });

    it("is not led elsewhere by a path", async () => {
        await expect(probe.get(`${base}@example.test/`, 1000)).rejects.toMatchObject({ code: "HEALTH_CHECK_FAILED" });
        await expect(probe.get(`${base}0/`, 1000)).rejects.toMatchObject({ code: "HEALTH_CHECK_FAILED" });
        expect(seen).toEqual([]);
    });
});
