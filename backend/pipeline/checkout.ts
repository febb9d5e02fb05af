import { dirname } from "node:path/posix";
import type { BuildConfig } from "../domain/entities.ts";
import { COMPOSE_FILE_NAMES, COMPOSE_OVERRIDE_NAMES, discoverComposeFile, discoverOverrideFile, isRootComposeFile, needsRendering } from "../domain/compose/compose-files.ts";
import { projectName } from "../domain/compose/compose-project.ts";
import { relocateCompose } from "../domain/compose/compose-relocate.ts";
import { withManagedBlock } from "../domain/compose/env-file.ts";
import { DeployError } from "../domain/errors.ts";
import type { Commit, ComposeProject, ReleaseFile } from "../domain/ports.ts";
import { inspectComposeFiles, readCompose, refuseOthersNames, refuseSteeringVariables } from "./inspect.ts";
import { linesTo, type Run } from "./run-context.ts";

/** The commit, laid out and looked at, before anything of it is run. */
export interface Checkout {
    commit: Commit;
    /** Tree in the mirror with every file of the commit, submodules and LFS included. */
    treeId: string;
    /** The files that the release will write. */
    files: ReleaseFile[];
    /** The rendered compose file, when the repository's own is not where Compose looks. */
    composeYaml: string | null;
    /** Where the compose file lies in the stack folder; null when the stack keeps its own. */
    composeFile: string | null;
    /** The `.env` that the stack will have; null for none. */
    env: string | null;
    /** The repository has a `.env` of its own: what a person writes into the stack's does not last. */
    isEnvTracked: boolean;
    /** The project as it is before the release, for `config` and `build`. */
    project: ComposeProject;
}

/** Lays out the commit and decides what the stack's compose file and `.env` will be. @throws COMPOSE_MISSING, COMPOSE_INVALID, COMPOSE_POLICY, SYMLINK_REFUSED */
export async function checkOut(run: Run, commit: Commit): Promise<Checkout> {
    const { parts, repository, config, deployment, directories, signal } = run;
    const content = { hasSubmodules: repository.fetchSubmodules, hasLfs: repository.fetchLfs };
    const { treeId } = await parts.git.checkout(repository, commit.sha, directories.source, content, { signal, onLines: linesTo(run, "checkout") });
    const entries = await parts.git.listTree(repository.id, treeId);
    const tracked = entries.filter((entry) => entry.mode !== "160000");
    run.log.note("checkout", `${tracked.length} ${tracked.length === 1 ? "file" : "files"}`);
    const paths = new Set(tracked.map((entry) => entry.path));
    const ownsCompose = config.buildType !== "docker_build";
    const files = tracked.filter((entry) => ownsCompose || !isRootComposeFile(entry.path)).map(({ path, mode, blobId }) => ({ path, mode, blobId }));

    const composePath = ownsCompose ? chooseComposeFile(config, paths) : null;
    const envSource = composePath === null ? ".env" : paths.has(joinFolder(dirname(composePath), ".env")) ? joinFolder(dirname(composePath), ".env") : ".env";
    const isEnvTracked = paths.has(envSource);
    const ownEnv = isEnvTracked ? await parts.workDirectories.read(directories.source, envSource) : await parts.stackFolder.read(deployment.stackId, ".env");
    const trackedEnv = isEnvTracked ? (ownEnv ?? "") : "";
    refuseSteeringVariables(envSource, trackedEnv);
    const hadEnv = (await parts.stackFolder.read(deployment.stackId, ".env")) !== null;
    const ofSettings = config.environmentVariables.map(({ name, value }) => ({ name, value: value.reveal() }));
    // An empty one stands in the way of a `.env` that lies at the root of the repository and is not the stack's: Compose would read it there.
    const env = withManagedBlock(ownEnv, ofSettings) ?? (hadEnv || paths.has(".env") ? "" : null);

    if (composePath === null) {
        const stackPath = parts.stackFolder.path(deployment.stackId);
        const project = { name: deployment.stackId, directory: stackPath, files: [], envFiles: await parts.stackFolder.envFiles(deployment.stackId) };
        await refuseOthersNames(run, [], { env: trackedEnv, variables: { project, env } });
        return { commit, treeId, files, composeYaml: null, composeFile: null, env, isEnvTracked, project };
    }

    const source = await readCompose(run, composePath);
    const override = discoverOverrideFile(paths);
    const name = projectName(source, composePath, deployment.stackId);
    const project = { name, directory: directories.source, stackDirectory: parts.stackFolder.path(deployment.stackId), envFiles: await planEnvFiles(run, env) };
    const variables = { project, env };
    // Of several overrides Compose merges one unasked; which one is for its version to say.
    const ofStack = [composePath, ...COMPOSE_OVERRIDE_NAMES.filter((each) => paths.has(each))];
    for (const path of ofStack) {
        await inspectComposeFiles(run, path, { paths, variables });
    }
    await refuseOthersNames(run, ofStack, { env: trackedEnv, variables });
    const isRendered = needsRendering(composePath, new Set([...paths, ...(await composeFilesMadeByHand(run, paths))]));
    let composeYaml: string | null = null;
    if (isRendered) {
        const rendered = relocateCompose(source, composePath);
        composeYaml = rendered.text;
        for (const path of rendered.unresolved) {
            run.log.note("checkout", `${composePath}: the path ${path} holds a variable and is used as it is, from the stack folder`, "warn");
        }
        await parts.workDirectories.write(directories.plan, "compose.yaml", composeYaml, 0o600);
    }
    const composeFiles = [isRendered ? `${directories.plan}/compose.yaml` : composePath, ...(override === null ? [] : [override])];
    return { commit, treeId, files, composeYaml, composeFile: isRendered ? "compose.yaml" : composePath, env, isEnvTracked, project: { ...project, files: composeFiles } };
}

