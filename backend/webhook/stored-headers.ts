import type { WebhookHeaders } from "./provider.ts";

/**
 * Headers that may carry a secret: tokens, credentials of people and of proxies in front of us, certificates.
 * Signatures have a field of their own.
 */
const SENSITIVE = /authorization|cookie|token|secret|password|credential|api-?key|session|jwt|assertion|oidc|client-cert|signature/i;

const MAX_HEADERS = 100;
const MAX_VALUE_LENGTH = 2000;

/** What of a delivery's headers is kept and shown. */
export function storedHeaders(headers: WebhookHeaders): Record<string, string> {
    const kept = Object.entries(headers).flatMap(([name, value]) => (value === undefined || SENSITIVE.test(name) ? [] : [[name.toLowerCase(), value.slice(0, MAX_VALUE_LENGTH)] as const]));
    return Object.fromEntries(kept.slice(0, MAX_HEADERS));
}
