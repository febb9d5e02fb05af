import { mkdir, readlink } from "node:fs/promises";
import path from "node:path";
import { DeployError } from "../../domain/errors.ts";
import type { GitUrl } from "../../domain/git-url.ts";
import type { ProgressOptions, RemoteAccess, TreeEntry } from "../../domain/ports.ts";
import type { GitCalls } from "./git-call.ts";
import { CommitFetcher } from "./git-fetch.ts";
import { findPointers, replacePointers } from "./git-lfs.ts";
import type { Mirrors } from "./git-mirrors.ts";
import type { MirrorReader } from "./git-reader.ts";
import { parseSubmodules, submoduleAddress, withParentsCredentials, type SubmoduleConfig } from "./git-submodules.ts";
import { findEscapingSymlink } from "./git-symlinks.ts";
import type { WorkTrees, WrittenEntry } from "./git-work-tree.ts";

const MAX_SUBMODULE_DEPTH = 8;

export interface CheckoutLimits {
    maxFiles: number;
    maxBytes: number;
}

interface Level {
    url: GitUrl;
    mirror: string;
    commitSha: string;
    /** The commit's tree, or the commit itself where its tree is not known. */
    tree: string;
    /** Where it lies in the checkout: "" or `path/`. */
    prefix: string;
    depth: number;
}

/** One checkout: the commit and, when asked, its submodules and LFS files, as one flat tree of plain files. Everything in it is hostile until checked. */
export class Checkout {
    readonly #calls: GitCalls;
    readonly #mirrors: Mirrors;
    readonly #reader: MirrorReader;
    readonly #workTrees: WorkTrees;
    readonly #limits: CheckoutLimits;
    readonly #remote: RemoteAccess;
    readonly #directory: string;
    readonly #options: ProgressOptions;
    readonly #written: WrittenEntry[] = [];
    readonly #links = new Map<string, string>();
    #bytes = 0;

    constructor(parts: { calls: GitCalls; mirrors: Mirrors; reader: MirrorReader; workTrees: WorkTrees; limits: CheckoutLimits }, remote: RemoteAccess, directory: string, options: ProgressOptions) {
        this.#calls = parts.calls;
        this.#mirrors = parts.mirrors;
        this.#reader = parts.reader;
        this.#workTrees = parts.workTrees;
        this.#limits = parts.limits;
        this.#remote = remote;
        this.#directory = directory;
        this.#options = options;
    }

    async run(commitSha: string, content: { hasSubmodules: boolean; hasLfs: boolean }): Promise<{ treeId: string }> {
        const mirror = this.#mirrors.existing(this.#remote.id);
        const { treeId } = await this.#reader.commit(mirror, commitSha);
        await this.#write({ url: this.#calls.parseUrl(this.#remote.url), mirror, commitSha, tree: treeId, prefix: "", depth: 0 }, content);
        if (this.#written.some((entry) => entry.isForeign)) {
            return { treeId: await this.#mirrors.exclusive(mirror, async () => await this.#workTrees.record(mirror, this.#directory, this.#written, this.#options.signal)) };
        }
        return { treeId };
    }

    async #write(level: Level, content: { hasSubmodules: boolean; hasLfs: boolean }): Promise<void> {
        const directory = path.join(this.#directory, level.prefix);
        const entries = await this.#reader.listTree(level.mirror, level.tree, this.#options.signal);
        const files = entries.filter((entry) => entry.mode !== "160000");
        this.#count(files.length, sum(files.map((entry) => entry.size)));
        await this.#workTrees.write(level.mirror, level.tree, directory, this.#options.signal);
        await this.#checkLinks(level.prefix, files);
        const replaced = content.hasLfs ? await this.#fillLfs(level, directory, files) : new Set<string>();
        for (const entry of files) {
            this.#written.push({ ...entry, path: level.prefix + entry.path, isForeign: level.depth > 0 || replaced.has(entry.path) });
        }
        const submodules = entries.filter((entry) => entry.mode === "160000");
        if (content.hasSubmodules && submodules.length > 0) {
            await this.#writeSubmodules(level, entries, submodules, content);
        }
    }

    async #writeSubmodules(level: Level, entries: readonly TreeEntry[], submodules: readonly TreeEntry[], content: { hasSubmodules: boolean; hasLfs: boolean }): Promise<void> {
        if (level.depth >= MAX_SUBMODULE_DEPTH) {
            throw new DeployError("CHECKOUT_TOO_LARGE", `Submodules are nested more than ${MAX_SUBMODULE_DEPTH} deep at ${level.prefix}. Turn submodules off, or flatten them.`);
        }
        const configs = await this.#readSubmodules(level, entries);
        for (const submodule of submodules) {
            const config = configs.find(({ path: configured }) => configured === submodule.path);
            const place = level.prefix + submodule.path;
            if (config === undefined || config.isSkipped) {
                this.#options.onLines?.("err", `Submodule ${place} is left empty: ${config === undefined ? ".gitmodules does not say where it comes from" : "its update is set to none"}.`);
                continue;
            }
            await this.#writeSubmodule(level, config, submodule.blobId, content);
        }
    }

