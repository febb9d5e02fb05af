import { STACK_NAME_RULE, stackFolderName, stackName } from "../../../common/schemas.ts";
import { DeployError } from "../../domain/errors.ts";

/** Asked on every entry, before a name becomes part of a path. @throws STACK_NAME_INVALID */
export function requireStackName(name: unknown): string {
    const parsed = stackName.safeParse(name);
    if (!parsed.success) {
        const isFolder = stackFolderName.safeParse(name).success;
        throw new DeployError("STACK_NAME_INVALID", isFolder ? `${STACK_NAME_RULE} Deployments from Git name images and the Compose project after it, so rename the stack's folder first.` : STACK_NAME_RULE);
    }
    return parsed.data;
}

/** What Git and everything new keeps to. */
export function isNewStackName(name: string): boolean {
    return stackName.safeParse(name).success;
}

/** The name of a folder that is there already, which somebody else may have chosen. One segment of a path, always. @throws STACK_NAME_INVALID */
export function requireStackFolderName(name: unknown): string {
    const parsed = stackFolderName.safeParse(name);
    if (!parsed.success) {
        throw new DeployError("STACK_NAME_INVALID", "This is not the name of a stack.");
    }
    return parsed.data;
}

/** Compose's own rule for a project that nobody named: the folder in lower case, without what a project name may not have. */
export function defaultProjectName(folder: string): string {
    return folder.toLowerCase().replace(/[^a-z0-9_-]/g, "").replace(/^[_-]+/, "");
}
