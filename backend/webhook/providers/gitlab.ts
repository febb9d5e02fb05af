import type { Notice, PullRequest, Push, RepositoryInfo } from "../../domain/push/push.ts";
import { changedFiles } from "../changed-files.ts";
import { notice } from "../events.ts";
import { at, commitAt, flagAt, idAt, listAt, numberAt, parseObject, readRef, textAt, type JsonObject } from "../payload.ts";
import type { WebhookProvider } from "../provider.ts";
import { isStandardWebhook, isToken } from "../verify.ts";

/** A push lists its newest 20 commits. @see https://docs.gitlab.com/user/project/integrations/webhook_events/#push-events */
const MAX_COMMITS = 20;
/** GitLab's number for a public project. */
const PUBLIC = 20;

export const gitlab: WebhookProvider = {
    // GitLab 19 sends `webhook-id` always and a signature only with a signing token: without one a configured signing token was bypassed.
    verify: ({ headers, body }, secrets, nowMs) =>
        secrets.signingToken === null ? isToken(headers["x-gitlab-token"], secrets.accepted) : isStandardWebhook(body, headers, [secrets.signingToken], nowMs),
    // X-Gitlab-Webhook-UUID is new on each attempt, and X-Gitlab-Event-UUID is shared by pushes that cause one another.
    deliveryId: (headers) => headers["idempotency-key"] ?? headers["webhook-id"] ?? null,
    eventType: (headers) => headers["x-gitlab-event"] ?? null,
    signature: (headers) => headers["webhook-signature"] ?? null,
    parse(_headers, text) {
        const payload = parseObject(text);
        // A custom template may have replaced the payload, so what is missing is no error. System hooks name their event differently.
        switch (textAt(payload, "object_kind") ?? textAt(payload, "event_name")) {
            case "push":
            case "tag_push":
                return [readPush(payload)];
            case "merge_request":
                return [readMergeRequest(payload)];
            default:
                return [notice("other", at(payload, "project") === undefined ? null : readProject(payload))];
        }
    },
};

function readProject(payload: JsonObject): RepositoryInfo {
    const project = at(payload, "project");
    const visibility = at(project, "visibility_level");
    return {
        id: idAt(project, "id"),
        fullName: textAt(project, "path_with_namespace"),
        cloneUrlHttp: textAt(project, "git_http_url"),
        cloneUrlSsh: textAt(project, "git_ssh_url"),
        defaultBranch: textAt(project, "default_branch"),
        private: typeof visibility === "number" ? visibility !== PUBLIC : null,
    };
}

function readPush(payload: JsonObject): Push | Notice {
    const repository = readProject(payload);
    const ref = readRef(textAt(payload, "ref"));
    if (ref === null) {
        return notice("other", repository);
    }
    const before = commitAt(payload, "before");
    const isDeleted = commitAt(payload, "after") === null;
    // For an annotated tag `after` is the tag object and `checkout_sha` its commit.
    const after = isDeleted ? null : (commitAt(payload, "checkout_sha") ?? commitAt(payload, "after"));
    const commits = listAt(payload, "commits");
    const newest = (commits ?? []).find((commit) => after !== null && textAt(commit, "id") === after);
    const total = at(payload, "total_commits_count");
    return {
        kind: "push",
        ...ref,
        before,
        after,
        isCreated: before === null,
        isDeleted,
        // Not told by GitLab.
        isForced: false,
        headCommit: after === null || newest === undefined ? null : { id: after, message: textAt(newest, "message") ?? textAt(newest, "title") ?? "", author: textAt(newest, "author", "name") },
        pusher: textAt(payload, "user_username") ?? textAt(payload, "user_name"),
        changedFiles: changedFiles(commits, {
            total: typeof total === "number" ? total : null,
            maxCommits: MAX_COMMITS,
            isWholePush: ref.refType === "branch" && before !== null && !isDeleted,
        }),
        isSkipRequested: isSkipOption(at(payload, "push_options")),
        repository,
    };
}

/** `git push -o ci.skip`; arrives as an object, or as the flat key in some versions. */
function isSkipOption(options: unknown): boolean {
    const skip = at(options, "ci", "skip") ?? at(options, "ci.skip");
    return skip !== undefined && skip !== null && skip !== false && skip !== "false";
}

function readMergeRequest(payload: JsonObject): PullRequest {
    const attributes = at(payload, "object_attributes");
    const rawAction = textAt(attributes, "action");
    const oldHeadSha = commitAt(attributes, "oldrev");
    const sourceId = idAt(attributes, "source_project_id");
    return {
        kind: "pull_request",
        action: mergeRequestAction(rawAction, oldHeadSha !== null),
        rawAction,
        number: numberAt(attributes, "iid"),
        isDraft: flagAt(attributes, "draft") ?? flagAt(attributes, "work_in_progress") ?? false,
        headSha: commitAt(attributes, "last_commit", "id"),
        headRef: textAt(attributes, "source_branch"),
        headRepository: textAt(attributes, "source", "path_with_namespace"),
        baseRef: textAt(attributes, "target_branch"),
        baseSha: null,
        baseRepository: textAt(attributes, "target", "path_with_namespace"),
        isFork: sourceId === null || sourceId !== idAt(attributes, "target_project_id"),
        oldHeadSha,
        labels: (listAt(payload, "labels") ?? listAt(attributes, "labels") ?? []).map((label) => textAt(label, "title")).filter((label) => label !== null),
        mergeCommitSha: commitAt(attributes, "merge_commit_sha"),
        repository: readProject(payload),
    };
}

/** An update carries `oldrev` only when there are new commits. */
function mergeRequestAction(action: string | null, hasNewCommits: boolean): PullRequest["action"] {
    switch (action) {
        case "open":
            return "opened";
        case "reopen":
            return "reopened";
        case "close":
            return "closed";
        case "merge":
            return "merged";
        case "update":
            return hasNewCommits ? "synchronized" : "other";
        default:
            return "other";
    }
}
