import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { DeployError } from "../../domain/errors.ts";
import { effectivePort, originOf, parseGitUrl, type GitUrl } from "../../domain/git-url.ts";
import type { KnownHosts, ProgressOptions, RemoteAccess } from "../../domain/ports.ts";
import { runProgram, type ExecOptions, type ExecResult } from "../exec.ts";
import { localConfig, remoteConfig } from "./git-arguments.ts";
import { ASK_PASS_SCRIPT, localEnvironment, remoteEnvironment, usernameFor, type CallFiles } from "./git-environment.ts";
import { classifyFailure, isRedirected, lastUsefulLine, shownFingerprint, type FailureContext } from "./git-failure.ts";
import { checkedAddresses } from "../host-check.ts";

export interface GitCallOptions {
    /** Private folders of running calls; those left by a killed server are removed at start. */
    scratchDirectory: string;
    knownHosts: KnownHosts;
    searchPath: string;
    insecureHttpHosts: readonly string[];
    /** A transfer that stands still this long is given up. */
    stallTimeoutSeconds?: number;
}

export interface LocalCall {
    input?: string | Buffer;
    indexFile?: string;
    workTree?: string;
    signal?: AbortSignal | undefined;
    timeoutMs?: number;
    /** See `ExecOptions`. */
    limit?: ExecOptions["limit"];
    /** Resolve whatever git's exit code is. */
    mayFail?: boolean;
}

export interface RemoteRunOptions {
    timeoutMs?: number;
    /** Hand each line on to whoever asked for progress. */
    isProgressShown?: boolean;
}

/** A remote with its credentials laid out for git, valid inside `withRemote` only. */
export interface RemoteSession {
    readonly url: GitUrl;
    /** Runs git with the way in; resolves whatever the exit code is. */
    run(mirror: string | null, argv: readonly string[], options?: RemoteRunOptions): Promise<ExecResult>;
    /** The error for what git printed. */
    failure(stderr: string): Promise<DeployError>;
}

const CALL_PREFIX = "call-";
const DEFAULT_STALL_SECONDS = 60;
/** A listing may be long, a whole repository's. */
const MAX_OUTPUT_BYTES = 512 * 1024 * 1024;

/** Runs git: local calls with an environment that reaches nothing, remote ones with credentials that live as long as the call. */
export class GitCalls {
    readonly #options: GitCallOptions;

    constructor(options: GitCallOptions) {
        this.#options = options;
        mkdirSync(options.scratchDirectory, { recursive: true, mode: 0o700 });
        // What a killed server left behind may be keys.
        for (const name of readdirSync(options.scratchDirectory).filter((entry) => entry.startsWith(CALL_PREFIX))) {
            rmSync(path.join(options.scratchDirectory, name), { recursive: true, force: true });
        }
    }

