import type { IncomingHttpHeaders } from "node:http";

/**
 * Who is at the other end. Behind a trusted proxy the last entry of X-Forwarded-For is what that proxy saw; everything
 * before it was sent by the client and proves nothing. X-Real-IP counts when that is all the proxy sends, as with Dockge.
 */
export function clientAddress(headers: IncomingHttpHeaders, socketAddress: string | undefined, isProxyTrusted: boolean): string {
    const forwarded = isProxyTrusted ? lastOf(headers["x-forwarded-for"] ?? headers["x-real-ip"]) : "";
    const address = forwarded === "" ? (socketAddress ?? "") : forwarded;
    // A socket that listens on IPv6 shows IPv4 clients as mapped addresses.
    return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");
}

/** `https://host` as the client wrote it. `isEncrypted`: our own end of the connection speaks TLS. */
export function clientOrigin(headers: IncomingHttpHeaders, isProxyTrusted: boolean, isEncrypted = false): string {
    const protocol = isEncrypted || (isProxyTrusted && lastOf(headers["x-forwarded-proto"]) === "https") ? "https" : "http";
    const forwardedHost = isProxyTrusted ? lastOf(headers["x-forwarded-host"]) : "";
    return `${protocol}://${forwardedHost === "" ? (headers.host ?? "localhost") : forwardedHost}`;
}

function lastOf(header: string | string[] | undefined): string {
    const text = Array.isArray(header) ? header.join(",") : (header ?? "");
    return text.split(",").at(-1)?.trim() ?? "";
}
