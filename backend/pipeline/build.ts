import { buildKey } from "../domain/build-key.ts";
import type { ReleaseService } from "../domain/entities.ts";
import { DeployError } from "../domain/errors.ts";
import { composeImageName, imagePart, isPinned, keepTag } from "../domain/compose/image-name.ts";
import type { ComposeModel, ComposeServiceModel } from "../domain/ports.ts";
import type { Checkout } from "./checkout.ts";
import { runCommands } from "./commands.ts";
import { refusePrograms, refuseServersOwn } from "./inspect.ts";
import { linesTo, type Run } from "./run-context.ts";
import { withStackEnv } from "./stack-env.ts";

/** What a `script` stack runs when its owner has not written one: nothing besides the build that follows. */
const DEFAULT_SCRIPT = "true";

/**
 * Gets every image of the release ready under tags of our own. Nothing that runs is touched: names that the running stack uses
 * still point where they did. @throws BUILD_FAILED, PULL_FAILED, COMPOSE_INVALID, DOCKERFILE_MISSING, COMMAND_FAILED
 */
export async function buildImages(run: Run, checkout: Checkout): Promise<ReleaseService[]> {
    const { config } = run;
    if (config.buildType === "script") {
        await runCommands(run, "build", [config.script ?? DEFAULT_SCRIPT], "bash");
    }
    const model = await readModel(run, checkout);
    const built = config.buildType === "docker_build" ? await buildDockerfile(run, checkout, model) : await buildServices(run, checkout, model);
    const done = new Set(built.map((service) => service.service));
    const pulled: ReleaseService[] = [];
    for (const [name, service] of Object.entries(model.services).filter(([name]) => !done.has(name))) {
        pulled.push(await pullService(run, checkout, name, service));
    }
    return [...built, ...pulled];
}

async function readModel(run: Run, checkout: Checkout): Promise<ComposeModel> {
    const { parts, signal, config } = run;
    if (config.buildType === "docker_build") {
        return await parts.compose.config(checkout.project, { signal });
    }
    return await withStackEnv(run, checkout.env, async () => {
        const model = await parts.compose.config(checkout.project, { signal });
        refusePrograms(model);
        await refuseServersOwn(run, model);
        return model;
    });
}

async function buildServices(run: Run, checkout: Checkout, model: ComposeModel): Promise<ReleaseService[]> {
    const services = Object.entries(model.services).filter(([, service]) => service.build !== undefined);
    if (run.config.buildType === "compose_only") {
        const unbuildable = services.find(([, service]) => service.image === undefined);
        if (unbuildable !== undefined) {
            throw new DeployError("COMPOSE_INVALID", `The service ${unbuildable[0]} has no image, only a build section, and this stack never builds. Give it an image or choose the build type compose_build.`);
        }
        return [];
    }
    const images: ReleaseService[] = [];
    const sections: Record<string, ComposeServiceModel> = {};
    for (const [name, service] of services) {
        const planned = await planBuild(run, checkout, model, name, service);
        images.push(planned);
        sections[name] = { image: planned.keepTag, ...(service.build === undefined ? {} : { build: service.build }) };
        if (planned.origin === "reused") {
            run.log.note("build", `${name}: nothing it is built from has changed, its image is used again`);
        }
    }
    const toBuild = images.filter((image) => image.origin === "built").map((image) => image.service);
    if (toBuild.length > 0) {
        await composeBuild(run, checkout, model, sections, toBuild);
    }
    return await Promise.all(images.map((image) => withImageId(run, image)));
}

/** Finds a kept image with the same inputs, or decides to build. */
async function planBuild(run: Run, checkout: Checkout, model: ComposeModel, name: string, service: ComposeServiceModel): Promise<ReleaseService> {
    const { parts, config, deployment, repository, directories } = run;
    const tag = keepTag(deployment.stackId, name, checkout.commit.sha, deployment.id);
    const planned: ReleaseService = { service: name, imageRef: service.image ?? composeImageName(model.name, name), imageId: "", keepTag: tag, buildKey: null, origin: "built" };
    // Commands may change any file or fetch from anywhere, so Git does not know what the image is made from.
    const hasCommands = config.preBuildCommands.length > 0 || config.buildType === "script";
    if (service.build === undefined || hasCommands) {
        return planned;
    }
    const key = await buildKey(service.build, config.buildArgs, directories.source, (path) => parts.git.objectAt(repository.id, checkout.treeId, path));
    const reusable = key === null || deployment.isRebuild ? null : await parts.releases.findReusable(deployment.stackId, name, key);
    if (reusable !== null && (await parts.docker.imageId(reusable.imageId)) !== null) {
        await parts.docker.tag(reusable.imageId, tag);
        return { ...planned, buildKey: key, origin: "reused" };
    }
    return { ...planned, buildKey: key };
}

