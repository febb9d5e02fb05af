import { dirname, isAbsolute, normalize, resolve } from "node:path/posix";
import { inspectCompose, TOO_DEEP } from "../domain/compose/compose-policy.ts";
import { composeContent } from "../domain/compose/compose-relocate.ts";
import type { IncludeScope } from "../domain/compose/compose-inspection.ts";
import { namesOfProject, steeringVariable } from "../domain/compose/env-file.ts";
import { DeployError } from "../domain/errors.ts";
import type { ComposeModel } from "../domain/ports.ts";
import { resolveVariables, type VariablesSource } from "./compose-variables.ts";
import type { Run } from "./run-context.ts";

/** What a commit must not do to this host by its compose files and `.env`, looked at before any tool reads them. */

/** More files than this are never followed from one compose file. */
const MAX_COMPOSE_FILES = 100;

/** @throws COMPOSE_MISSING, SYMLINK_REFUSED */
export async function readCompose(run: Run, path: string): Promise<string> {
    const source = await run.parts.workDirectories.read(run.directories.source, path);
    if (source === null) {
        throw new DeployError("COMPOSE_MISSING", `The repository has no file ${path} at this commit.`);
    }
    return source;
}

/** A release runs `up` without `-f`, so a `.env` of the repository could name a compose file that nobody looked at. @throws COMPOSE_POLICY */
export function refuseSteeringVariables(path: string, text: string): void {
    const name = steeringVariable(text);
    if (name !== null) {
        throw new DeployError("COMPOSE_POLICY", `${path} of the repository sets ${name}, which steers Compose, or what it starts on this server. Take it out: the compose file is chosen in the build settings, and what a container needs can stand in its service's environment.`);
    }
}

/** Once more in what Compose has put together, in case it reads a file in another way than it was looked at. @throws COMPOSE_POLICY */
export function refusePrograms(model: ComposeModel): void {
    const [program] = Object.entries(model.services).filter(([, service]) => service["provider"] !== undefined);
    if (program !== undefined) {
        throw new DeployError("COMPOSE_POLICY", `services.${program[0]}.provider runs a program on this host. Change the compose file.`);
    }
}

/** Once more where Compose says that a build, a config or a secret begins. @throws COMPOSE_POLICY */
export async function refuseServersOwn({ parts, directories }: Run, model: ComposeModel): Promise<void> {
    for (const { at, path } of filesOf(model)) {
        const isOfCheckout = path === directories.source || path.startsWith(`${directories.source}/`);
        if (isAbsolute(path) && !isOfCheckout && (await parts.stackFolder.isServersOwn(path))) {
            throw new DeployError("COMPOSE_POLICY", `${at} reads ${path}, which belongs to this server itself. Change the compose file.`);
        }
    }
}

function filesOf(model: ComposeModel): { at: string; path: string }[] {
    const builds = Object.entries(model.services).flatMap(([name, { build }]) => {
        if (build === undefined) {
            return [];
        }
        const { context, dockerfile, additional_contexts: others } = build;
        const paths = [context, ...(dockerfile === undefined ? [] : [resolve(context, dockerfile)]), ...Object.values((others ?? {}) as Record<string, string>)];
        return paths.map((path) => ({ at: `services.${name}.build`, path }));
    });
    const files = ["configs", "secrets"].flatMap((section) =>
        Object.entries((model[section] ?? {}) as Record<string, { file?: string }>).flatMap(([name, { file }]) => (file === undefined ? [] : [{ at: `${section}.${name}`, path: file }])),
    );
    return [...builds, ...files];
}

/** Dockge's own buttons run without `-p`: the name is then that of the `.env`, or of the file, by the word of Compose where it holds a variable. @throws COMPOSE_POLICY, SELF_DEPLOY, COMPOSE_INVALID */
export async function refuseOthersNames(run: Run, files: readonly string[], { env, variables }: { env: string; variables: VariablesSource }): Promise<void> {
    const names = namesOfProject(env).map((text) => ({ path: ".env", text }));
    for (const path of files) {
        const text = (composeContent(await readCompose(run, path), path) as Record<string, unknown>)["name"];
        if (typeof text === "string") {
            names.push({ path, text });
        }
    }
    for (const { path, text } of names) {
        const name = text.includes("$") ? (await resolveVariables(run, variables, path, [], [text])).get(text) : text;
        // As Compose makes a name of any text.
        await refuseOthersProject(run, (name ?? "").toLowerCase().replace(/[^a-z0-9_-]/g, "").replace(/^[_-]+/, ""));
    }
}

