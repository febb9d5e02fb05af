import { resolve } from "node:path/posix";
import type { IncludeScope } from "../domain/compose/compose-inspection.ts";
import { DeployError } from "../domain/errors.ts";
import type { ComposeProject } from "../domain/ports.ts";
import { withStackEnv } from "./stack-env.ts";
import type { Run } from "./run-context.ts";

/** What Compose takes the variables of the stack from. */
export interface VariablesSource {
    project: Omit<ComposeProject, "files">;
    /** The `.env` that the stack will have; null for none. */
    env: string | null;
}

/** Compose writes it as `$$` or as `$`: then it has done so with every other one, too. */
const DOLLAR = "$$";

/**
 * What texts with variables stand for, by Compose's own word, so that nobody can read them in another way. It is asked with files of ours that hold
 * nothing else, in includes that give the same variables as those on the way to the compose file.
 * @param path of the compose file, for the message
 * @param scopes of the includes that lead to it, the outermost first
 * @throws COMPOSE_INVALID also for a variable that is required and not there
 */
export async function resolveVariables(run: Run, source: VariablesSource, path: string, scopes: readonly IncludeScope[], texts: readonly string[]): Promise<Map<string, string>> {
    const { parts, directories, signal } = run;
    const name = (index: number) => `variables-${index}.json`;
    const literal = (place: string) => resolve(directories.source, place).replaceAll("$", () => DOLLAR);
    for (const [index, { projectDirectory, envFiles }] of scopes.entries()) {
        const include = { path: literal(`${directories.plan}/${name(index + 1)}`), project_directory: literal(projectDirectory), ...(envFiles.length === 0 ? {} : { env_file: envFiles.map(literal) }) };
        await parts.workDirectories.write(directories.plan, name(index), yaml({ include: [include] }), 0o600);
    }
    await parts.workDirectories.write(directories.plan, name(scopes.length), yaml({ services: { texts: { image: "none", command: [...texts, DOLLAR] } } }), 0o600);
    try {
        const project = { ...source.project, files: [`${directories.plan}/${name(0)}`] };
        const model = await withStackEnv(run, source.env, async () => await parts.compose.config(project, { signal }));
        return asMap(texts, model.services["texts"]?.["command"]);
    } catch (error) {
        if (error instanceof DeployError && error.code === "COMPOSE_INVALID") {
            throw new DeployError("COMPOSE_INVALID", `${path}: it cannot be told what ${texts.slice(0, 3).join(", ")} stands for. Set the variables in the build settings, or write the path without. ${error.message}`, { cause: error });
        }
        throw error;
    }
}

function asMap(texts: readonly string[], answer: unknown): Map<string, string> {
    const values: unknown[] = Array.isArray(answer) ? answer : [];
    const dollar = values.at(-1);
    if (values.length !== texts.length + 1 || (dollar !== DOLLAR && dollar !== "$")) {
        throw new DeployError("COMPOSE_INVALID", "Docker Compose gives no answer that can be read.");
    }
    return new Map(texts.map((text, index) => [text, String(values[index]).replaceAll(dollar, () => "$")]));
}

/** JSON is YAML but for characters that YAML takes for ends of lines or does not allow. */
function yaml(content: object): string {
    return JSON.stringify(content).replace(/[\x7f-\x9f\u2028\u2029\ufeff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
