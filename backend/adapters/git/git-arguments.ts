/**
 * Argument lists of every git call, built here and run elsewhere. Nothing secret is ever an argument: everybody on the machine can read them.
 * URLs are hrefs of parsed URLs, refs checked names, ids checked hexadecimal digits; still `--end-of-options` stands before each of them.
 */

/** Refs of ours in a mirror; nothing else is there. */
export const REFS = {
    commit: (sha: string) => `refs/git-deploy/commits/${sha}`,
    /** Named by a hash: `a` and `a/b` may follow each other as branches, but not as files. */
    branch: (nameHash: string) => `refs/git-deploy/heads/${nameHash}`,
    everyBranch: "refs/git-deploy/all/",
    release: (releaseId: string, kind: "commit" | "tree") => `refs/git-deploy/releases/${releaseId}/${kind}`,
} as const;

/** More than any history has; the value that git itself uses for `--unshallow`. */
export const WHOLE_HISTORY = 2_147_483_647;

/** Complaints about harmless habits of old tools, which would lock out whole histories. Same choice as GitLab's. */
const HARMLESS_FSCK = ["badTimezone", "missingSpaceBeforeDate", "zeroPaddedFilemode"];

export interface RemoteSettings {
    isHttpAllowed: boolean;
    /** `host:port:address,…`: the addresses that were checked are the ones that are used. */
    resolvedAddress: string | null;
    stallTimeoutSeconds: number;
}

/** Settings of a call that stays on this machine. */
export function localConfig(mirror: string): string[] {
    return configArguments({
        "core.hooksPath": "/dev/null",
        "core.fsmonitor": "false",
        "core.bare": "false",
        "core.quotePath": "false",
        "gc.auto": "0",
        "maintenance.auto": "false",
        "submodule.recurse": "false",
        "protocol.allow": "never",
        "safe.directory": mirror,
        "advice.detachedHead": "false",
    });
}

/** Settings of a call that talks to a remote. */
export function remoteConfig(mirror: string | null, settings: RemoteSettings): string[] {
    return [
        ...localConfig(mirror ?? ""),
        ...configArguments({
            "protocol.https.allow": "always",
            "protocol.ssh.allow": "always",
            ...(settings.isHttpAllowed ? { "protocol.http.allow": "always" } : {}),
            "transfer.fsckObjects": "true",
            "fetch.fsckObjects": "true",
            ...Object.fromEntries(HARMLESS_FSCK.map((name) => [`fetch.fsck.${name}`, "ignore"])),
            "transfer.bundleURI": "false",
            "credential.helper": "",
            "http.followRedirects": "false",
            // A server that packs a large repository sends one small packet every 5 s: slow, but not stalled.
            "http.lowSpeedLimit": "1",
            "http.lowSpeedTime": String(settings.stallTimeoutSeconds),
            ...(settings.resolvedAddress === null ? {} : { "http.curloptResolve": settings.resolvedAddress }),
        }),
    ];
}

/** Without patterns everything; a pattern is a whole ref name. */
export function lsRemote(href: string, patterns: readonly string[] = []): string[] {
    return ["ls-remote", "--symref", "--end-of-options", href, ...patterns];
}

export function fetch(href: string, depth: number, refspecs: readonly string[]): string[] {
    return [
        "fetch",
        "--progress",
        "--no-tags",
        "--no-recurse-submodules",
        "--no-write-fetch-head",
        "--no-auto-maintenance",
        "--update-shallow",
        "--force",
        `--depth=${depth}`,
        "--end-of-options",
        href,
        ...refspecs,
    ];
}

/** The objects of one commit into `lfs/objects` of the mirror. */
export function lfsFetch(href: string, lfsUrl: string | null, sha: string): string[] {
    return [
        ...configArguments({
            "remote.origin.url": href,
            ...(lfsUrl === null ? {} : { "lfs.url": lfsUrl }),
            "lfs.fetchinclude": "",
            "lfs.fetchexclude": "",
            "lfs.standalonetransferagent": "",
        }),
        "lfs",
        "fetch",
        "origin",
        sha,
    ];
}

export function initBare(directory: string, isSha256: boolean): string[] {
    return ["init", "--quiet", "--bare", "--template=", "--initial-branch=main", `--object-format=${isSha256 ? "sha256" : "sha1"}`, "--end-of-options", directory];
}

/** Every file below the tree, and every folder. */
export function lsTree(tree: string): string[] {
    return ["ls-tree", "-r", "-t", "-l", "-z", "--full-tree", "--end-of-options", tree];
}

/** `sha NUL tree NUL author NUL message NUL` for each commit. */
export const COMMIT_FORMAT = "%H%x00%T%x00%an%x00%B%x00";

function configArguments(settings: Record<string, string>): string[] {
    return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}
