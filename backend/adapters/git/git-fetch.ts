import { createHash } from "node:crypto";
import { refName } from "../../../common/schemas.ts";
import { DeployError } from "../../domain/errors.ts";
import type { FetchTarget } from "../../domain/ports.ts";
import { fetch, REFS, WHOLE_HISTORY } from "./git-arguments.ts";
import type { GitCalls, RemoteSession } from "./git-call.ts";
import { isRefMissing, isShaRefused, isShaUnknown } from "./git-failure.ts";
import type { Mirrors } from "./git-mirrors.ts";
import type { MirrorReader } from "./git-reader.ts";
import { listRefs } from "./git-refs.ts";

/** A later fetch brings some history along, so that paths and messages since the last one can be told. */
const FOLLOWING_DEPTH = 50;
/** How far back a commit is looked for, in steps. */
const DEEPENING = [FOLLOWING_DEPTH, 1000, WHOLE_HISTORY];

const SHA = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

export interface FetchedId {
    /** The commit's id, peeled. */
    sha: string;
    /** True when the branch that was asked for points to it; false when that is not known. */
    isHead: boolean;
}

/** Brings one commit into a mirror. The caller holds the mirror (`Mirrors.exclusive`). */
export class CommitFetcher {
    readonly #calls: GitCalls;
    readonly #mirrors: Mirrors;
    readonly #reader: MirrorReader;
    readonly #mirror: string;
    readonly #session: RemoteSession;

    constructor(parts: { calls: GitCalls; mirrors: Mirrors; reader: MirrorReader }, mirror: string, session: RemoteSession) {
        this.#calls = parts.calls;
        this.#mirrors = parts.mirrors;
        this.#reader = parts.reader;
        this.#mirror = mirror;
        this.#session = session;
    }

