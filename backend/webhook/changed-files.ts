import { listAt } from "./payload.ts";

/** GitHub lists 3000 files of a commit at most. @see https://docs.github.com/en/webhooks/webhook-events-and-payloads#push */
const MAX_FILES_PER_COMMIT = 3000;

/**
 * Every path that the commits of a push name, sorted, or null when the list may be incomplete:
 * the provider left commits out, a commit has no lists, or there is nothing listed although the ref moved.
 * A path filter must take null for "anything may have changed".
 */
export function changedFiles(commits: unknown[] | null, limits: { total: number | null; maxCommits: number; isWholePush: boolean }): string[] | null {
    if (!limits.isWholePush || commits === null || commits.length === 0) {
        return null;
    }
    // The real count tells; without one a full list may have been cut.
    if (limits.total === null ? commits.length >= limits.maxCommits : limits.total > commits.length) {
        return null;
    }
    const paths = new Set<string>();
    for (const commit of commits) {
        const lists = ["added", "modified", "removed"].map((key) => listAt(commit, key));
        // A list without content may be null (Gogs), but a commit without any list tells nothing.
        if (lists.every((list) => list === null)) {
            return null;
        }
        const named = lists.flatMap((list) => list ?? []).filter((path) => typeof path === "string");
        if (named.length >= MAX_FILES_PER_COMMIT) {
            return null;
        }
        named.forEach((path) => paths.add(path));
    }
    return [...paths].sort();
}
