import type { Notice, PullRequest, Push, RepositoryInfo } from "../../domain/push/push.ts";
import { notice } from "../events.ts";
import { at, commitAt, flagAt, idAt, listAt, numberAt, parseObject, readRef, textAt, type JsonObject } from "../payload.ts";
import type { WebhookProvider } from "../provider.ts";
import { isHmacOf } from "../verify.ts";

const PING = "diagnostics:ping";

const PULL_REQUEST_ACTIONS: Record<string, PullRequest["action"]> = {
    "pr:opened": "opened",
    "pr:from_ref_updated": "synchronized",
    "pr:reopened": "reopened",
    "pr:merged": "merged",
    "pr:declined": "closed",
    "pr:deleted": "closed",
    "pr:modified": "other",
};

/** Bitbucket Data Center (and the former Server). */
export const bitbucketDc: WebhookProvider = {
    verify: ({ headers, body }, secrets) => isHmacOf(body, headers["x-hub-signature"], "sha256=", secrets.accepted),
    deliveryId: (headers) => headers["x-request-id"] ?? null,
    eventType: (headers) => headers["x-event-key"] ?? null,
    signature: (headers) => headers["x-hub-signature"] ?? null,
    // The test button of older versions does not sign.
    isUnsignedPing: (headers) => headers["x-event-key"] === PING && headers["x-hub-signature"] === undefined,
    parse(headers, text) {
        const payload = parseObject(text);
        const event = headers["x-event-key"] ?? "";
        if (event === "repo:refs_changed") {
            return (listAt(payload, "changes") ?? []).map((change) => readChange(change, payload));
        }
        if (event === PING) {
            return [notice("ping", null)];
        }
        const action = PULL_REQUEST_ACTIONS[event];
        return action === undefined ? [notice("other", null)] : [readPullRequest(event, action, payload)];
    },
};

function readRepository(repository: unknown): RepositoryInfo {
    const links = listAt(repository, "links", "clone") ?? [];
    const link = (...names: string[]) => textAt(links.find((candidate) => names.includes(textAt(candidate, "name") ?? "")), "href");
    const isPublic = flagAt(repository, "public");
    return {
        id: idAt(repository, "id"),
        fullName: fullName(repository),
        cloneUrlHttp: link("http", "https"),
        cloneUrlSsh: link("ssh"),
        defaultBranch: null,
        private: isPublic === null ? null : !isPublic,
    };
}

function fullName(repository: unknown): string | null {
    const project = textAt(repository, "project", "key");
    const slug = textAt(repository, "slug");
    return project === null || slug === null ? null : `${project}/${slug}`;
}

function readChange(change: unknown, payload: JsonObject): Push | Notice {
    const repository = readRepository(at(payload, "repository"));
    const ref = readRef(textAt(change, "ref", "id") ?? textAt(change, "refId"));
    if (ref === null) {
        return notice("other", repository);
    }
    const type = textAt(change, "type");
    const before = commitAt(change, "fromHash");
    const to = commitAt(change, "toHash");
    const isDeleted = type === "DELETE" || to === null;
    // `toHash` of an annotated tag is the tag object. The only change's `toCommit` (newer versions) is the commit that it points to.
    const isOnlyChange = listAt(payload, "changes")?.length === 1;
    const tip = commitAt(payload, "toCommit", "id");
    const after = isDeleted ? null : ref.refType === "tag" && isOnlyChange ? (tip ?? to) : to;
    return {
        kind: "push",
        ...ref,
        before,
        after,
        isCreated: type === "ADD" || before === null,
        isDeleted,
        // Not told.
        isForced: false,
        headCommit: after === null || after !== tip ? null : { id: after, message: textAt(payload, "toCommit", "message") ?? "", author: textAt(payload, "toCommit", "author", "displayName") ?? textAt(payload, "toCommit", "author", "name") },
        pusher: textAt(payload, "actor", "name") ?? textAt(payload, "actor", "displayName"),
        // Bitbucket never lists files.
        changedFiles: null,
        isSkipRequested: false,
        repository,
    };
}

function readPullRequest(event: string, action: PullRequest["action"], payload: JsonObject): PullRequest {
    const pull = at(payload, "pullRequest");
    const headId = idAt(pull, "fromRef", "repository", "id");
    return {
        kind: "pull_request",
        action,
        rawAction: event,
        number: numberAt(pull, "id"),
        isDraft: flagAt(pull, "draft") ?? false,
        headSha: commitAt(pull, "fromRef", "latestCommit"),
        headRef: textAt(pull, "fromRef", "displayId"),
        headRepository: fullName(at(pull, "fromRef", "repository")),
        baseRef: textAt(pull, "toRef", "displayId"),
        baseSha: commitAt(pull, "toRef", "latestCommit"),
        baseRepository: fullName(at(pull, "toRef", "repository")),
        isFork: headId === null || headId !== idAt(pull, "toRef", "repository", "id"),
        oldHeadSha: commitAt(payload, "previousFromHash"),
        labels: [],
        mergeCommitSha: commitAt(pull, "properties", "mergeCommit", "id"),
        repository: readRepository(at(pull, "toRef", "repository")),
    };
}
