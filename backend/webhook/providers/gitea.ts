import type { ProviderEvent } from "../../domain/push/push.ts";
import { notice } from "../events.ts";
import { isTestPush, readPullRequest, readPush, readRefNotice, readRepository } from "../github-shape.ts";
import { at, jsonBytes, parseObject, type JsonObject } from "../payload.ts";
import type { WebhookHeaders, WebhookProvider } from "../provider.ts";
import { isHmacOf } from "../verify.ts";

/** Commits that a push lists unless the server's FEED_MAX_COMMIT_NUM says otherwise. */
const MAX_COMMITS = 5;

export const gitea = giteaLike(["gitea"], (payload) => [readRefNotice("ref_created", payload)]);

/**
 * Gitea and its relatives differ in the names of their headers, and in what a `create` event means.
 * `names` are tried in order: a Forgejo server sends its own headers and Gitea's.
 */
export function giteaLike(names: readonly string[], onCreate: (payload: JsonObject) => ProviderEvent[]): WebhookProvider {
    const header = (headers: WebhookHeaders, suffix: string) => names.map((name) => headers[`x-${name}-${suffix}`]).find((value) => value !== undefined);
    return {
        // Signed is the JSON, also when it is sent as a form.
        verify: ({ headers, body }, secrets) => isHmacOf(jsonBytes(headers, body), header(headers, "signature"), "", secrets.accepted),
        deliveryId: (headers) => header(headers, "delivery") ?? null,
        eventType: (headers) => header(headers, "event-type") ?? header(headers, "event") ?? null,
        signature: (headers) => header(headers, "signature") ?? null,
        parse(headers, text) {
            const payload = parseObject(text);
            const repository = readRepository(at(payload, "repository"));
            switch (header(headers, "event")) {
                case "push":
                    return [isTestPush(payload) ? notice("test", repository) : readPush(payload, { maxCommits: MAX_COMMITS })];
                case "pull_request":
                    return [readPullRequest(payload)];
                case "create":
                    return onCreate(payload);
                case "delete":
                    return [readRefNotice("ref_deleted", payload)];
                default:
                    return [notice("other", repository)];
            }
        },
    };
}
