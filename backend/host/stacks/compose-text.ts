import { isMap, isScalar, LineCounter } from "yaml";
import { discoverOverrideFile } from "../../domain/compose/compose-files.ts";
import { parseYamlDocument } from "../../domain/compose/yaml-document.ts";
import { DeployError } from "../../domain/errors.ts";
import { defaultProjectName } from "./stack-name.ts";

/** Only what must be true before the text may be saved; what Compose thinks of it shows when it is run. @throws COMPOSE_INVALID, with line and column */
export function requireYaml(text: string): void {
    const lines = new LineCounter();
    const document = parseYamlDocument(text, { lineCounter: lines, prettyErrors: false });
    const error = document.errors[0];
    if (error !== undefined) {
        const { line, col } = lines.linePos(error.pos[0]);
        throw new DeployError("COMPOSE_INVALID", `The compose file is not valid YAML: line ${line}, column ${col}: ${error.message}`, { details: { line, column: col } });
    }
    if (!isMap(document.contents)) {
        throw new DeployError("COMPOSE_INVALID", "The compose file must have keys at its top, such as services:", { details: { line: 1, column: 1 } });
    }
}

/** Dockge's check: one line without `=` is most likely not meant to be an env file. @throws INPUT_INVALID */
export function requireEnv(text: string): void {
    const lines = text.split("\n");
    const first = lines[0] ?? "";
    if (lines.length === 1 && first !== "" && !first.includes("=")) {
        throw new DeployError("INPUT_INVALID", "Invalid .env format: write one NAME=value per line.");
    }
}

/** What Compose will call the project: the environment's name, the file's, or the folder's, in this order. Names made of variables are left to Compose. */
export function projectName(composeYaml: string, env: string, folder: string): string {
    const fromEnv = /^\s*(?:export\s+)?COMPOSE_PROJECT_NAME\s*=\s*["']?([a-z0-9][a-z0-9_-]*)["']?\s*$/m.exec(env)?.[1];
    if (fromEnv !== undefined) {
        return fromEnv;
    }
    const name = writtenName(composeYaml);
    return /^[a-z0-9][a-z0-9_-]*$/.test(name) ? name : defaultProjectName(folder);
}

/** Whether the file names the project by a variable, whose value only Compose knows. */
export function hasComputedName(composeYaml: string): boolean {
    return writtenName(composeYaml).includes("$");
}

/**
 * False only when Compose can find nothing to build: the file has no build section and takes nothing from other files, however it spells that, and no
 * file that Compose adds by itself lies beside it. `env` is the whole file: a variable of the build settings may name another one, too.
 * Asking Compose instead costs as long as bringing a small stack up.
 */
export function mayBuild({ composeYaml, env }: { composeYaml: string; env: string }, fileNames: ReadonlySet<string>): boolean {
    return /build|include|extends|\\/.test(composeYaml) || env.includes("COMPOSE_FILE") || discoverOverrideFile(fileNames) !== null;
}

function writtenName(composeYaml: string): string {
    const document = parseYamlDocument(composeYaml);
    const name: unknown = isMap(document.contents) ? document.contents.get("name", true) : null;
    return isScalar(name) && typeof name.value === "string" ? name.value : "";
}
