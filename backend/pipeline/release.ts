import { COMPOSE_FILE_NAMES, isRootComposeFile } from "../domain/compose/compose-files.ts";
import type { Release } from "../domain/entities.ts";
import { DeployError } from "../domain/errors.ts";
import { gitBlobId } from "../domain/git-blob-id.ts";
import type { ExpectedService } from "../domain/health.ts";
import { isPinned } from "../domain/compose/image-name.ts";
import type { ComposeProject, ComposeServiceModel, ReleaseFile } from "../domain/ports.ts";
import { projectName } from "../domain/compose/compose-project.ts";
import { withoutManagedBlock } from "../domain/compose/env-file.ts";
import type { Run } from "./run-context.ts";
import { StopWaits } from "./stop-waits.ts";

/** A release that was put in place, as the health step looks at it. */
export interface ReleasedProject {
    project: ComposeProject;
    expected: ExpectedService[];
    healthCheckPath: string | null;
    /** When each container that was there before had been started, by its id: those that the release left alone are known by it. */
    startedBefore: ReadonlyMap<string, number>;
}

/** Releases whose files may lie in the stack folder; more are not looked at. */
const LOOK_BACK = 5;

/**
 * Puts a release in place: its files, its `.env`, its images by content, then `up`. Never builds, never pulls.
 * Repeating it after a crash ends in the same state. @throws IMAGE_MISSING, PATH_OUTSIDE_STACK, UP_FAILED, DISK_FULL
 */
export async function putInPlace(run: Run, release: Release, sourceDirectory: string, step: "release" | "rollback", signal: AbortSignal): Promise<ReleasedProject> {
    const { parts, deployment, repository } = run;
    await requireImages(run, release);
    const [files, previous] = await Promise.all([filesOf(run, release), filesThatMayLieThere(run, release)]);
    const report = await parts.stackFolder.apply({
        stack: deployment.stackId,
        deploymentId: deployment.id,
        files,
        previous,
        sourceDirectory,
        readBlob: (blobId) => parts.git.readBlob(repository.id, blobId),
        generated: generatedFiles(release, (await parts.stackFolder.read(deployment.stackId, ".env")) !== null),
    });
    for (const { path, backup } of report.backedUp) {
        run.log.note(step, `${path} had been changed on this host; the changed file was saved as ${backup}`, "warn");
    }
    run.log.note(step, `${report.written.length} ${report.written.length === 1 ? "file" : "files"} written, ${report.removed.length} removed`);
    for (const { imageId, imageRef } of release.services) {
        if (!isPinned(imageRef)) {
            await parts.docker.tag(imageId, imageRef);
        }
    }
    const project = await stackProject(run);
    const startedBefore = await startTimes(run, project.name);
    // Neither needs the other; of a model that Compose does not accept, `up` changes nothing.
    const [model, isUp] = await Promise.allSettled([parts.compose.config(project, { signal }), bringUp(run, project, step, signal)]);
    parts.stackChanged(deployment.stackId);
    const { services } = valueOf(model);
    valueOf(isUp);
    const expected = Object.entries(services).filter(([, service]) => !isScaledToZero(service)).map(([name, service]) => ({ name, isLongRunning: isLongRunning(service) }));
    return { project, expected, healthCheckPath: release.healthCheckPath, startedBefore };
}

async function bringUp(run: Run, project: ComposeProject, step: "release" | "rollback", signal: AbortSignal): Promise<void> {
    const { parts, deployment } = run;
    const waits = new StopWaits(parts.clock, (text) => {
        run.log.note(step, text);
        parts.progress(deployment.stackId, `${text}\r\n`);
    });
    try {
        await parts.compose.up(project, {
            signal,
            shouldPull: false,
            onLines: (stream, text) => {
                run.log.lines(step, stream, text);
                for (const line of text.split("\n")) {
                    parts.progress(deployment.stackId, `${line}\r\n`);
                    waits.line(line);
                }
            },
        });
    } finally {
        waits.close();
    }
}

