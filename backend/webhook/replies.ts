import type { ErrorCode } from "../../common/error-codes.ts";
import type { WebhookAnswer } from "../../common/wire.ts";
import type { Recorded } from "../domain/ports.ts";

export interface WebhookReply {
    status: number;
    headers: Record<string, string>;
    body: WebhookAnswer;
}

/** This push is queued already, under this id or another. */
export function duplicate(recorded: Recorded, deploymentId?: string): WebhookReply {
    return reply(200, { ok: true, duplicate: true, deploymentId: recorded.deployment?.id ?? recorded.event.deploymentId ?? deploymentId ?? "" });
}

export function reply(status: number, body: WebhookAnswer, headers: Record<string, string> = {}): WebhookReply {
    return { status, headers, body };
}

export function failure(status: number, code: ErrorCode, message?: string, headers: Record<string, string> = {}): WebhookReply {
    return reply(status, message === undefined ? { ok: false, code } : { ok: false, code, message }, headers);
}

export function tooMany(waitS: number): WebhookReply {
    return failure(429, "TOO_MANY_REQUESTS", `Too many requests. Try again in ${waitS} s.`, { "retry-after": String(waitS) });
}
