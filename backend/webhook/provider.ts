import type { ProviderEvent } from "../domain/push/push.ts";
import type { Secret } from "../domain/secret.ts";

/** Lower-case names; Node joins the values of a repeated header with `, `. */
export type WebhookHeaders = Readonly<Record<string, string | undefined>>;

export interface SignedRequest {
    headers: WebhookHeaders;
    /** As it came over the wire: signatures are over bytes, not over parsed JSON. */
    body: Buffer;
}

export interface WebhookSecrets {
    /** Any of these may have signed: the current secret and, during a rotation, the one before it. Empty ones never verify. */
    accepted: readonly Secret[];
    /** `whsec_…`; when it is set nothing weaker is accepted. */
    signingToken: Secret | null;
}

/** Everything that is particular to one provider's webhooks. Implementations never throw on odd input, except `parse`. */
export interface WebhookProvider {
    verify(request: SignedRequest, secrets: WebhookSecrets, nowMs: number): boolean;
    /** What names a delivery and stays the same when it is sent again; null when the provider has no such thing. */
    deliveryId(headers: WebhookHeaders): string | null;
    eventType(headers: WebhookHeaders): string | null;
    /** The signature for the record; never a token that is itself the secret. */
    signature(headers: WebhookHeaders): string | null;
    /** Turns the JSON text of a delivery into what happened. @throws PAYLOAD_INVALID */
    parse(headers: WebhookHeaders, payload: string): ProviderEvent[];
    /** True for an unsigned test that asks for nothing, which older servers send. */
    isUnsignedPing?(headers: WebhookHeaders): boolean;
}
