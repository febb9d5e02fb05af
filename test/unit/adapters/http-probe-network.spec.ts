import { describe, expect, it } from "vitest";
import { gatewayIn } from "../../../backend/adapters/http-probe-network.ts";
import { HttpProbe } from "../../../backend/adapters/http-probe.ts";
import type { ContainerState } from "../../../backend/domain/ports.ts";

function container(ports: [number, number | null, string | null][], addresses: Record<string, string>): ContainerState {
    return { ports: ports.map(([privatePort, publicPort, address]) => ({ privatePort, publicPort, address, protocol: "tcp" })), addresses } as unknown as ContainerState;
}

describe("where a container's port may be reached", () => {
    it("tries a published port on loopback first, then the container's own addresses", () => {
        const probe = new HttpProbe({ seenFrom: "host" });
        expect(probe.baseUrls(container([[80, 8080, "0.0.0.0"], [80, 8080, "::"], [90, 9090, "0.0.0.0"]], { default: "172.18.0.2", v6: "fd00::2" }), 80)).toEqual([
            "http://127.0.0.1:8080", "http://172.18.0.2:80", "http://[fd00::2]:80",
        ]);
        expect(probe.baseUrls(container([[80, 8080, "192.168.1.5"], [80, null, null]], {}), 80)).toEqual(["http://192.168.1.5:8080"]);
        expect(probe.baseUrls(container([], { host: "" }), 3000)).toEqual(["http://127.0.0.1:3000"]);
    });

    it("goes through the gateway from inside a container, and never to its own loopback", () => {
        const probe = new HttpProbe({ seenFrom: "container", gateway: "172.17.0.1", subnets: [] });
        expect(probe.baseUrls(container([[80, 8080, "0.0.0.0"]], { default: "172.18.0.2" }), 80)).toEqual(["http://172.17.0.1:8080", "http://172.18.0.2:80"]);
        expect(probe.baseUrls(container([[80, 8080, "127.0.0.1"]], {}), 80)).toEqual([]);
    });

    it("asks from within the network of a container that shares none with this one, as the Engine drops what goes between", async () => {
        const asked: string[] = [];
        const ask = async (id: string, url: string) => {
            asked.push(`${id} ${url}`);
            return await Promise.resolve(url.endsWith("/down") ? { reason: "ECONNREFUSED" } : { status: 204 });
        };
        const probe = new HttpProbe({ seenFrom: "container", gateway: "172.17.0.1", subnets: ["172.19.0.7/16", "fd00:19::7/64"] }, { ask });
        const far = probe.baseUrls({ ...container([[80, 8080, "127.0.0.1"]], { own: "172.24.0.2" }), id: "far" }, 80);
        expect(far).toEqual(["http://172.24.0.2:80"]);
        await expect(probe.get("http://172.24.0.2:80/up?x=1", 1000)).resolves.toBe(204);
        await expect(probe.get("http://172.24.0.2:80/down", 1000)).rejects.toMatchObject({ code: "HEALTH_CHECK_FAILED", message: expect.stringContaining("(ECONNREFUSED)") as string });
        await expect(probe.get("http://172.24.0.3:80/up", 1000)).rejects.toThrow("not one of the stack's own containers");
        expect(asked).toEqual(["far http://172.24.0.2:80/up?x=1", "far http://172.24.0.2:80/down"]);
    });

    it("asks by itself who is on a network with it", async () => {
        const ask = async () => await Promise.reject(new Error("asked from elsewhere"));
        const probe = new HttpProbe({ seenFrom: "container", gateway: "127.0.0.9", subnets: ["127.0.1.7/24", "::7/120"] }, { ask });
        const closed = "127.0.1.1:9";
        expect(probe.baseUrls({ ...container([[9, 9, "0.0.0.0"]], { shared: "127.0.1.1", v6: "::1" }), id: "near" }, 9)).toEqual(["http://127.0.0.9:9", `http://${closed}`, "http://[::1]:9"]);
        for (const origin of ["127.0.0.9:9", closed, "[::1]:9"]) {
            await expect(probe.get(`http://${origin}/`, 1000)).rejects.toMatchObject({ code: "HEALTH_CHECK_FAILED" });
        }
    });

    it("does not name link-local addresses, which belong to the cloud", () => {
        expect(new HttpProbe({ seenFrom: "host" }).baseUrls(container([[80, 80, "169.254.169.254"]], { a: "169.254.1.1", b: "fe80::1" }), 80)).toEqual([]);
    });

    it("reads the gateway of the default route", () => {
        const head = "Iface\tDestination\tGateway \tFlags\n";
        expect(gatewayIn(`${head}eth0\t000011AC\t00000000\t0001\neth0\t00000000\t010011AC\t0003\n`)).toBe("172.17.0.1");
        expect(gatewayIn(head)).toBeNull();
    });
});