/** `up --remove-orphans` under another stack's name would end that stack's containers. @throws SELF_DEPLOY, COMPOSE_POLICY */
export async function refuseOthersProject({ parts, deployment }: Run, name: string): Promise<void> {
    if (name === deployment.stackId || name === "") {
        return;
    }
    if ((await parts.docker.ownProject()) === name) {
        throw new DeployError("SELF_DEPLOY", `The compose file is named ${name}, which is the project that this server runs in. Take the name out of the compose file.`);
    }
    const isRunningElsewhere = (await parts.docker.projects()).some((project) => project.name === name && project.workingDirectory !== parts.stackFolder.path(deployment.stackId));
    if (isRunningElsewhere || (await parts.stackFolder.exists(name))) {
        throw new DeployError("COMPOSE_POLICY", `The compose file is named ${name}, which is another stack or project on this host. Take the name out of the compose file, or choose one that no stack has.`);
    }
}

/** One compose file, read in one way: the same file may reach elsewhere when it is read from another folder or with other variables. */
interface Reading {
    path: string;
    folder: string;
    variablesFolder: string;
    scopes: readonly IncludeScope[];
    /** How many files include one another on the way to it. */
    depth: number;
}

/**
 * Looks through a compose file of the stack and every file that it includes or extends, before Compose opens any of them.
 * @param paths what the repository has
 * @throws COMPOSE_POLICY, COMPOSE_INVALID, COMPOSE_MISSING, SYMLINK_REFUSED
 */
export async function inspectComposeFiles(run: Run, composePath: string, { paths, variables }: { paths: ReadonlySet<string>; variables: VariablesSource }): Promise<void> {
    // Wherever it lies, the stack has it at its root, and rendering leaves paths with variables as they are.
    const queue: Reading[] = [{ path: composePath, folder: dirname(composePath), variablesFolder: ".", scopes: [], depth: 0 }];
    const seen = new Set(queue.map(keyOf));
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        for (const reading of await inspectComposeFile(run, next, paths, variables)) {
            const key = keyOf(reading);
            if (seen.has(key)) {
                continue;
            }
            seen.add(key);
            if (seen.size > MAX_COMPOSE_FILES) {
                throw new DeployError("COMPOSE_INVALID", `${composePath} includes more than ${MAX_COMPOSE_FILES} files.`);
            }
            queue.push(reading);
        }
    }
}

/** What it reads in turn. */
async function inspectComposeFile(run: Run, reading: Reading, paths: ReadonlySet<string>, variables: VariablesSource): Promise<Reading[]> {
    const { path, folder, variablesFolder, scopes, depth } = reading;
    const content = composeContent(await readCompose(run, path), path);
    let inspection = inspectCompose(content, folder, { variablesFolder, depth });
    if (inspection.undecided.length > 0) {
        const values = await resolveVariables(run, variables, path, scopes, [...new Set(inspection.undecided)]);
        inspection = inspectCompose(content, folder, { variablesFolder, depth, values });
    }
    for (const finding of inspection.findings) {
        run.log.note("checkout", `${path}: ${finding.at} ${finding.message}`, "warn");
        if (finding.kind === "escape") {
            throw new DeployError("COMPOSE_POLICY", `${path}: ${finding.at} ${finding.message}. Change the compose file.`);
        }
    }
    for (const { at, path: file } of inspection.hostFiles) {
        // What Compose cannot read of a file it repeats in its message, and what it can ends in a container.
        if (await run.parts.stackFolder.isServersOwn(file)) {
            throw new DeployError("COMPOSE_POLICY", `${path}: ${at} reads ${file}, which belongs to this server itself. Change the compose file.`);
        }
    }
    return inspection.references.map((reference) => {
        const { scope } = reference;
        if (scope === null) {
            return { path: reference.path, folder: reference.folder, variablesFolder: reference.folder, scopes, depth };
        }
        if (dirname(reference.path) !== scope.projectDirectory && !isFolder(scope.projectDirectory, paths)) {
            // Compose would go on in the folder above.
            throw new DeployError("COMPOSE_POLICY", `${path}: include.project_directory is ${scope.projectDirectory}, which is no folder of the repository. Change the compose file.`);
        }
        // Given once more, the same variables change nothing.
        const isKnown = scopes.some((each) => keyOf(each) === keyOf(scope));
        return { path: reference.path, folder: reference.folder, variablesFolder: reference.folder, scopes: isKnown ? scopes : [...scopes, scope], depth: Math.min(depth + 1, TOO_DEEP) };
    });
}

function keyOf(value: object): string {
    return JSON.stringify(value);
}

function isFolder(folder: string, paths: ReadonlySet<string>): boolean {
    const start = `${normalize(folder)}/`;
    return start === "./" || [...paths].some((path) => path.startsWith(start));
}
