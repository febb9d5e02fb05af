import type { IncomingHttpHeaders } from "node:http";

/**
 * Dockge's rule against pages of other sites that open a socket from somebody's browser: an `Origin` must name the host the
 * request was sent to. Programs send none. A reverse proxy must therefore keep `Host`, or be trusted and send X-Forwarded-Host.
 */
export function isOriginAllowed(headers: IncomingHttpHeaders, settings: { isAnyOriginAllowed: boolean; isProxyTrusted: boolean }): boolean {
    const { origin, host } = headers;
    if (origin === undefined || settings.isAnyOriginAllowed) {
        return true;
    }
    const forwarded = settings.isProxyTrusted ? headers["x-forwarded-host"] : undefined;
    return [host, forwarded].some((name) => typeof name === "string" && isSameHost(origin, name));
}

function isSameHost(origin: string, host: string): boolean {
    try {
        const { protocol, host: originHost } = new URL(origin);
        // Parsed with the same scheme, so that a default port means the same on both sides.
        return new URL(`${protocol}//${host}`).host === originHost;
    } catch {
        return false;
    }
}
