import { COMPOSE_FILE_NAMES, COMPOSE_OVERRIDE_NAMES } from "../domain/compose/compose-files.ts";
import type { ReleaseService } from "../domain/entities.ts";
import { composeImageName, keepTag } from "../domain/compose/image-name.ts";
import { Secret } from "../domain/secret.ts";
import type { Checkout } from "./checkout.ts";
import { stackProject } from "./release.ts";
import type { Run } from "./run-context.ts";

/**
 * Before the first release of a stack that already runs (somebody made it by hand): keeps the files that the release will overwrite
 * and the images that run, so that a first release that fails is taken back as well.
 */
export async function keepBaseline(run: Run, checkout: Checkout): Promise<void> {
    const { parts, deployment, repository } = run;
    const stack = deployment.stackId;
    if ((await parts.releases.currentOf(stack)) !== null) {
        return;
    }
    const project = await stackProject(run);
    const running = (await parts.docker.containers(project.name)).filter((container) => container.state === "running" && !container.isOneOff);
    if (running.length === 0) {
        return;
    }
    const model = await parts.compose.config(project, { signal: run.signal });
    const services: ReleaseService[] = [];
    for (const container of running) {
        const service = model.services[container.service];
        if (service === undefined || services.some((each) => each.service === container.service)) {
            continue;
        }
        const tag = keepTag(stack, container.service, "before", deployment.id);
        await parts.docker.tag(container.imageId, tag);
        services.push({ service: container.service, imageRef: service.image ?? composeImageName(project.name, container.service), imageId: container.imageId, keepTag: tag, buildKey: null, origin: "pulled" });
    }
    const paths = new Set([...checkout.files.map((file) => file.path), ...COMPOSE_FILE_NAMES, ...COMPOSE_OVERRIDE_NAMES]);
    paths.delete(".env");
    const { treeId } = await parts.git.snapshot(repository.id, parts.stackFolder.path(stack), [...paths]);
    const env = await parts.stackFolder.read(stack, ".env");
    const id = parts.random.uuid();
    await parts.git.keepRelease(repository.id, id, checkout.commit.sha, treeId);
    await parts.releases.insert({
        id,
        stackId: stack,
        repositoryId: repository.id,
        deploymentId: deployment.id,
        commitSha: checkout.commit.sha,
        treeId,
        composeYaml: null,
        composeFile: null,
        healthCheckPath: null,
        env: env === null ? null : new Secret(env),
        isEnvTracked: false,
        services,
        status: "baseline",
        createdAt: parts.clock.now(),
        healthyAt: null,
    });
    run.log.note("release", "The stack as it runs now is kept: should this first release fail, it comes back");
}
