/** Node's and OpenSSL's codes for certificates that are not trusted. @see https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const UNTRUSTED = new Set([
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_GET_ISSUER_CERT",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "CERT_UNTRUSTED",
]);

/** The HTTP status with which a WebSocket was refused, by whatever answers there; null when it was not about that. */
export function refusedUpgradeStatus(error: unknown): number | null {
    const status = /unexpected server response: (\d{3})/i.exec(reasonIn(error).message)?.[1];
    return status === undefined ? null : Number(status);
}

/** Why an attempt to connect did not succeed, as a sentence; `error` is what Socket.IO reports, with the cause somewhere inside. */
export function connectFailure(error: unknown): string {
    const { code, message } = reasonIn(error);
    if (UNTRUSTED.has(code)) {
        return `Its certificate is not signed by an authority that this server trusts (${code}). Name the file of that authority, or of a self-signed certificate itself, in NODE_EXTRA_CA_CERTS and start this server again.`;
    }
    if (code === "CERT_HAS_EXPIRED" || code === "ERR_TLS_CERT_ALTNAME_INVALID") {
        return code === "CERT_HAS_EXPIRED" ? "Its certificate has expired." : "Its certificate is for another name.";
    }
    switch (code) {
        case "ECONNREFUSED":
            return "Nothing listens there. Is Dockge running, and is the port right?";
        case "ENOTFOUND":
        case "EAI_AGAIN":
            return "Its name cannot be resolved. Check the spelling and this server's DNS.";
        case "EHOSTUNREACH":
        case "ENETUNREACH":
            return "There is no way to it from this server's network.";
        case "ECONNRESET":
        case "EPIPE":
            return "It hung up.";
        case "ETIMEDOUT":
            return "It does not answer.";
        case "AGENT_ADDRESS_REFUSED":
            return message;
        case "EPROTO":
        case "ERR_SSL_WRONG_VERSION_NUMBER":
            return "It does not speak HTTPS on this port. Try http://.";
    }
    if (refusedUpgradeStatus(error) !== null || message === "xhr poll error") {
        return "What answers there is no Dockge, or a proxy in front of it does not let the connection through.";
    }
    return message === "timeout" ? "It does not answer." : `It cannot be reached (${code || message || "unknown reason"}).`;
}

/** Socket.IO wraps the transport's error, which wraps an event, which wraps the socket's own error. */
const MAX_DEPTH = 5;

function reasonIn(error: unknown): { code: string; message: string } {
    let current = error as Record<string, unknown> | null;
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
        const inner = [current?.["description"], current?.["error"], current?.["cause"]].find((value) => typeof value === "object" && value !== null);
        if (inner === undefined) {
            break;
        }
        current = inner as Record<string, unknown>;
    }
    const textOf = (value: unknown) => (typeof value === "string" ? value : "");
    return { code: textOf(current?.["code"]), message: textOf(current?.["message"]) };
}
