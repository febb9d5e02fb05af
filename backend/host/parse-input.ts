import type { z } from "zod";
import { stackFolderName, stackName } from "../../common/schemas.ts";
import { DeployError } from "../domain/errors.ts";

/** What a client sent, checked. @throws INPUT_INVALID that names every wrong or unknown field */
export function parseInput<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
    const parsed = schema.safeParse(value);
    if (parsed.success) {
        return parsed.data;
    }
    const issues = parsed.error.issues.map((issue) => ({ path: pathOf(issue), message: messageOf(issue) }));
    const message = issues.map((issue) => (issue.path === "" ? issue.message : `${issue.path}: ${issue.message}`)).join(" ");
    throw new DeployError("INPUT_INVALID", message, { details: { issues } });
}

/** @throws STACK_NAME_INVALID */
export function parseStackName(value: unknown): string {
    const parsed = stackName.safeParse(value);
    if (!parsed.success) {
        const rule = "A stack name has only lower-case letters, digits, '-' and '_', and starts with a letter or digit.";
        const isFolder = stackFolderName.safeParse(value).success;
        throw new DeployError("STACK_NAME_INVALID", isFolder ? `${rule} Deployments from Git name images and the Compose project after it, so rename the stack's folder first.` : rule);
    }
    return parsed.data;
}

/** The position among a verb's arguments says nothing to a person. */
function pathOf(issue: z.core.$ZodIssue): string {
    const path = typeof issue.path[0] === "number" ? issue.path.slice(1) : issue.path;
    return path.map(String).join(".");
}

function messageOf(issue: z.core.$ZodIssue): string {
    if (issue.code === "unrecognized_keys") {
        return `${issue.keys.join(", ")}: there is no such field.`;
    }
    return issue.message.endsWith(".") ? issue.message : `${issue.message}.`;
}
