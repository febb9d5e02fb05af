import type { PullRequest, Push, RepositoryInfo } from "../../domain/push/push.ts";
import { notice } from "../events.ts";
import { at, commitAt, flagAt, idAt, listAt, makeRef, numberAt, parseObject, textAt, type JsonObject } from "../payload.ts";
import type { WebhookProvider } from "../provider.ts";
import { isHmacOf } from "../verify.ts";

const PULL_REQUEST_ACTIONS: Record<string, PullRequest["action"]> = {
    "pullrequest:created": "opened",
    // Also sent for a new title or reviewer; the payload does not tell which.
    "pullrequest:updated": "other",
    "pullrequest:fulfilled": "merged",
    "pullrequest:rejected": "closed",
};

/** Bitbucket Cloud. */
export const bitbucket: WebhookProvider = {
    // Unlike GitHub's header of this name it holds SHA-256, and nothing else is accepted.
    verify: ({ headers, body }, secrets) => isHmacOf(body, headers["x-hub-signature"], "sha256=", secrets.accepted),
    deliveryId: (headers) => headers["x-request-uuid"] ?? null,
    eventType: (headers) => headers["x-event-key"] ?? null,
    signature: (headers) => headers["x-hub-signature"] ?? null,
    parse(headers, text) {
        const payload = parseObject(text);
        const event = headers["x-event-key"] ?? "";
        if (event === "repo:push") {
            return (listAt(payload, "push", "changes") ?? []).map((change) => readChange(change, payload)).filter((push) => push !== null);
        }
        const action = PULL_REQUEST_ACTIONS[event];
        return action === undefined ? [notice("other", readRepository(payload))] : [readPullRequest(event, action, payload)];
    },
};

/** The payload has no clone URLs; both follow from the full name. */
function readRepository(payload: JsonObject): RepositoryInfo {
    const fullName = textAt(payload, "repository", "full_name");
    return {
        id: idAt(payload, "repository", "uuid"),
        fullName,
        cloneUrlHttp: fullName === null ? null : `https://bitbucket.org/${fullName}.git`,
        cloneUrlSsh: fullName === null ? null : `git@bitbucket.org:${fullName}.git`,
        defaultBranch: textAt(payload, "repository", "mainbranch", "name"),
        private: flagAt(payload, "repository", "is_private"),
    };
}

function readChange(change: unknown, payload: JsonObject): Push | null {
    const isDeleted = textAt(change, "new", "name") === null;
    const side = isDeleted ? "old" : "new";
    const name = textAt(change, side, "name");
    if (name === null) {
        return null;
    }
    const after = isDeleted ? null : commitAt(change, "new", "target", "hash");
    const before = commitAt(change, "old", "target", "hash");
    return {
        kind: "push",
        ...makeRef(textAt(change, side, "type")?.endsWith("tag") === true ? "tag" : "branch", name),
        before,
        after,
        isCreated: flagAt(change, "created") ?? before === null,
        isDeleted,
        isForced: flagAt(change, "forced") ?? false,
        headCommit: after === null ? null : { id: after, message: textAt(change, "new", "target", "message") ?? "", author: authorName(textAt(change, "new", "target", "author", "raw")) },
        pusher: textAt(payload, "actor", "display_name") ?? textAt(payload, "actor", "nickname"),
        // Bitbucket never lists files.
        changedFiles: null,
        isSkipRequested: false,
        repository: readRepository(payload),
    };
}

/** `Brad Rydzewski <brad@example.com>` without the address. */
function authorName(raw: string | null): string | null {
    return raw === null ? null : raw.replace(/\s*<[^>]*>\s*$/, "") || raw;
}

function readPullRequest(event: string, action: PullRequest["action"], payload: JsonObject): PullRequest {
    const pull = at(payload, "pullrequest");
    const headRepository = textAt(pull, "source", "repository", "full_name");
    const baseRepository = textAt(pull, "destination", "repository", "full_name");
    return {
        kind: "pull_request",
        action,
        rawAction: event,
        number: numberAt(pull, "id"),
        isDraft: flagAt(pull, "draft") ?? false,
        // Only the first 12 digits; to be expanded before use.
        headSha: textAt(pull, "source", "commit", "hash"),
        headRef: textAt(pull, "source", "branch", "name"),
        headRepository,
        baseRef: textAt(pull, "destination", "branch", "name"),
        baseSha: textAt(pull, "destination", "commit", "hash"),
        baseRepository,
        isFork: headRepository === null || headRepository !== baseRepository,
        oldHeadSha: null,
        labels: [],
        mergeCommitSha: textAt(pull, "merge_commit", "hash"),
        repository: readRepository(payload),
    };
}
