import { DeployError } from "../../domain/errors.ts";
import type { RemoteRefs } from "../../domain/ports.ts";
import { lsRemote } from "./git-arguments.ts";
import type { RemoteSession } from "./git-call.ts";

const LIST_TIMEOUT_MS = 90_000;

/** What `ls-remote --symref` printed. */
export interface ListedRefs {
    /** Whole ref name to object id; a peeled tag has a name of its own that ends in `^{}`. */
    ids: Map<string, string>;
    defaultBranch: string | null;
}

export function parseRefs(output: string): ListedRefs {
    const ids = new Map<string, string>();
    let defaultBranch: string | null = null;
    for (const line of output.split("\n")) {
        const symref = /^ref: refs\/heads\/(.+)\tHEAD$/.exec(line);
        if (symref !== null) {
            defaultBranch = symref[1] ?? null;
            continue;
        }
        const entry = /^([0-9a-f]{40}|[0-9a-f]{64})\t(.+)$/.exec(line);
        if (entry?.[1] !== undefined && entry[2] !== undefined) {
            ids.set(entry[2], entry[1]);
        }
    }
    return { ids, defaultBranch };
}

/** Branches, and tags with the commits they peel to. */
export function toRemoteRefs({ ids, defaultBranch }: ListedRefs): RemoteRefs {
    // Without a prototype: a branch may be called `constructor`, and asking for one of that name must not find the object's own.
    const branches = Object.create(null) as Record<string, string>;
    const tags = Object.create(null) as Record<string, string>;
    for (const [name, id] of ids) {
        if (name.startsWith("refs/heads/")) {
            branches[name.slice("refs/heads/".length)] = id;
        } else if (name.startsWith("refs/tags/") && !name.endsWith("^{}")) {
            tags[name.slice("refs/tags/".length)] = ids.get(`${name}^{}`) ?? id;
        }
    }
    // Old servers do not say what HEAD points to: the branch with the same commit is the best answer.
    const head = ids.get("HEAD");
    const guess = head === undefined ? undefined : Object.keys(branches).sort((a, b) => rank(a) - rank(b)).find((name) => branches[name] === head);
    return { defaultBranch: defaultBranch !== null && defaultBranch in branches ? defaultBranch : (guess ?? null), branches, tags };
}

/** Asks the remote for refs; without names for all of them. @throws as every remote call, GIT_REPOSITORY_EMPTY when it has none at all */
export async function listRefs(session: RemoteSession, names: readonly string[] = []): Promise<ListedRefs> {
    const result = await session.run(null, lsRemote(session.url.href, names), { timeoutMs: LIST_TIMEOUT_MS });
    if (result.exitCode !== 0) {
        throw await session.failure(result.stderr);
    }
    const refs = parseRefs(result.stdout);
    if (names.length === 0 && refs.ids.size === 0) {
        throw new DeployError("GIT_REPOSITORY_EMPTY", `${session.url.path} on ${session.url.host} has no commits yet. Push the first one, then try again.`);
    }
    return refs;
}

function rank(branch: string): number {
    const position = ["main", "master", "trunk"].indexOf(branch);
    return position < 0 ? 9 : position;
}