    /** @throws GIT_REF_INVALID, GIT_REF_MISSING, COMMIT_GONE, and as every remote call */
    async fetch(target: FetchTarget): Promise<FetchedId> {
        const { ref, commitSha } = target;
        if (commitSha !== null && !SHA.test(commitSha)) {
            throw new DeployError("GIT_REF_INVALID", "A commit is named by its full id of 40 (or 64) hexadecimal digits.");
        }
        if (ref !== null && !refName.safeParse(ref.name).success) {
            throw new DeployError("GIT_REF_INVALID", "This is not a name that Git allows for a branch or tag.");
        }
        if (ref === null) {
            return { sha: await this.#fetchWithoutRef(commitSha), isHead: false };
        }
        if (ref.type === "tag") {
            return { sha: await this.#fetchTag(ref.name, commitSha), isHead: false };
        }
        return (commitSha === null ? null : await this.#fetchTogether(ref.name, commitSha)) ?? (await this.#fetchBranch(ref.name, commitSha));
    }

    /** Whether the commit came in complete: its ref is written last, after git has checked that nothing it needs is missing. */
    async has(sha: string): Promise<boolean> {
        return (await this.#calls.local(this.#mirror, ["show-ref", "--verify", "--quiet", REFS.commit(sha)], { mayFail: true })).exitCode === 0;
    }

    /**
     * The branch and the commit that it should hold, in one connection: what nearly every push needs.
     * @returns null when that was not enough, and it has to be found out step by step what is wrong
     */
    async #fetchTogether(name: string, commitSha: string): Promise<FetchedId | null> {
        if (!(await this.#mirrors.isFilled(this.#mirror, commitSha.length === 64))) {
            return null;
        }
        const branchRef = REFS.branch(hashOf(name));
        const refspecs = [`+refs/heads/${name}:${branchRef}`, `+${commitSha}:${REFS.commit(commitSha)}`];
        const result = await this.#session.run(this.#mirror, fetch(this.#session.url.href, FOLLOWING_DEPTH, refspecs), { isProgressShown: true });
        if (result.exitCode !== 0) {
            if (isShaUnknown(result.stderr) || isShaRefused(result.stderr) || isRefMissing(result.stderr)) {
                return null;
            }
            throw await this.#session.failure(result.stderr);
        }
        const [commit, head] = await this.#reader.commits(this.#mirror, [commitSha, branchRef]);
        if (commit?.sha !== commitSha) {
            return null;
        }
        const isHead = head === undefined;
        return isHead || (await this.#isAncestor(commitSha, branchRef)) ? { sha: commitSha, isHead } : null;
    }

    async #fetchBranch(name: string, commitSha: string | null): Promise<FetchedId> {
        const ref = `refs/heads/${name}`;
        const head = (await listRefs(this.#session, [ref])).ids.get(ref);
        if (head === undefined) {
            throw await this.#missing("branch", name);
        }
        await this.#mirrors.ensure(this.#mirror, head.length === 64);
        if (commitSha === null || commitSha === head) {
            return { sha: await this.#fetchSha(head), isHead: true };
        }
        const branchRef = REFS.branch(hashOf(name));
        for (const depth of DEEPENING) {
            await this.#run(depth, [`+${ref}:${branchRef}`]);
            const peeled = await this.#peel(commitSha);
            if (peeled !== null && (await this.#isAncestor(peeled, branchRef))) {
                return { sha: await this.#keep(peeled), isHead: false };
            }
        }
        throw new DeployError("COMMIT_GONE", `The branch ${name} no longer contains ${commitSha.slice(0, 12)}: it was rewritten after the push.`);
    }

    async #fetchTag(name: string, commitSha: string | null): Promise<string> {
        const ref = `refs/tags/${name}`;
        const { ids } = await listRefs(this.#session, [ref, `${ref}^{}`]);
        const tag = ids.get(ref);
        if (tag === undefined) {
            throw await this.#missing("tag", name);
        }
        const commit = ids.get(`${ref}^{}`) ?? tag;
        if (commitSha !== null && commitSha !== commit && commitSha !== tag) {
            throw new DeployError("COMMIT_GONE", `The tag ${name} was moved: it no longer names ${commitSha.slice(0, 12)}.`);
        }
        await this.#mirrors.ensure(this.#mirror, tag.length === 64);
        return await this.#fetchSha(tag);
    }

    async #fetchWithoutRef(commitSha: string | null): Promise<string> {
        if (commitSha === null) {
            const refs = await listRefs(this.#session, ["HEAD"]);
            const head = refs.ids.get("HEAD");
            if (head === undefined) {
                throw await this.#missing("branch", "HEAD");
            }
            await this.#mirrors.ensure(this.#mirror, head.length === 64);
            return await this.#fetchSha(head);
        }
        await this.#mirrors.ensure(this.#mirror, commitSha.length === 64);
        return await this.#fetchSha(commitSha);
    }

    /** Asks for exactly this object; where the server does not hand it out, looks for it below every branch and tag. */
    async #fetchSha(sha: string): Promise<string> {
        if (!(await this.has(sha))) {
            const hasHistory = (await this.#calls.local(this.#mirror, ["for-each-ref", "--count=1", "refs/git-deploy/"])).stdout !== "";
            const result = await this.#session.run(this.#mirror, fetch(this.#session.url.href, hasHistory ? FOLLOWING_DEPTH : 1, [`+${sha}:${REFS.commit(sha)}`]), { isProgressShown: true });
            if (result.exitCode !== 0) {
                if (isShaUnknown(result.stderr)) {
                    throw this.#gone(sha);
                }
                if (!isShaRefused(result.stderr)) {
                    throw await this.#session.failure(result.stderr);
                }
                await this.#searchEverywhere(sha);
            }
        }
        const commit = await this.#peel(sha);
        if (commit === null) {
            throw new DeployError("GIT_FAILED", `${sha.slice(0, 12)} is not a commit.`);
        }
        return await this.#keep(commit);
    }

    async #searchEverywhere(sha: string): Promise<void> {
        for (const depth of DEEPENING) {
            await this.#dropSearchRefs();
            await this.#run(depth, [`+refs/heads/*:${REFS.everyBranch}heads/*`, `+refs/tags/*:${REFS.everyBranch}tags/*`]);
            const commit = await this.#peel(sha);
            if (commit !== null && (await this.#isReachable(commit))) {
                await this.#keep(commit);
                await this.#dropSearchRefs();
                return;
            }
        }
        await this.#dropSearchRefs();
        throw this.#gone(sha);
    }

    #gone(sha: string): DeployError {
        return new DeployError("COMMIT_GONE", `No branch or tag of ${this.#session.url.path} contains ${sha.slice(0, 12)} any more.`);
    }

    async #run(depth: number, refspecs: readonly string[]): Promise<void> {
        const result = await this.#session.run(this.#mirror, fetch(this.#session.url.href, depth, refspecs), { isProgressShown: true });
        if (result.exitCode !== 0) {
            throw await this.#session.failure(result.stderr);
        }
    }

    async #peel(sha: string): Promise<string | null> {
        const { stdout } = await this.#calls.local(this.#mirror, ["cat-file", "--batch-check"], { input: `${sha}^{commit}\n` });
        return /^([0-9a-f]+) commit /.exec(stdout)?.[1] ?? null;
    }

    async #isAncestor(sha: string, ref: string): Promise<boolean> {
        return (await this.#calls.local(this.#mirror, ["merge-base", "--is-ancestor", "--end-of-options", sha, ref], { mayFail: true })).exitCode === 0;
    }

    async #isReachable(sha: string): Promise<boolean> {
        const { stdout } = await this.#calls.local(this.#mirror, ["for-each-ref", "--count=1", `--contains=${sha}`, REFS.everyBranch]);
        return stdout !== "";
    }

    async #keep(commit: string): Promise<string> {
        await this.#calls.local(this.#mirror, ["update-ref", REFS.commit(commit), commit]);
        return commit;
    }

    async #dropSearchRefs(): Promise<void> {
        const { stdout } = await this.#calls.local(this.#mirror, ["for-each-ref", "--format=delete %(refname)", REFS.everyBranch]);
        if (stdout !== "") {
            await this.#calls.local(this.#mirror, ["update-ref", "--stdin"], { input: stdout });
        }
    }

    /** Says which names there are, or that there is nothing at all. */
    async #missing(kind: "branch" | "tag", name: string): Promise<DeployError> {
        const prefix = kind === "branch" ? "refs/heads/" : "refs/tags/";
        const { ids } = await listRefs(this.#session);
        const names = [...ids.keys()].filter((ref) => ref.startsWith(prefix) && !ref.endsWith("^{}")).map((ref) => ref.slice(prefix.length));
        const list = names.length === 0 ? "It has none." : `There are: ${names.slice(0, 5).join(", ")}${names.length > 5 ? " and more" : ""}.`;
        return new DeployError("GIT_REF_MISSING", `${this.#session.url.path} has no ${kind} ${name}. ${list}`, { details: { names: names.slice(0, 200) } });
    }
}

function hashOf(name: string): string {
    return createHash("sha256").update(name).digest("hex").slice(0, 32);
}
