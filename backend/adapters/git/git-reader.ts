import { simpleGit } from "simple-git";
import { DeployError } from "../../domain/errors.ts";
import type { Commit, TreeEntry } from "../../domain/ports.ts";
import { COMMIT_FORMAT, lsTree } from "./git-arguments.ts";
import type { GitCalls, LocalCall } from "./git-call.ts";
import { RecentlyRead } from "./git-memory.ts";

/** A file's line in a listing is seldom longer. */
const BYTES_PER_FILE = 512;
const MIN_LISTING_BYTES = 16 * 1024 * 1024;
/** A few hundred bytes of hostile trees, each naming the next ten times, unfold to more entries than anybody can wait for, or to none at all after as long a time. */
const LISTING_TIMEOUT_MS = 120_000;
/** Of a commit's message, and of its author's name: nobody reads more, and every list of deployments carries them. */
const MAX_MESSAGE_LENGTH = 8192;
const MAX_AUTHOR_LENGTH = 200;

const REMEMBERED_COMMITS = 100;
/** Files and folders, of all remembered listings together; a few MiB. */
const REMEMBERED_ENTRIES = 20_000;

const OBJECT_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** A tree with all that lies below it. */
export interface TreeListing {
    files: TreeEntry[];
    /** Path of every folder to its own tree. */
    folders: ReadonlyMap<string, string>;
}

/** Reads what a mirror holds; nothing here reaches a remote. Ids are checked, so that none can be an option. */
export class MirrorReader {
    readonly #calls: GitCalls;
    readonly #maxFiles: number;
    readonly #commits = new RecentlyRead<Commit>(REMEMBERED_COMMITS, () => 1);
    readonly #listings = new RecentlyRead<TreeListing>(REMEMBERED_ENTRIES, ({ files, folders }) => files.length + folders.size);

    /** @param maxFiles that a checkout may have; a listing that must hold more is given up */
    constructor(calls: GitCalls, maxFiles: number) {
        this.#calls = calls;
        this.#maxFiles = maxFiles;
    }

    async commit(mirror: string, sha: string): Promise<Commit> {
        const known = this.#commits.get(`${mirror} ${checked(sha)}`);
        const commit = known ?? (await this.commits(mirror, [sha]))[0];
        if (commit === undefined) {
            throw new DeployError("GIT_FAILED", `Git shows nothing for the commit ${sha.slice(0, 12)}.`);
        }
        return commit;
    }

