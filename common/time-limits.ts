/**
 * Milliseconds until whoever asked stops waiting: a browser for its server, a hub for its agent. Dockge never answers what it does not know,
 * and compose operations take their time.
 */
const TIMEOUT_MS = 20_000;
const LONG_TIMEOUT_MS = 600_000;
const LONG: ReadonlySet<string> = new Set([
    "deployStack",
    "startStack",
    "stopStack",
    "restartStack",
    "updateStack",
    "downStack",
    "deleteStack",
    "buildStack",
    "startService",
    "stopService",
    "restartService",
]);
/** These talk to a Git server first. */
const GIT_TIMEOUT_MS = 90_000;
const GIT: ReadonlySet<string> = new Set(["testGitRepository", "listGitBranches", "saveGitRepository", "deployFromGit", "deleteGitRepository", "compareReleases", "checkRemote", "listComposeFiles"]);

export function timeLimitMs(event: string): number {
    return LONG.has(event) ? LONG_TIMEOUT_MS : GIT.has(event) ? GIT_TIMEOUT_MS : TIMEOUT_MS;
}
