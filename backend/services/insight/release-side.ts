import { dirname } from "node:path/posix";
import { discoverComposeFile, needsRendering } from "../../domain/compose/compose-files.ts";
import { relocateCompose } from "../../domain/compose/compose-relocate.ts";
import type { BuildConfig, Release, Repository } from "../../domain/entities.ts";
import { withManagedBlock } from "../../domain/compose/env-file.ts";
import { DeployError } from "../../domain/errors.ts";
import type { Commit, Git, StackFolder, TreeEntry } from "../../domain/ports.ts";

/** More of a compose file is not compared in a browser. */
const MAX_COMPOSE_BYTES = 256 * 1024;
const MAX_ENV_BYTES = 1024 * 1024;

/** What a stack would be made of. */
export interface ReleaseSide {
    files: TreeEntry[];
    /** undefined: the stack keeps its own; null: too long to be compared; else the text, empty when the commit has none. */
    compose: string | null | undefined;
    env: string | null;
}

type Reader = Pick<Git, "listTree" | "readBlob">;

/** From the mirror alone: no network. */
export async function sideOfRelease(git: Reader, repository: Repository, release: Release): Promise<ReleaseSide> {
    const files = await git.listTree(repository.id, release.treeId);
    const text = release.composeFile === null ? undefined : (release.composeYaml ?? (await textAt(git, repository, files, release.composeFile, MAX_COMPOSE_BYTES)));
    return { files, compose: text === undefined ? undefined : bounded(text), env: release.env?.reveal() ?? null };
}

/** As the pipeline would lay the commit out with today's settings. The commit has been fetched. */
export async function sideOfCommit(
    parts: { git: Reader; stackFolder: Pick<StackFolder, "read"> },
    repository: Repository,
    config: BuildConfig | null,
    commit: Commit,
): Promise<ReleaseSide> {
    const files = await parts.git.listTree(repository.id, commit.sha);
    const paths = new Set(files.map(({ path }) => path));
    const path = config?.buildType === "docker_build" ? null : (config?.composePath?.replace(/^\.\//, "") ?? discoverComposeFile(paths) ?? "compose.yaml");
    const envPath = [...(path === null || dirname(path) === "." ? [] : [`${dirname(path)}/.env`]), ".env"].find((candidate) => paths.has(candidate));
    const ownEnv = envPath === undefined ? await parts.stackFolder.read(repository.stackId, ".env") : await textAt(parts.git, repository, files, envPath, MAX_ENV_BYTES);
    const env = withManagedBlock(ownEnv, (config?.environmentVariables ?? []).map(({ name, value }) => ({ name, value: value.reveal() })));
    if (path === null) {
        return { files, compose: undefined, env };
    }
    const source = await textAt(parts.git, repository, files, path, MAX_COMPOSE_BYTES);
    return { files, compose: source === null ? null : bounded(needsRendering(path, paths) ? rendered(source, path) : source), env };
}

/** Empty when there is no such file; null when it is longer than that. */
async function textAt(git: Reader, repository: Repository, files: readonly TreeEntry[], path: string, maxBytes: number): Promise<string | null> {
    const entry = files.find((file) => file.path === path && file.mode.startsWith("100"));
    if (entry === undefined) {
        return "";
    }
    return entry.size > maxBytes ? null : (await git.readBlob(repository.id, entry.blobId)).toString("utf8");
}

/** A file that cannot be read as YAML is compared as it is: the deployment itself would say what is wrong with it. */
function rendered(source: string, path: string): string {
    try {
        return relocateCompose(source, path).text;
    } catch (thrown) {
        if (thrown instanceof DeployError) {
            return source;
        }
        throw thrown;
    }
}

function bounded(text: string | null): string | null {
    return text === null || Buffer.byteLength(text) > MAX_COMPOSE_BYTES ? null : text;
}
