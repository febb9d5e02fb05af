const MAX_HOPS = 40;

/**
 * First symlink whose target leaves the checkout, or null. Follows links through links, as the kernel would: `a -> b/../..` may be inside by its text and outside by its walk.
 * A loop leads nowhere and is therefore inside; a target that does not exist is judged by its path.
 * @param links path of every symlink to its target, relative to the checkout
 */
export function findEscapingSymlink(links: ReadonlyMap<string, string>): { path: string; target: string } | null {
    for (const [path, target] of links) {
        if (escapes(path, links)) {
            return { path, target };
        }
    }
    return null;
}

function escapes(path: string, links: ReadonlyMap<string, string>): boolean {
    const walked: string[] = [];
    const ahead = path.split("/");
    let hops = 0;
    for (let part = ahead.shift(); part !== undefined; part = ahead.shift()) {
        if (part === "" || part === ".") {
            continue;
        }
        if (part === "..") {
            if (walked.pop() === undefined) {
                return true;
            }
            continue;
        }
        walked.push(part);
        const target = links.get(walked.join("/"));
        if (target === undefined) {
            continue;
        }
        if (target.startsWith("/") || target.includes("\\")) {
            return true;
        }
        hops += 1;
        if (hops > MAX_HOPS) {
            return false;
        }
        walked.pop();
        ahead.unshift(...target.split("/"));
    }
    return false;
}