/** @throws what the promise was rejected with */
function valueOf<T>(result: PromiseSettledResult<T>): T {
    if (result.status === "rejected") {
        throw result.reason;
    }
    return result.value;
}

async function startTimes(run: Run, project: string): Promise<Map<string, number>> {
    const running = (await run.parts.docker.containers(project)).filter((container) => container.state === "running");
    return new Map(running.flatMap(({ id, startedAt }) => (startedAt === null ? [] : [[id, startedAt] as const])));
}

/** Every image of a release is still on this host, or nothing is touched. @throws IMAGE_MISSING */
export async function requireImages(run: Pick<Run, "parts">, release: Release): Promise<void> {
    await Promise.all(
        release.services.map(async (service) => {
            if ((await run.parts.docker.imageId(service.imageId)) === null) {
                throw new DeployError("IMAGE_MISSING", `The image of ${service.service} for commit ${release.commitSha.slice(0, 12)} is no longer on this host. Deploy that commit again instead.`);
            }
        }),
    );
}

/** The project as Dockge's own buttons see it: the stack folder, Compose's own discovery. */
export async function stackProject(run: Pick<Run, "parts" | "deployment">): Promise<ComposeProject> {
    const { parts, deployment } = run;
    const stack = deployment.stackId;
    let name = stack;
    for (const file of COMPOSE_FILE_NAMES) {
        const source = await parts.stackFolder.read(stack, file);
        if (source !== null) {
            name = projectName(source, file, stack);
            break;
        }
    }
    return { name, directory: parts.stackFolder.path(stack), files: [], envFiles: await parts.stackFolder.envFiles(stack) };
}

/** The files that a release writes: its tree, without submodule links, and without compose files where the stack keeps its own. */
async function filesOf(run: Run, release: Release): Promise<ReleaseFile[]> {
    const entries = await run.parts.git.listTree(release.repositoryId, release.treeId);
    return entries
        .filter((entry) => entry.mode !== "160000" && (release.composeFile !== null || release.status === "baseline" || !isRootComposeFile(entry.path)))
        .map(({ path, mode, blobId }) => ({ path, mode, blobId }));
}

/** What earlier releases, or a run that a crash ended, may have left; so that it is removed and not taken for somebody's edits. */
async function filesThatMayLieThere(run: Run, release: Release): Promise<ReleaseFile[]> {
    const files: ReleaseFile[] = [];
    const recent = await run.parts.releases.recentOf(run.deployment.stackId, LOOK_BACK);
    for (const earlier of recent.filter((each) => each.id !== release.id && each.repositoryId === release.repositoryId)) {
        files.push(...(await filesOf(run, earlier)));
        if (earlier.composeYaml !== null && release.composeYaml === null) {
            files.push({ path: "compose.yaml", mode: "100644", blobId: gitBlobId(earlier.composeYaml) });
        }
    }
    return files;
}

/**
 * A `.env` without a variable of ours is the person's own text: where it is the same, its mode is theirs as well. A release that had none is
 * returned to with an empty one: the variables of a later one must not stay.
 */
function generatedFiles(release: Release, hasEnv: boolean): { path: string; content: string; mode: number; keepsMode?: boolean }[] {
    const env = release.env?.reveal() ?? (hasEnv ? "" : null);
    return [
        ...(release.composeYaml === null ? [] : [{ path: "compose.yaml", content: release.composeYaml, mode: 0o644 }]),
        ...(env === null ? [] : [{ path: ".env", content: env, mode: 0o600, keepsMode: withoutManagedBlock(env) === env }]),
    ];
}

function isLongRunning(service: ComposeServiceModel): boolean {
    const ports = service["ports"];
    const restarts = service.restart === "always" || service.restart === "unless-stopped";
    return restarts || service["healthcheck"] !== undefined || (Array.isArray(ports) && ports.length > 0);
}

function isScaledToZero(service: ComposeServiceModel): boolean {
    const deploy = service["deploy"] as { replicas?: number } | undefined;
    return service["scale"] === 0 || deploy?.replicas === 0;
}
