import { isIPv6 } from "node:net";

/** One home or server has 2^64 addresses of IPv6 to choose from, so these count by their first 64 bits. */
export function addressBlock(address: string): string {
    const bare = address.split("%")[0] ?? "";
    if (!bare.includes(":") || !isIPv6(bare)) {
        return address;
    }
    const [head = "", tail] = bare.split("::");
    const groups = head === "" ? [] : head.split(":");
    const after = tail === undefined || tail === "" ? 0 : tail.split(":").length;
    const whole = tail === undefined ? groups : [...groups, ...Array.from({ length: Math.max(0, 8 - groups.length - after) }, () => "0"), ...tail.split(":")];
    return `${whole.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}
