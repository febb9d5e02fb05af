import picomatch from "picomatch";
import type { BuildConfig } from "../entities.ts";

export type PathFilter = Pick<BuildConfig, "includePaths" | "excludePaths">;

/** Globs are backtracking expressions: a longer path, which no real project has, is not tried against them but counts as changed. */
const LONGEST_PATH = 512;

export function hasPathFilter(filter: PathFilter): boolean {
    return filter.includePaths.length > 0 || filter.excludePaths.length > 0;
}

/**
 * True when at least one changed path counts: it matches an include glob (or there is none) and no exclude glob.
 * Dotfiles are matched like any file, `docs/` means everything below it, and `!x` among the includes excludes `x`.
 * Without a filter every push counts, also one that changes no file.
 */
export function pathsMatter(paths: readonly string[], filter: PathFilter): boolean {
    if (!hasPathFilter(filter)) {
        return true;
    }
    const negated = filter.includePaths.filter((glob) => glob.startsWith("!")).map((glob) => glob.slice(1));
    const include = matcher(filter.includePaths.filter((glob) => !glob.startsWith("!")));
    const exclude = matcher([...filter.excludePaths, ...negated]);
    return paths.some((path) => path.length > LONGEST_PATH || ((include === null || include(path)) && !(exclude?.(path) ?? false)));
}

function matcher(globs: string[]): ((path: string) => boolean) | null {
    if (globs.length === 0) {
        return null;
    }
    // A list with "!x" in it would match nearly everything (picomatch joins with "or"), so negation is done by hand above.
    return picomatch(globs.map(withoutDecoration).filter((glob) => glob !== ""), { dot: true, nonegate: true });
}

/** `./docs/` and `/docs/` are what people write for `docs/**`. */
function withoutDecoration(glob: string): string {
    const relative = glob.replace(/^(\.?\/)+/, "");
    return relative.endsWith("/") ? `${relative}**` : relative;
}
