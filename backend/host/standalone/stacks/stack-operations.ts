import path from "node:path";
import { servicesWhere, withDependencies } from "../../../domain/compose/compose-services.ts";
import { DeployError, toDeployError } from "../../../domain/errors.ts";
import type { Compose, ComposeProject, Docker } from "../../../domain/ports.ts";
import { hasComputedName, mayBuild, projectName } from "../../stacks/compose-text.ts";
import type { StackLocks } from "../../stacks/exclusive.ts";
import type { DisruptiveAction, OwnStack } from "../../stacks/own-stack.ts";
import type { StackEdit, StackFiles, StackTexts } from "../../stacks/stack-files.ts";
import type { StackList } from "./stack-list.ts";
import { hasLife } from "./stack-status.ts";
import type { ProgressTerminals } from "../terminals/progress-terminals.ts";

export interface StackOperationsParts {
    files: StackFiles;
    list: StackList;
    locks: StackLocks;
    /** Keeps the stack that this server runs in from being taken from under it. */
    ownStack: Pick<OwnStack, "refuse">;
    terminals: ProgressTerminals;
    compose: Compose;
    docker: Docker;
    /** Paths for `--env-file`. */
    envFiles: (stack: string) => Promise<string[]>;
    /** Something was done to the stack, well or badly. */
    onDone: (stack: string) => void;
    /** Aborts what runs when the server cannot wait any longer. */
    signal: AbortSignal;
}

interface Work {
    project: ComposeProject;
    /** False: nothing of it can be built, so Compose need not be asked. */
    mayProjectBuild: boolean;
    options: { signal: AbortSignal; onLines: (stream: "out" | "err", text: string) => void };
}

/** The project that the files describe, or the one whose containers are there: its name may have been changed in the file since. */
type Which = "written" | "running";

/**
 * Dockge's buttons. Each runs alone on its stack and is refused at once while anything else does; its output goes to the
 * stack's progress terminal. @throws STACK_NAME_INVALID, STACK_NOT_FOUND, STACK_BUSY, OWN_STACK and what Compose says
 */
export class StackOperations {
    readonly #parts: StackOperationsParts;
    readonly #deleteHandlers: ((stack: string) => Promise<void>)[] = [];

    constructor(parts: StackOperationsParts) {
        this.#parts = parts;
    }

    onDelete(handler: (stack: string) => Promise<void>): void {
        this.#deleteHandlers.push(handler);
    }

    async save(stack: string, edit: StackEdit): Promise<StackTexts> {
        return await this.#alone(stack, "its files are being saved", () => this.#parts.files.save(stack, edit));
    }

