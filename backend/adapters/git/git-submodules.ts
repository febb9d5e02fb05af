import { DeployError } from "../../domain/errors.ts";
import type { GitUrl } from "../../domain/git-url.ts";

export interface SubmoduleConfig {
    name: string;
    path: string;
    url: string;
    /** `update = none` in .gitmodules: the owner does not want it fetched. */
    isSkipped: boolean;
}

/** Reads `git config --list -z` of a .gitmodules: `submodule.<name>.<key> LF value NUL`. */
export function parseSubmodules(output: string): SubmoduleConfig[] {
    const byName = new Map<string, Record<string, string>>();
    for (const record of output.split("\0")) {
        const match = /^submodule\.([^\n]+)\.([a-z]+)\n([^]*)$/i.exec(record);
        if (match !== null) {
            const [, name = "", key = "", value = ""] = match;
            byName.set(name, { ...byName.get(name), [key.toLowerCase()]: value });
        }
    }
    return [...byName].flatMap(([name, { path, url, update }]) =>
        path === undefined || url === undefined ? [] : [{ name, path: path.replace(/\/+$/, ""), url, isSkipped: update === "none" }],
    );
}

/**
 * The address of a submodule: relative ones (`../lib.git`) count from the parent's. An SSH address on the parent's own host is rewritten to https
 * when the parent is read with a token, which the SSH server could not use.
 * The result is text: it still goes through `parseGitUrl`.
 * @throws GIT_URL_INVALID when it climbs above the host
 */
export function submoduleAddress(parent: GitUrl, text: string): string {
    if (!text.startsWith("./") && !text.startsWith("../")) {
        return text;
    }
    const isScpLike = parent.scheme === "ssh" && !parent.href.startsWith("ssh://");
    const start = isScpLike ? parent.href.indexOf(":") + 1 : parent.href.indexOf("/", parent.href.indexOf("://") + 3) + 1;
    const base = parent.href.slice(0, start);
    const segments = parent.href.slice(start).split("/").filter((segment) => segment !== "");
    for (const part of text.split("/")) {
        if (part === "..") {
            if (segments.pop() === undefined) {
                throw new DeployError("GIT_URL_INVALID", `The submodule address ${text} climbs above the host. Correct it in .gitmodules.`);
            }
        } else if (part !== "." && part !== "") {
            segments.push(part);
        }
    }
    const isAbsoluteScp = isScpLike && parent.href[start] === "/";
    return `${base}${isAbsoluteScp ? "/" : ""}${segments.join("/")}`;
}

/** The same repository by the parent's own scheme, when only that one has credentials; else the URL as it is. */
export function withParentsCredentials(parent: GitUrl, child: GitUrl, hasToken: boolean): string {
    if (!hasToken || child.scheme !== "ssh" || parent.scheme === "ssh" || child.host !== parent.host) {
        return child.href;
    }
    return `${parent.scheme}://${parent.host}${parent.port === null ? "" : `:${parent.port}`}/${child.path}.git`;
}
