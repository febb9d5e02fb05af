import { DeployError } from "../../domain/errors.ts";

/** As the kernel: a path through more links is refused when it is opened. */
const MAX_HOPS = 40;
/** Steps that all walks may take together. Ordinary repositories need a few for each link; a small hostile one can ask for billions. */
const MAX_STEPS = 2_000_000;

interface Folder {
    children: Map<string, Folder>;
    /** Set when this place is a symlink. */
    target: string | null;
}

/**
 * First symlink whose target leaves the checkout, or null. Follows links through links, as the kernel would: `a -> b/../..` may be inside by its text and outside by its walk.
 * A loop leads nowhere and is therefore inside; a target that does not exist is judged by its path.
 * @param links path of every symlink to its target, relative to the checkout
 * @throws CHECKOUT_TOO_LARGE when following them would take too long
 */
export function findEscapingSymlink(links: ReadonlyMap<string, string>): { path: string; target: string } | null {
    const root = treeOf(links);
    const budget = { steps: MAX_STEPS };
    for (const [path, target] of links) {
        if (escapes(path, root, budget)) {
            return { path, target };
        }
    }
    return null;
}

function escapes(path: string, root: Folder, budget: { steps: number }): boolean {
    /** Where the walk is; `null` for a place below which there is no link. */
    const walked: (Folder | null)[] = [root];
    const ahead = path.split("/").reverse();
    let hops = 0;
    for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
        budget.steps -= 1;
        if (budget.steps < 0) {
            throw new DeployError("CHECKOUT_TOO_LARGE", "The symlinks of the repository lead through so many folders that they cannot be checked. Remove those that nobody needs.");
        }
        if (part === "" || part === ".") {
            continue;
        }
        if (part === "..") {
            walked.pop();
            if (walked.length === 0) {
                return true;
            }
            continue;
        }
        const place = walked.at(-1)?.children.get(part) ?? null;
        if (place === null || place.target === null) {
            walked.push(place);
            continue;
        }
        if (place.target.startsWith("/") || place.target.includes("\\")) {
            return true;
        }
        hops += 1;
        if (hops > MAX_HOPS) {
            return false;
        }
        const parts = place.target.split("/").reverse();
        budget.steps -= parts.length;
        ahead.push(...parts);
    }
    return false;
}

/** The links by their folders, so that one step of a walk is one look-up. */
function treeOf(links: ReadonlyMap<string, string>): Folder {
    const root: Folder = { children: new Map(), target: null };
    for (const [path, target] of links) {
        let here = root;
        for (const name of path.split("/")) {
            let next = here.children.get(name);
            if (next === undefined) {
                next = { children: new Map(), target: null };
                here.children.set(name, next);
            }
            here = next;
        }
        here.target = target;
    }
    return root;
}