    async deploy(stack: string, edit: StackEdit): Promise<StackTexts> {
        return await this.#alone(stack, "it is being deployed", async () => {
            await this.#refuseOwn(stack, "deploy", edit);
            const saved = await this.#parts.files.save(stack, edit);
            await this.#narrate(stack, (work) => this.#up(work));
            return saved;
        });
    }

    async start(stack: string): Promise<void> {
        await this.#run(stack, "start", "it is being started", (work) => this.#up(work));
    }

    async stop(stack: string): Promise<void> {
        await this.#run(stack, "stop", "it is being stopped", ({ project, options }) => this.#parts.compose.act(project, "stop", options), "running");
    }

    async restart(stack: string): Promise<void> {
        await this.#run(stack, "restart", "it is being restarted", ({ project, options }) => this.#parts.compose.act(project, "restart", options), "running");
    }

    async down(stack: string): Promise<void> {
        await this.#run(stack, "down", "it is being taken down", ({ project, options }) => this.#parts.compose.act(project, "down", options), "running");
    }

    /** As `docker compose up -d SERVICE`, with what it depends on. */
    async startService(stack: string, service: string): Promise<void> {
        await this.#run(stack, "start", `its service ${service} is being started`, (work) => this.#up(work, [service]));
    }

    async actOnService(stack: string, service: string, action: "stop" | "restart"): Promise<void> {
        const purpose = `its service ${service} is being ${action === "stop" ? "stopped" : "restarted"}`;
        await this.#run(stack, action, purpose, ({ project, options }) => this.#parts.compose.act(project, action, { ...options, services: [service] }), "running");
    }

    /** Builds what is built here, whether or not something seems to have changed, and starts the stack with it. @throws INPUT_INVALID when nothing is */
    async build(stack: string, options: { shouldPull: boolean }): Promise<void> {
        await this.#run(stack, "build", "it is being built", async (work) => {
            const { compose } = this.#parts;
            const model = await compose.config(work.project, { signal: work.options.signal });
            const built = servicesWhere(model, (service) => service.build !== undefined);
            if (built.length === 0) {
                throw new DeployError("INPUT_INVALID", "No service of this stack is built here: none has a build section. Use Update to pull newer images.");
            }
            await compose.build(work.project, built, { ...work.options, buildArgs: [], shouldPull: options.shouldPull });
            await compose.up(work.project, { ...work.options, shouldPull: true });
        });
    }

    /** Pulls newer images; a stack of which anything ran, or tried to, is then brought up with them. */
    async update(stack: string): Promise<void> {
        await this.#run(stack, "update", "it is being updated", async (work) => {
            const { compose, list } = this.#parts;
            const model = await compose.config(work.project, { signal: work.options.signal });
            await compose.pull(work.project, servicesWhere(model, (service) => service.build === undefined), work.options);
            list.forgetProjects();
            if (hasLife((await list.projectOf(stack)) ?? null)) {
                await this.#up(work);
            }
        });
    }

    /** What follows the stack lets go of it first, then its containers go, then its folder with all that is in it. */
    async remove(stack: string): Promise<void> {
        const { files, locks } = this.#parts;
        await files.require(stack);
        await this.#refuseOwn(stack, "delete");
        locks.refuseIfBusy(stack);
        // Not inside the lock: a handler may wait for a deployment that still has to take its turn.
        for (const handler of this.#deleteHandlers) {
            await handler(stack);
        }
        await locks.wait(stack, "it is being deleted", async () => {
            try {
                await files.require(stack);
                await this.#takeDownForGood(stack);
                await files.remove(stack);
            } finally {
                this.#done(stack);
            }
        });
    }

    async #takeDownForGood(stack: string): Promise<void> {
        const { files, list, compose } = this.#parts;
        if ((await files.read(stack)).composeFileName !== null) {
            await this.#narrate(stack, ({ project, options }) => compose.act(project, "down", options), "running");
            return;
        }
        const project = await list.projectOf(stack);
        if ((project?.containers.length ?? 0) > 0) {
            throw new DeployError("COMPOSE_MISSING", "The stack has containers but no compose file to take them down with. Put the file back, or remove the containers, then delete the stack.");
        }
    }

    /** As `docker compose up -d`: images that are missing are pulled or built, nothing is built anew. */
    async #up({ project, mayProjectBuild, options }: Work, services: string[] = []): Promise<void> {
        const { compose } = this.#parts;
        const unbuilt = mayProjectBuild ? await this.#unbuilt({ project, options }, services) : [];
        if (unbuilt.length > 0) {
            await compose.build(project, unbuilt, { ...options, buildArgs: [] });
        }
        await compose.up(project, { ...options, shouldPull: true, services });
    }

    /** Services that are built here and have no image yet. @param services only of these and what they depend on; empty: of all */
    async #unbuilt({ project, options }: Pick<Work, "project" | "options">, services: string[]): Promise<string[]> {
        const { compose, docker } = this.#parts;
        const model = await compose.config(project, { signal: options.signal });
        const unbuilt: string[] = [];
        for (const service of services.length === 0 ? Object.keys(model.services) : withDependencies(model, services)) {
            const { build, image } = model.services[service] ?? {};
            if (build !== undefined && (await docker.imageId(image ?? `${project.name}-${service}`)) === null) {
                unbuilt.push(service);
            }
        }
        return unbuilt;
    }

    async #run(stack: string, action: DisruptiveAction, purpose: string, work: (work: Work) => Promise<void>, which: Which = "written"): Promise<void> {
        await this.#alone(stack, purpose, async () => {
            await this.#parts.files.require(stack);
            await this.#refuseOwn(stack, action);
            await this.#narrate(stack, work, which);
        });
    }

    async #alone<T>(stack: string, purpose: string, run: () => Promise<T>): Promise<T> {
        this.#parts.files.path(stack);
        return await this.#parts.locks.claim(stack, purpose, async () => {
            try {
                return await run();
            } finally {
                this.#done(stack);
            }
        });
    }

    async #narrate(stack: string, work: (work: Work) => Promise<void>, which: Which = "written"): Promise<void> {
        const { terminals, signal } = this.#parts;
        terminals.open(stack);
        try {
            await work({
                ...(await this.#project(stack, which)),
                options: { signal, onLines: (_stream, text) => terminals.write(stack, `${text}\n`) },
            });
            terminals.exit(stack, 0);
        } catch (error) {
            terminals.write(stack, `${toDeployError(error).message}\n`);
            terminals.exit(stack, 1);
            throw error;
        }
    }

    async #project(stack: string, which: Which): Promise<Pick<Work, "project" | "mayProjectBuild">> {
        const { files, list, envFiles } = this.#parts;
        const { composeYaml, env } = await files.read(stack);
        const written = projectName(composeYaml, env, stack);
        const running = (await list.projectOf(stack))?.name ?? null;
        const name = running !== null && (which === "running" || hasComputedName(composeYaml)) ? running : written;
        if (name === "") {
            throw new DeployError("COMPOSE_INVALID", `Compose can make no project name out of the folder ${JSON.stringify(stack)}. Give the compose file a line name: at its top.`);
        }
        const other = await list.stackOfProject(name);
        if (other !== null && other !== stack) {
            throw new DeployError("COMPOSE_INVALID", `The stack ${other} already runs as the Compose project ${name}. Give the compose file of ${stack} another name: at its top.`);
        }
        const project = { name, directory: files.path(stack), files: [], envFiles: await envFiles(stack) };
        // A global.env may name further files, too.
        const hasSharedEnv = project.envFiles.some((file) => path.dirname(file) !== project.directory);
        return { project, mayProjectBuild: hasSharedEnv || mayBuild({ composeYaml, env: await files.wholeEnv(stack) }, await files.fileNames(stack)) };
    }

    async #refuseOwn(stack: string, action: DisruptiveAction, edit?: StackEdit): Promise<void> {
        const { files, list, ownStack } = this.#parts;
        const isNew = edit?.isNew === true;
        const texts = isNew ? { composeYaml: "", env: "" } : await files.read(stack);
        const written = projectName(edit?.composeYaml ?? texts.composeYaml, edit?.env ?? texts.env, stack);
        const running = isNew ? null : ((await list.projectOf(stack))?.name ?? null);
        await ownStack.refuse(stack, action, { written, running });
    }

    #done(stack: string): void {
        this.#parts.list.forgetFolders();
        this.#parts.list.forgetProjects();
        this.#parts.onDone(stack);
    }
}