    /** Environment of calls that stay on this machine. */
    get localEnvironment(): Record<string, string> {
        return localEnvironment(this.#options.scratchDirectory, this.#options.searchPath);
    }

    parseUrl(url: string): GitUrl {
        return parseGitUrl(url, this.#options);
    }

    /** A private folder for the length of `run`. */
    async withScratch<T>(run: (directory: string) => Promise<T>): Promise<T> {
        const directory = await mkdtemp(path.join(this.#options.scratchDirectory, CALL_PREFIX));
        try {
            return await run(directory);
        } finally {
            await rm(directory, { recursive: true, force: true });
        }
    }

    /** @throws GIT_FAILED, DISK_FULL */
    async local(mirror: string, argv: readonly string[], call: LocalCall = {}): Promise<ExecResult> {
        const result = await runProgram("git", [...localConfig(mirror), "--git-dir", mirror, ...argv], {
            env: {
                ...this.localEnvironment,
                ...(call.indexFile === undefined ? {} : { GIT_INDEX_FILE: call.indexFile }),
                ...(call.workTree === undefined ? {} : { GIT_WORK_TREE: call.workTree }),
            },
            cwd: call.workTree ?? mirror,
            maxKeepBytes: MAX_OUTPUT_BYTES,
            ...(call.input === undefined ? {} : { input: call.input }),
            ...(call.signal === undefined ? {} : { signal: call.signal }),
            ...(call.timeoutMs === undefined ? {} : { timeoutMs: call.timeoutMs }),
            ...(call.limit === undefined ? {} : { limit: call.limit }),
        });
        if (result.exitCode !== 0 && call.mayFail !== true) {
            throw localFailure(argv, result.stderr);
        }
        return result;
    }

    async init(directory: string, argv: readonly string[]): Promise<void> {
        const result = await runProgram("git", argv, { env: this.localEnvironment });
        if (result.exitCode !== 0) {
            throw localFailure(argv, result.stderr);
        }
        await mkdirInfo(directory);
    }

    /**
     * Lays out what git needs to reach the URL, runs, and removes it again: also after an error or an abort.
     * The credentials go along only when the URL has the remote's own origin (a submodule may have another).
     * @throws GIT_URL_INVALID for a forbidden address, GIT_UNREACHABLE
     */
    async withRemote<T>(remote: RemoteAccess, url: GitUrl, options: ProgressOptions, run: (session: RemoteSession) => Promise<T>): Promise<T> {
        const addresses = await checkedAddresses(url.host, this.#options);
        const isOwnOrigin = isSameOrigin(this.parseUrl(remote.url), url);
        const { authType, credentials } = remote;
        return await this.withScratch(async (directory) => {
            const hasKey = isOwnOrigin && authType === "ssh_key" && url.scheme === "ssh" && credentials.privateKey !== null;
            const files: CallFiles = {
                directory,
                askPass: path.join(directory, "askpass"),
                knownHosts: this.#options.knownHosts.path,
                privateKey: hasKey ? path.join(directory, "key") : null,
            };
            await writeFile(files.askPass, ASK_PASS_SCRIPT, { mode: 0o700 });
            if (files.privateKey !== null && credentials.privateKey !== null) {
                await writeFile(files.privateKey, credentials.privateKey.reveal(), { mode: 0o600 });
            }
            const token = isOwnOrigin && authType === "http_token" && url.scheme !== "ssh" ? credentials.token : null;
            const login = token === null || token.isEmpty ? null : { username: usernameFor(remote.provider, credentials.username, token), token };
            const env = remoteEnvironment({ url, login, files, searchPath: this.#options.searchPath });
            const context: FailureContext = { url, authType, hasCredentials: hasKey || login !== null };
            const config = (mirror: string | null) =>
                remoteConfig(mirror, {
                    isHttpAllowed: url.scheme === "http",
                    resolvedAddress: pinnedAddress(url, addresses),
                    stallTimeoutSeconds: this.#options.stallTimeoutSeconds ?? DEFAULT_STALL_SECONDS,
                });
            // GitLab answers an address without `.git` by a redirect to the one with it. Redirects are not followed, but this one can be foreseen.
            let suffix = "";
            const runOnce = async (mirror: string | null, argv: readonly string[], { timeoutMs, isProgressShown }: RemoteRunOptions) =>
                await runProgram("git", [...config(mirror), ...(mirror === null ? [] : ["--git-dir", mirror]), ...argv.map((word) => (word === url.href ? word + suffix : word))], {
                    env,
                    cwd: directory,
                    maxKeepBytes: MAX_OUTPUT_BYTES,
                    ...(timeoutMs === undefined ? {} : { timeoutMs }),
                    ...(options.signal === undefined ? {} : { signal: options.signal }),
                    ...(options.onLines === undefined || isProgressShown !== true ? {} : { onLines: options.onLines }),
                }).catch((error: unknown) => {
                    throw error instanceof DeployError && error.code === "EXEC_TIMEOUT" ? unanswered(url, error) : error;
                });
            return await run({
                url,
                run: async (mirror, argv, runOptions = {}) => {
                    const result = await runOnce(mirror, argv, runOptions);
                    if (result.exitCode === 0 || suffix !== "" || url.scheme === "ssh" || url.href.endsWith(".git") || !isRedirected(result.stderr)) {
                        return result;
                    }
                    suffix = ".git";
                    const again = await runOnce(mirror, argv, runOptions);
                    suffix = again.exitCode === 0 ? suffix : "";
                    return again.exitCode === 0 ? again : result;
                },
                failure: async (stderr) => await this.#failure(stderr, context),
            });
        });
    }

    /** Adds to a host key problem what a person needs to settle it. */
    async #failure(stderr: string, context: FailureContext): Promise<DeployError> {
        const error = classifyFailure(stderr, context);
        const { host } = context.url;
        const port = effectivePort(context.url);
        if (error.code === "GIT_HOST_KEY_UNKNOWN") {
            const keys = await this.#options.knownHosts.scan(host, port).catch(() => []);
            const fingerprints = keys.map(({ type, fingerprint }) => ({ type, fingerprint }));
            return new DeployError(error.code, error.message, { cause: error.cause, details: { host, port, fingerprint: fingerprints[0]?.fingerprint ?? null, fingerprints } });
        }
        if (error.code === "GIT_HOST_KEY_CHANGED") {
            return new DeployError(error.code, `${error.message} Its old key stands in ${this.#options.knownHosts.path}.`, {
                cause: error.cause,
                details: { host, port, fingerprint: shownFingerprint(stderr) },
            });
        }
        return error;
    }
}

/** Whether a credential for one may be shown to the other: same scheme, host and port. */
function isSameOrigin(a: GitUrl, b: GitUrl): boolean {
    return originOf(a) === originOf(b);
}

/** For curl: the addresses that were checked are used, whatever the name resolves to a moment later. */
function pinnedAddress(url: GitUrl, addresses: readonly string[]): string | null {
    const bare = url.host.replace(/^\[(.*)\]$/, "$1");
    if (url.scheme === "ssh" || addresses.includes(bare)) {
        return null;
    }
    const literals = addresses.map((address) => (address.includes(":") ? `[${address}]` : address));
    return `${url.host}:${effectivePort(url)}:${literals.join(",")}`;
}

function unanswered(url: GitUrl, cause: unknown): DeployError {
    return new DeployError("GIT_UNREACHABLE", `${url.host} does not answer. Check the network between this server and it.`, { cause });
}

function localFailure(argv: readonly string[], stderr: string): DeployError {
    if (/No space left on device|Disk quota exceeded/.test(stderr)) {
        return new DeployError("DISK_FULL", "The disk is full. Free some space and try again; the running stack was not changed.", { cause: new Error(stderr) });
    }
    // Of a file in a folder of our own git tells no reason.
    if (/unable to write (?:file|new index)/.test(stderr)) {
        return new DeployError("DISK_FULL", "Git cannot write its files: the disk is full, or damaged. Free some space and try again; the running stack was not changed.", { cause: new Error(stderr) });
    }
    return new DeployError("GIT_FAILED", `git ${argv[0] ?? ""} failed: ${lastUsefulLine(stderr)}`, { cause: new Error(stderr) });
}

/** Attributes of the repository must not change a byte of what is written: no line-end conversion, no filter, no re-encoding. These win over those in the tree. */
async function mkdirInfo(directory: string): Promise<void> {
    mkdirSync(path.join(directory, "info"), { recursive: true });
    await writeFile(path.join(directory, "info", "attributes"), "* -text -ident -filter !eol !working-tree-encoding\n");
}
