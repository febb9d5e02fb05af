/**
 * What kind of address a host name is or resolves to. Pure: the resolving itself is the adapter's.
 * `metadata` are the addresses at which clouds hand out credentials to whoever asks from inside.
 */
export type AddressKind = "public" | "private" | "loopback" | "link-local" | "metadata" | "unusable" | "name";

/** @see https://en.wikipedia.org/wiki/Link-local_address, Alibaba, Azure and Oracle document theirs outside of 169.254.0.0/16 */
const METADATA_ADDRESSES = new Set(["100.100.100.200", "168.63.129.16", "192.0.0.192", "169.254.169.254"]);
const METADATA_NAMES = new Set(["metadata.google.internal", "metadata.goog", "metadata", "instance-data", "instance-data.ec2.internal"]);
/** AWS's IPv6 metadata address fd00:ec2::254. */
const METADATA_IPV6 = "fd00:0ec2:0000:0000:0000:0000:0000:0254";

/** Kind of a host as it stands in a URL or comes from DNS: an IPv4 or IPv6 literal (brackets and zone allowed), or a name. */
export function classifyHost(host: string): AddressKind {
    const bare = host.toLowerCase().replace(/^\[(.*)\]$/, "$1").replace(/%.*$/, "").replace(/\.$/, "");
    const ipv4 = parseIpv4(bare);
    if (ipv4 !== null) {
        return classifyIpv4(ipv4);
    }
    const ipv6 = parseIpv6(bare);
    if (ipv6 !== null) {
        return classifyIpv6(ipv6);
    }
    if (METADATA_NAMES.has(bare)) {
        return "metadata";
    }
    if (bare === "localhost" || bare.endsWith(".localhost") || bare === "localhost.localdomain" || bare === "ip6-localhost" || bare === "ip6-loopback") {
        return "loopback";
    }
    return "name";
}

/** Why a host may not be contacted, or null. Loopback only with the operator's explicit permission; link-local and metadata never. */
export function hostRefusal(host: string, isLoopbackAllowed: boolean): string | null {
    switch (classifyHost(host)) {
        case "loopback":
            return isLoopbackAllowed ? null : "it is this machine itself; name it in GIT_DEPLOY_INSECURE_HTTP_HOSTS if that is meant";
        case "link-local":
            return "it is a link-local address";
        case "metadata":
            return "it is a cloud metadata address";
        case "unusable":
            return "it is not the address of a single host";
        case "public":
        case "private":
        case "name":
            return null;
    }
}

function classifyIpv4(octets: readonly number[]): AddressKind {
    const [a = 0, b = 0] = octets;
    if (METADATA_ADDRESSES.has(octets.join("."))) {
        return "metadata";
    }
    if (a === 127 || a === 0) {
        // 0.0.0.0 reaches this machine on Linux.
        return "loopback";
    }
    if (a === 169 && b === 254) {
        return "link-local";
    }
    if (a >= 224) {
        return "unusable";
    }
    const isPrivate = a === 10 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168) || (a === 100 && b >= 64 && b <= 127);
    return isPrivate ? "private" : "public";
}

function classifyIpv6(groups: readonly number[]): AddressKind {
    const first = groups[0] ?? 0;
    const embedded = embeddedIpv4(groups);
    if (groups.every((group) => group === 0) || (groups.slice(0, 7).every((group) => group === 0) && groups[7] === 1)) {
        return "loopback";
    }
    if (embedded !== null) {
        return classifyIpv4(embedded);
    }
    if (groups.map((group) => group.toString(16).padStart(4, "0")).join(":") === METADATA_IPV6) {
        return "metadata";
    }
    if ((first & 0xffc0) === 0xfe80) {
        return "link-local";
    }
    if ((first & 0xff00) === 0xff00) {
        return "unusable";
    }
    return (first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfec0 ? "private" : "public";
}

/** The IPv4 address inside ::ffff:a.b.c.d, ::a.b.c.d, 64:ff9b::a.b.c.d (NAT64) and 2002:ab:cd:: (6to4). */
function embeddedIpv4(groups: readonly number[]): number[] | null {
    const octetsOf = (high = 0, low = 0) => [high >> 8, high & 0xff, low >> 8, low & 0xff];
    const startsWith = (...prefix: number[]) => prefix.every((group, index) => groups[index] === group);
    if (startsWith(0, 0, 0, 0, 0, 0xffff) || startsWith(0, 0, 0, 0, 0, 0) || startsWith(0x64, 0xff9b, 0, 0, 0, 0)) {
        return octetsOf(groups[6], groups[7]);
    }
    return groups[0] === 0x2002 ? octetsOf(groups[1], groups[2]) : null;
}

function parseIpv4(text: string): number[] | null {
    if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) {
        return null;
    }
    const octets = text.split(".").map(Number);
    return octets.every((octet) => octet <= 255) ? octets : null;
}

function parseIpv6(text: string): number[] | null {
    if (!/^[0-9a-f:.]+$/.test(text) || !text.includes(":")) {
        return null;
    }
    const lastColon = text.lastIndexOf(":");
    const tail = parseIpv4(text.slice(lastColon + 1));
    const hex = tail === null ? text : `${text.slice(0, lastColon + 1)}${toGroup(tail[0], tail[1])}:${toGroup(tail[2], tail[3])}`;
    const halves = hex.split("::");
    if (halves.length > 2) {
        return null;
    }
    const groupsOf = (half: string | undefined) => (half === undefined || half === "" ? [] : half.split(":"));
    const before = groupsOf(halves[0]);
    const after = groupsOf(halves[1]);
    const missing = 8 - before.length - after.length;
    if (halves.length === 1 ? missing !== 0 : missing < 0) {
        return null;
    }
    const all = [...before, ...Array<string>(missing).fill("0"), ...after];
    return all.every((group) => /^[0-9a-f]{1,4}$/.test(group)) ? all.map((group) => Number.parseInt(group, 16)) : null;
}

function toGroup(high = 0, low = 0): string {
    return ((high << 8) | low).toString(16);
}
