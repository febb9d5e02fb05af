import { dirname, isAbsolute, resolve } from "node:path/posix";
import { inspectCompose } from "../domain/compose/compose-policy.ts";
import { composeContent } from "../domain/compose/compose-relocate.ts";
import { steeringVariable } from "../domain/compose/env-file.ts";
import { DeployError } from "../domain/errors.ts";
import type { ComposeModel } from "../domain/ports.ts";
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
        throw new DeployError("COMPOSE_POLICY", `${path} of the repository sets ${name}, which steers Compose itself. Take it out; the compose file is chosen in the build settings.`);
    }
}

/** Once more in what Compose has put together, since a file that a variable or the network names could not be looked at before. @throws COMPOSE_POLICY */
export function refusePrograms(model: ComposeModel): void {
    const [program] = Object.entries(model.services).filter(([, service]) => service["provider"] !== undefined);
    if (program !== undefined) {
        throw new DeployError("COMPOSE_POLICY", `services.${program[0]}.provider runs a program on this host. Change the compose file.`);
    }
}

/** Once more where Compose says that a build, a config or a secret begins: a variable may have decided it. @throws COMPOSE_POLICY */
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

/** `up --remove-orphans` under another stack's name would end that stack's containers. @throws SELF_DEPLOY, COMPOSE_POLICY */
export async function refuseOthersProject({ parts, deployment }: Run, name: string): Promise<void> {
    if (name === deployment.stackId) {
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

/** Looks through the compose file and every file it includes or extends, before Compose opens any of them. */
export async function inspectComposeFiles(run: Run, composePath: string, source: string): Promise<void> {
    const seen = new Set([`${dirname(composePath)}\n${composePath}`]);
    const queue = [{ path: composePath, folder: dirname(composePath), source }];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { findings, references, hostFiles } = inspectCompose(composeContent(next.source, next.path), next.folder);
        for (const finding of findings) {
            run.log.note("checkout", `${next.path}: ${finding.at} ${finding.message}`, "warn");
            if (finding.kind === "escape") {
                throw new DeployError("COMPOSE_POLICY", `${next.path}: ${finding.at} ${finding.message}. Change the compose file.`);
            }
        }
        for (const { at, path } of hostFiles) {
            // What Compose cannot read of a file it repeats in its message, and what it can ends in a container.
            if (await run.parts.stackFolder.isServersOwn(path)) {
                throw new DeployError("COMPOSE_POLICY", `${next.path}: ${at} reads ${path}, which belongs to this server itself. Change the compose file.`);
            }
        }
        for (const { path, folder } of references) {
            // The same file may be read from two folders, and reach elsewhere from each.
            const reading = `${folder}\n${path}`;
            if (seen.has(reading)) {
                continue;
            }
            seen.add(reading);
            if (seen.size > MAX_COMPOSE_FILES) {
                throw new DeployError("COMPOSE_INVALID", `${composePath} includes more than ${MAX_COMPOSE_FILES} files.`);
            }
            queue.push({ path, folder, source: await readCompose(run, path) });
        }
    }
}