    /** In one call; a commit that is named twice is there once. @param revisions full ids, or refs of ours */
    async commits(mirror: string, revisions: readonly string[]): Promise<Commit[]> {
        // Not `show --no-patch`, which works the whole diff out before it leaves it away.
        const { stdout } = await this.#calls.local(mirror, ["log", "--no-walk=unsorted", `--format=${COMMIT_FORMAT}`, "--end-of-options", ...revisions]);
        const commits = parseCommits(stdout);
        commits.forEach((commit) => this.#commits.set(`${mirror} ${commit.sha}`, commit));
        return commits;
    }

    /** Newest first; empty when `from` is not known to come before `to` (the mirror is shallow). */
    async log(mirror: string, from: string, to: string, limit: number): Promise<Commit[]> {
        const isBefore = await this.#calls.local(mirror, ["merge-base", "--is-ancestor", "--end-of-options", checked(from), checked(to)], { mayFail: true });
        if (isBefore.exitCode !== 0) {
            return [];
        }
        return parseCommits(await this.#simple(mirror).raw(["log", `--max-count=${Math.max(1, Math.trunc(limit))}`, `--format=${COMMIT_FORMAT}`, `${from}..${to}`]));
    }

    /** @throws CHECKOUT_TOO_LARGE */
    async listTree(mirror: string, treeId: string, signal?: AbortSignal): Promise<TreeEntry[]> {
        const key = `${mirror} ${checked(treeId)}`;
        const known = this.#listings.get(key);
        if (known !== undefined) {
            return [...known.files];
        }
        const { stdout } = await this.#calls.local(mirror, lsTree(treeId), { ...this.#bounds(), signal });
        const listing = parseTree(stdout);
        this.#listings.set(key, listing);
        return [...listing.files];
    }

    async objectAt(mirror: string, treeId: string, path: string): Promise<string | null> {
        if (path.includes("\n")) {
            return null;
        }
        const clean = path.replace(/^(?:\.\/)+/, "").replace(/\/+$/, "");
        const listing = this.#listings.get(`${mirror} ${checked(treeId)}`);
        if (listing !== undefined && clean !== "" && clean !== ".") {
            return listing.folders.get(clean) ?? listing.files.find((file) => file.path === clean)?.blobId ?? null;
        }
        const name = clean === "" || clean === "." ? treeId : `${treeId}:${clean}`;
        const { stdout } = await this.#calls.local(mirror, ["cat-file", "--batch-check"], { input: `${name}\n` });
        return /^([0-9a-f]+) (?:blob|tree|commit) /.exec(stdout)?.[1] ?? null;
    }

    /** @throws NOT_FOUND */
    async readBlob(mirror: string, blobId: string): Promise<Buffer> {
        try {
            return (await this.#simple(mirror).binaryCatFile(["blob", checked(blobId)])) as Buffer;
        } catch (error) {
            throw new DeployError("NOT_FOUND", `The file content ${blobId.slice(0, 12)} is not in the mirror.`, { cause: error });
        }
    }

    /**
     * Sorted; null when one of the two commits, or something of its tree, is not here. By two listings, which git prints as it goes:
     * `diff-tree` gathers all that it will print, and of hostile trees that is more than there is memory.
     */
    async changedPaths(mirror: string, from: string, to: string, signal?: AbortSignal): Promise<string[] | null> {
        const former = await this.#contents(mirror, from, signal);
        const present = former === null ? null : await this.#contents(mirror, to, signal);
        if (former === null || present === null) {
            return null;
        }
        const paths = new Set([...former.keys(), ...present.keys()]);
        return [...paths].filter((path) => former.get(path) !== present.get(path)).sort();
    }

    /** What stands at each path: mode and id. */
    async #contents(mirror: string, commit: string, signal: AbortSignal | undefined): Promise<Map<string, string> | null> {
        const result = await this.#calls.local(mirror, lsTree(checked(commit)), { ...this.#bounds(), mayFail: true, signal });
        return result.exitCode === 0 ? new Map(parseTree(result.stdout).files.map(({ path, mode, blobId }) => [path, `${mode} ${blobId}`])) : null;
    }

    #bounds(): Pick<LocalCall, "limit" | "timeoutMs"> {
        const maxFiles = this.#maxFiles;
        return {
            timeoutMs: LISTING_TIMEOUT_MS,
            limit: {
                maxBytes: Math.max(MIN_LISTING_BYTES, maxFiles * BYTES_PER_FILE),
                onTooMuch: () => new DeployError("CHECKOUT_TOO_LARGE", `The commit has far more than the ${maxFiles} files that are allowed. Raise GIT_DEPLOY_CHECKOUT_MAX_FILES if that is meant.`),
            },
        };
    }

    #simple(mirror: string): ReturnType<typeof simpleGit> {
        const env = this.#calls.localEnvironment;
        // simple-git strips GIT_* variables as possibly somebody else's; these are our own constants, and they make git safer.
        return simpleGit({
            baseDir: mirror,
            allowEnvironment: [...Object.keys(env), "GIT_DIR"],
            unsafe: { allowUnsafeConfigPaths: true },
            config: [`safe.directory=${mirror}`],
        }).env({ ...env, GIT_DIR: mirror });
    }
}

export function parseCommits(output: string): Commit[] {
    const fields = output.split("\0");
    const commits: Commit[] = [];
    for (let index = 0; index + 3 < fields.length; index += 4) {
        const [sha = "", treeId = "", author = "", message = ""] = fields.slice(index, index + 4);
        commits.push({ sha: sha.trim(), treeId, author: author.slice(0, MAX_AUTHOR_LENGTH), message: message.slice(0, MAX_MESSAGE_LENGTH).trimEnd() });
    }
    return commits;
}

/** `mode SP type SP id SP+ size TAB path NUL`; folders and submodules have no size. */
export function parseTree(output: string): TreeListing {
    const files: TreeEntry[] = [];
    const folders = new Map<string, string>();
    for (const record of output.split("\0")) {
        const tab = record.indexOf("\t");
        const [mode = "", type, id = "", size = "-"] = record.slice(0, tab).split(/ +/);
        const path = record.slice(tab + 1);
        if (type === "tree") {
            folders.set(path, id);
        } else if (record !== "") {
            files.push({ path, mode: normalMode(mode), blobId: id, size: size === "-" ? 0 : Number(size) });
        }
    }
    return { files, folders };
}

/** Old tools wrote group-writable files (100664); git itself treats them as 100644. */
function normalMode(mode: string): TreeEntry["mode"] {
    if (mode === "120000" || mode === "160000" || mode === "100755") {
        return mode;
    }
    return "100644";
}

function checked(id: string): string {
    if (!OBJECT_ID.test(id)) {
        throw new DeployError("GIT_REF_INVALID", "A Git object is named by its full id of 40 (or 64) hexadecimal digits.");
    }
    return id;
}