function chooseComposeFile(config: BuildConfig, paths: ReadonlySet<string>): string {
    const path = config.composePath?.replace(/^\.\//, "") ?? discoverComposeFile(paths);
    if (path === null) {
        throw new DeployError("COMPOSE_MISSING", "The repository has no compose file at its root. Name the one to use in the build settings.");
    }
    if (!paths.has(path)) {
        throw new DeployError("COMPOSE_MISSING", `The repository has no file ${path} at this commit. Correct the compose file's path in the build settings.`);
    }
    return path;
}

/** What lies in the stack's folder and will stay there, since no release has brought it: Compose could prefer it to the file of the repository. */
async function composeFilesMadeByHand({ parts, deployment, repository }: Run, paths: ReadonlySet<string>): Promise<string[]> {
    const current = await parts.releases.currentOf(deployment.stackId);
    const isRelease = current !== null && current.status !== "baseline";
    const candidates = COMPOSE_FILE_NAMES.filter((name) => !paths.has(name) && !(isRelease && current.composeYaml !== null && name === "compose.yaml"));
    const lying = await Promise.all(candidates.map(async (name) => ((await parts.stackFolder.read(deployment.stackId, name)) === null ? [] : [name])));
    if (lying.flat().length === 0 || !isRelease) {
        return lying.flat();
    }
    const brought = new Set((await parts.git.listTree(repository.id, current.treeId)).map(({ path }) => path));
    return lying.flat().filter((name) => !brought.has(name));
}

/** What Dockge's own calls pass: the shared `global.env`, then the stack's `.env`, here as it will be. */
async function planEnvFiles(run: Run, env: string | null): Promise<string[]> {
    const { parts, deployment, directories } = run;
    const shared = (await parts.stackFolder.envFiles(deployment.stackId)).filter((path) => path.endsWith("/global.env"));
    await parts.workDirectories.write(directories.plan, ".env", env ?? "", 0o600);
    return [...shared, `${directories.plan}/.env`];
}

function joinFolder(folder: string, name: string): string {
    return folder === "." ? name : `${folder}/${name}`;
}
