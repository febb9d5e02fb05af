import { notice } from "../events.ts";
import { readPullRequest, readPush, readRefNotice, readRepository } from "../github-shape.ts";
import { at, parseObject } from "../payload.ts";
import type { WebhookProvider } from "../provider.ts";
import { isHmacOf } from "../verify.ts";

/** A push lists 2048 commits at most. @see https://docs.github.com/en/webhooks/webhook-events-and-payloads#push */
const MAX_COMMITS = 2048;

export const github: WebhookProvider = {
    // The form body is signed as it is. The older SHA-1 signature is refused.
    verify: ({ headers, body }, secrets) => isHmacOf(body, headers["x-hub-signature-256"], "sha256=", secrets.accepted),
    deliveryId: (headers) => headers["x-github-delivery"] ?? null,
    eventType: (headers) => headers["x-github-event"] ?? null,
    signature: (headers) => headers["x-hub-signature-256"] ?? null,
    parse(headers, text) {
        const payload = parseObject(text);
        switch (headers["x-github-event"]) {
            case "push":
                return [readPush(payload, { maxCommits: MAX_COMMITS })];
            case "pull_request":
                return [readPullRequest(payload)];
            case "ping":
                return [notice("ping", at(payload, "repository") === undefined ? null : readRepository(at(payload, "repository")))];
            case "create":
                return [readRefNotice("ref_created", payload)];
            case "delete":
                return [readRefNotice("ref_deleted", payload)];
            default:
                return [notice("other", null)];
        }
    },
};