    async #writeSubmodule(level: Level, config: SubmoduleConfig, commitSha: string, content: { hasSubmodules: boolean; hasLfs: boolean }): Promise<void> {
        const place = level.prefix + config.path;
        const url = this.#submoduleUrl(level, config, place);
        const mirror = this.#mirrors.pathOfSubmodule(this.#remote.id, url.href);
        this.#options.onLines?.("out", `Submodule ${place}: ${url.href}`);
        try {
            await this.#calls.withRemote(this.#remote, url, this.#options, async (session) => {
                const run = async () => await new CommitFetcher({ calls: this.#calls, mirrors: this.#mirrors, reader: this.#reader }, mirror, session).fetch({ ref: null, commitSha });
                await this.#mirrors.exclusive(mirror, run, this.#options.signal);
            });
        } catch (error) {
            throw inSubmodule(place, error);
        }
        await mkdir(path.join(this.#directory, place), { recursive: true });
        await this.#write({ url, mirror, commitSha, tree: commitSha, prefix: `${place}/`, depth: level.depth + 1 }, content);
    }

    #submoduleUrl(level: Level, config: SubmoduleConfig, place: string): GitUrl {
        try {
            const url = this.#calls.parseUrl(submoduleAddress(level.url, config.url));
            const root = this.#calls.parseUrl(this.#remote.url);
            return this.#calls.parseUrl(withParentsCredentials(root, url, this.#remote.authType === "http_token"));
        } catch (error) {
            throw inSubmodule(place, error);
        }
    }

    async #readSubmodules(level: Level, entries: readonly TreeEntry[]): Promise<SubmoduleConfig[]> {
        const file = entries.find((entry) => entry.path === ".gitmodules" && entry.mode.startsWith("100"));
        if (file === undefined) {
            return [];
        }
        const { stdout } = await this.#calls.local(level.mirror, ["config", "--no-includes", `--blob=${file.blobId}`, "--list", "-z"]);
        return parseSubmodules(stdout);
    }

    /** @returns paths whose content is no longer their blob */
    async #fillLfs(level: Level, directory: string, files: readonly TreeEntry[]): Promise<Set<string>> {
        const pointers = await findPointers(directory, files);
        if (pointers.length === 0) {
            return new Set();
        }
        this.#count(0, sum(pointers.map(({ size }) => size)));
        const lfsUrl = await this.#lfsUrl(level, files);
        await this.#calls.withRemote(this.#remote, level.url, this.#options, async (session) => {
            await replacePointers(session, level.mirror, level.commitSha, directory, pointers, lfsUrl);
        });
        return new Set(pointers.map(({ entry }) => entry.path));
    }

    /** An LFS server of its own, by `.lfsconfig`. It is an address out of the checkout: checked like one that a person typed. */
    async #lfsUrl(level: Level, files: readonly TreeEntry[]): Promise<GitUrl | null> {
        const file = files.find((entry) => entry.path === ".lfsconfig" && entry.mode.startsWith("100"));
        if (file === undefined) {
            return null;
        }
        const { stdout } = await this.#calls.local(level.mirror, ["config", "--no-includes", `--blob=${file.blobId}`, "--get", "lfs.url"], { mayFail: true });
        if (stdout.trim() === "") {
            return null;
        }
        const url = this.#calls.parseUrl(stdout.trim());
        // Resolves and checks the host, which git-lfs would not.
        return await this.#calls.withRemote(this.#remote, url, this.#options, async () => await Promise.resolve(url));
    }

    /** All links again after each level: a link may lead through a later one. */
    async #checkLinks(prefix: string, files: readonly TreeEntry[]): Promise<void> {
        for (const entry of files.filter(({ mode }) => mode === "120000")) {
            this.#links.set(prefix + entry.path, await readlink(path.join(this.#directory, prefix, entry.path)));
        }
        const escaping = findEscapingSymlink(this.#links);
        if (escaping !== null) {
            throw new DeployError("SYMLINK_REFUSED", `The symlink ${escaping.path} leads out of the repository (to ${escaping.target.slice(0, 100)}). Remove it, or put the file itself there.`, {
                details: { path: escaping.path },
            });
        }
    }

    #count(files: number, bytes: number): void {
        this.#bytes += bytes;
        const total = this.#written.length + files;
        if (total > this.#limits.maxFiles) {
            throw new DeployError("CHECKOUT_TOO_LARGE", `The checkout has ${total} files; ${this.#limits.maxFiles} are allowed. Raise GIT_DEPLOY_CHECKOUT_MAX_FILES if that is meant.`);
        }
        if (this.#bytes > this.#limits.maxBytes) {
            const mib = (bytes: number) => Math.ceil(bytes / 1024 / 1024);
            throw new DeployError("CHECKOUT_TOO_LARGE", `The checkout has ${mib(this.#bytes)} MiB; ${mib(this.#limits.maxBytes)} are allowed. Raise GIT_DEPLOY_CHECKOUT_MAX_MIB if that is meant.`);
        }
    }
}

function inSubmodule(place: string, error: unknown): unknown {
    if (!(error instanceof DeployError)) {
        return error;
    }
    return new DeployError(error.code, `Submodule ${place}: ${error.message}`, { cause: error, details: error.details, isRetryable: error.isRetryable });
}

function sum(numbers: readonly number[]): number {
    return numbers.reduce((total, number) => total + number, 0);
}
