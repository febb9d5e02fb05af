import { DeployError } from "../../domain/errors.ts";
import { componentsOf } from "../open-folder.ts";

/** Dockge's rule. Checked on every entry: a name from outside is part of a path. */
const STACK_NAME = /^[a-z0-9][a-z0-9_-]*$/;
const MAX_NAME_LENGTH = 255;

/** @throws STACK_NAME_INVALID */
export function requireStackName(stack: string): string {
    if (!STACK_NAME.test(stack) || stack.length > MAX_NAME_LENGTH) {
        throw new DeployError("STACK_NAME_INVALID", "A stack's name has small letters, digits, - and _ only, and begins with a letter or digit.");
    }
    return stack;
}

/** @throws PATH_OUTSIDE_STACK */
export function stackComponents(path: string): string[] {
    const components = componentsOf(path);
    if (components === null || components.some((name) => name.toLowerCase() === ".git")) {
        throw outsideStack(path);
    }
    return components;
}

export function outsideStack(path: string): DeployError {
    return new DeployError("PATH_OUTSIDE_STACK", `${JSON.stringify(path)} is not inside the stack's own folder. Remove it from the repository.`, { details: { path } });
}

export function throughSymlink(path: string): DeployError {
    return new DeployError("PATH_OUTSIDE_STACK", `${path} in the stack folder is a symlink, and the repository has files below it. Replace the symlink by a folder.`, { details: { path } });
}

export function inTheWay(path: string, what: string): DeployError {
    return new DeployError("STACK_CHANGED", `${path} in the stack folder is ${what}, and the repository has a file of that name. Move it away and deploy again.`, { details: { path } });
}

/**
 * A symlink of the repository must point to something in the stack folder. `..` may stand at the beginning of its target only:
 * behind another name, which may be a symlink itself, it would lead elsewhere than it reads.
 * @throws PATH_OUTSIDE_STACK
 */
export function requireInsideTarget(path: string, target: string): void {
    const names = target.split("/").filter((name, index) => name !== "." && (name !== "" || index === 0));
    const up = names.findIndex((name) => name !== "..");
    const rest = up === -1 ? [] : names.slice(up);
    const climbs = names.length - rest.length;
    const depth = path.split("/").length - 1;
    if (target === "" || target.startsWith("/") || target.includes("\0") || climbs > depth || rest.includes("..") || rest.some((name) => name.toLowerCase() === ".git")) {
        throw new DeployError("PATH_OUTSIDE_STACK", `The symlink ${path} in the repository points outside of it (${JSON.stringify(target)}). Point it to a file of the repository.`, { details: { path } });
    }
}

/** `a/b/c` has the ancestors `a` and `a/b`. */
export function ancestorsOf(path: string): string[] {
    const names = path.split("/").slice(0, -1);
    return names.map((_, index) => names.slice(0, index + 1).join("/"));
}

export function folderOf(path: string): string {
    const slash = path.lastIndexOf("/");
    return slash === -1 ? "" : path.slice(0, slash);
}

export function nameOf(path: string): string {
    return path.slice(path.lastIndexOf("/") + 1);
}

export function groupByFolder<T>(items: Iterable<T>, pathOf: (item: T) => string): Map<string, T[]> {
    const groups = new Map<string, T[]>();
    for (const item of items) {
        const folder = folderOf(pathOf(item));
        const group = groups.get(folder);
        if (group === undefined) {
            groups.set(folder, [item]);
        } else {
            group.push(item);
        }
    }
    return groups;
}