/** Builds from a file of its own that holds only the build sections, as Compose resolved them, under our tags. */
async function composeBuild(run: Run, checkout: Checkout, model: ComposeModel, services: Record<string, ComposeServiceModel>, names: string[]): Promise<void> {
    const { parts, config, directories, signal } = run;
    const file = { name: model.name, services, ...(model["secrets"] === undefined ? {} : { secrets: model["secrets"] }) };
    await parts.workDirectories.write(directories.plan, "build.json", JSON.stringify(file), 0o600);
    run.log.note("build", `Building ${names.join(", ")}`);
    const project = { ...checkout.project, files: [`${directories.plan}/build.json`] };
    await parts.compose.build(project, names, { signal, onLines: linesTo(run, "build"), buildArgs: config.buildArgs });
}

async function buildDockerfile(run: Run, checkout: Checkout, model: ComposeModel): Promise<ReleaseService[]> {
    const { parts, config, deployment, directories, signal } = run;
    const name = imagePart(deployment.stackId);
    const users = Object.entries(model.services).filter(([, service]) => service.image === name || service.image === `${name}:latest`);
    if (users.length === 0) {
        throw new DeployError("COMPOSE_INVALID", `No service of the stack's compose file uses the image ${name}:latest, which this stack builds. Set it as a service's image.`);
    }
    const dockerfile = config.dockerfilePath ?? "Dockerfile";
    if ((await parts.workDirectories.read(directories.source, dockerfile)) === null) {
        throw new DeployError("DOCKERFILE_MISSING", `The repository has no file ${dockerfile} at this commit. Correct the Dockerfile's path in the build settings.`);
    }
    const tag = keepTag(deployment.stackId, "image", checkout.commit.sha, deployment.id);
    run.log.note("build", `Building ${dockerfile}`);
    await parts.docker.build(
        { directory: directories.source, dockerfile, tags: [tag, `${name}:${checkout.commit.sha.slice(0, 12)}`], buildArgs: config.buildArgs, isNoCache: deployment.isRebuild },
        { signal, onLines: linesTo(run, "build") },
    );
    const built: ReleaseService = { service: "", imageRef: `${name}:latest`, imageId: "", keepTag: tag, buildKey: null, origin: "built" };
    return await Promise.all(users.map(([service]) => withImageId(run, { ...built, service })));
}

/**
 * Pulls what a service runs. The name is moved back to where it pointed: only the release moves it.
 * Without an answer from the registry, an image that is here is good enough, and the log says so.
 */
async function pullService(run: Run, checkout: Checkout, name: string, service: ComposeServiceModel): Promise<ReleaseService> {
    const { parts, deployment, signal } = run;
    const imageRef = service.image;
    if (imageRef === undefined) {
        throw new DeployError("COMPOSE_INVALID", `The service ${name} has neither an image nor a build section.`);
    }
    const before = await parts.docker.imageId(imageRef);
    const policy = service["pull_policy"];
    const isEnough = before !== null && (isPinned(imageRef) || policy === "never" || policy === "missing" || policy === "if_not_present");
    if (!isEnough && policy !== "never") {
        try {
            await withStackEnv(run, checkout.env, async () => await parts.compose.pull(checkout.project, [name], { signal, onLines: linesTo(run, "build") }));
        } catch (error) {
            signal.throwIfAborted();
            if (before === null || !(error instanceof DeployError) || error.code !== "PULL_FAILED") {
                throw error;
            }
            run.log.note("build", `${name}: ${imageRef} could not be pulled, the image that is here is used (${error.message})`, "warn");
        }
    }
    const imageId = await parts.docker.imageId(imageRef);
    if (imageId === null) {
        throw new DeployError("IMAGE_MISSING", `The image ${imageRef} of the service ${name} is not on this host, and its pull policy forbids to get it.`);
    }
    const tag = keepTag(deployment.stackId, name, checkout.commit.sha, deployment.id);
    await parts.docker.tag(imageId, tag);
    if (before !== null && before !== imageId && !isPinned(imageRef)) {
        await parts.docker.tag(before, imageRef);
    }
    return { service: name, imageRef, imageId, keepTag: tag, buildKey: null, origin: "pulled" };
}

async function withImageId(run: Run, service: ReleaseService): Promise<ReleaseService> {
    const imageId = await run.parts.docker.imageId(service.keepTag);
    if (imageId === null) {
        throw new DeployError("BUILD_FAILED", `The build of ${service.service} ended without an image.`);
    }
    return { ...service, imageId };
}
