import type { RepositoryInfo } from "../../domain/push/push.ts";
import { notice } from "../events.ts";
import { at, commitAt, makeRef, parseObject, readRef, textAt, type JsonObject, type Ref } from "../payload.ts";
import type { WebhookHeaders, WebhookProvider } from "../provider.ts";
import { isHmacOf, isStandardWebhook, isToken } from "../verify.ts";

/**
 * Any sender that can make an HTTP request. It is authenticated in one of three ways, and which one is decided before any is tried:
 * Standard Webhooks (always, when a signing token is configured), an HMAC of the body, or the secret as a token.
 */
export const generic: WebhookProvider = {
    verify({ headers, body }, secrets, nowMs) {
        if (secrets.signingToken !== null) {
            return isStandardWebhook(body, headers, [secrets.signingToken], nowMs);
        }
        const signature = bodySignature(headers);
        return signature === undefined ? isToken(token(headers), secrets.accepted) : isHmacOf(body, signature, "sha256=", secrets.accepted);
    },
    deliveryId: (headers) => headers["x-webhook-id"] ?? headers["webhook-id"] ?? null,
    eventType: (headers) => headers["x-webhook-event"] ?? "deploy",
    signature: (headers) => headers["webhook-signature"] ?? bodySignature(headers) ?? null,
    /** `{ref?, sha?, repository?}`; without `sha` the head of the branch is meant, without `ref` the branch that the stack follows. An empty body will do. */
    parse(headers, text) {
        const payload = text.trim() === "" ? {} : parseObject(text);
        if (headers["x-webhook-event"] === "ping" || textAt(payload, "event") === "ping") {
            return [notice("ping", null)];
        }
        const repository = readRepository(payload);
        const ref = readTarget(payload);
        if (ref === null) {
            return [notice("other", repository)];
        }
        const after = commitAt(payload, "sha") ?? commitAt(payload, "after");
        return [
            {
                kind: "push",
                ...ref,
                before: commitAt(payload, "before"),
                after,
                isCreated: false,
                isDeleted: at(payload, "deleted") === true || /^0+$/.test(textAt(payload, "after") ?? ""),
                isForced: false,
                headCommit: after === null ? null : { id: after, message: textAt(payload, "head_commit", "message") ?? textAt(payload, "message") ?? "", author: textAt(payload, "head_commit", "author", "name") },
                pusher: textAt(payload, "pusher", "name") ?? textAt(payload, "pusher"),
                changedFiles: null,
                isSkipRequested: false,
                repository,
            },
        ];
    },
};

function bodySignature(headers: WebhookHeaders): string | undefined {
    return headers["x-webhook-signature"] ?? headers["x-hub-signature-256"];
}

function token(headers: WebhookHeaders): string | undefined {
    return headers["x-webhook-token"] ?? /^Bearer +(.+)$/i.exec(headers["authorization"] ?? "")?.[1];
}

/** The name is empty when the sender named no ref. A short name is a branch. */
function readTarget(payload: JsonObject): Ref | null {
    const ref = textAt(payload, "ref");
    if (ref === null) {
        return { ref: "HEAD", refType: "branch", name: "" };
    }
    return ref.startsWith("refs/") ? readRef(ref) : makeRef("branch", ref);
}

/** A URL, a full name, or an object as GitHub has it. */
function readRepository(payload: JsonObject): RepositoryInfo {
    const named = textAt(payload, "repository");
    const isUrl = named !== null && /:\/\/|@/.test(named);
    return {
        id: null,
        fullName: named === null ? textAt(payload, "repository", "full_name") : isUrl ? null : named,
        cloneUrlHttp: isUrl ? named : textAt(payload, "repository", "clone_url"),
        cloneUrlSsh: textAt(payload, "repository", "ssh_url"),
        defaultBranch: null,
        private: null,
    };
}
