import type { z } from "zod";
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
