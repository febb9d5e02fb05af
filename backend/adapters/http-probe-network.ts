import { existsSync, readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";

/** Where published ports of containers are reached from this process. */
export type PublishedPorts =
    /** This process shares the host's network. */
    | { seenFrom: "host" }
    /**
     * This process has a network of its own: the host is behind the gateway, and loopback is this process's own. Of other containers only those on a network with this process can be
     * reached: `subnets`, such as `172.18.0.0/16`. The Engine drops what goes from one of its networks to another.
     */
    | { seenFrom: "container"; gateway: string; subnets: readonly string[] };

/** @returns how this process sees published ports: through loopback, or through the gateway when it runs in a container with its own network */
export function readPublishedPorts(): PublishedPorts {
    // A container on the host's network sees the Engine's bridge.
    const isOwnNetwork = existsSync("/.dockerenv") && !existsSync("/sys/class/net/docker0");
    const gateway = isOwnNetwork ? gatewayIn(readRoutes()) : null;
    return gateway === null ? { seenFrom: "host" } : { seenFrom: "container", gateway, subnets: ownSubnets() };
}

function ownSubnets(): string[] {
    return Object.values(networkInterfaces())
        .flatMap((addresses) => addresses ?? [])
        .flatMap(({ cidr, internal }) => (cidr === null || internal ? [] : [cidr]));
}

function readRoutes(): string {
    try {
        return readFileSync("/proc/net/route", "utf8");
    } catch {
        return "";
    }
}

/** The default route's gateway in /proc/net/route, where addresses are little-endian hex. */
export function gatewayIn(routes: string): string | null {
    for (const line of routes.split("\n")) {
        const [, destination, gateway] = line.trim().split(/\s+/);
        if (destination === "00000000" && gateway !== undefined && /^[0-9A-F]{8}$/.test(gateway) && gateway !== "00000000") {
            return (gateway.match(/../g) ?? []).reverse().map((byte) => Number.parseInt(byte, 16)).join(".");
        }
    }
    return null;
}
