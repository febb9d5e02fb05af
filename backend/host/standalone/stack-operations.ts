import { STACK_STATUS } from "../../../common/dockge-wire.ts";
import { DeployError, toDeployError } from "../../domain/errors.ts";
import type { Compose, ComposeProject, Docker } from "../../domain/ports.ts";
import { projectName } from "../stacks/compose-text.ts";
import type { StackLocks } from "../stacks/exclusive.ts";
import type { StackEdit, StackFiles, StackTexts } from "../stacks/stack-files.ts";
import type { StackList } from "./stack-list.ts";
import { statusOf } from "./stack-status.ts";
import type { ProgressTerminals } from "./terminals.ts";

export interface StackOperationsParts {
    files: StackFiles;
    list: StackList;
    locks: StackLocks;
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
    options: { signal: AbortSignal; onLine: (stream: "out" | "err", text: string) => void };
}

/**
 * Dockge's buttons. Each runs alone on its stack and is refused at once while anything else does; its output goes to the
 * stack's progress terminal. @throws STACK_NAME_INVALID, STACK_NOT_FOUND, STACK_BUSY and what Compose says
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
            const saved = await this.#parts.files.save(stack, edit);
            await this.#narrate(stack, (work) => this.#up(work));
            return saved;
        });
    }

    async start(stack: string): Promise<void> {
        await this.#run(stack, "it is being started", (work) => this.#up(work));
    }

    async stop(stack: string): Promise<void> {
        await this.#run(stack, "it is being stopped", ({ project, options }) => this.#parts.compose.act(project, "stop", options));
    }

    async restart(stack: string): Promise<void> {
        await this.#run(stack, "it is being restarted", ({ project, options }) => this.#parts.compose.act(project, "restart", options));
    }

    async down(stack: string): Promise<void> {
        await this.#run(stack, "it is being taken down", ({ project, options }) => this.#parts.compose.act(project, "down", options));
    }

    /** Pulls newer images; a stack that was running is then brought up with them. */
    async update(stack: string): Promise<void> {
        await this.#run(stack, "it is being updated", async (work) => {
            const { compose, list } = this.#parts;
            const model = await compose.config(work.project, { signal: work.options.signal });
            const pulled = Object.entries(model.services).filter(([, service]) => service.build === undefined);
            await compose.pull(work.project, pulled.map(([name]) => name), work.options);
            list.forgetProjects();
            if (statusOf((await list.projectOf(stack)) ?? null) === STACK_STATUS.active) {
                await this.#up(work);
            }
        });
    }

    /** What follows the stack lets go of it first, then its containers go, then its folder with all that is in it. */
    async remove(stack: string): Promise<void> {
        const { files, locks } = this.#parts;
        await files.require(stack);
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
            await this.#narrate(stack, ({ project, options }) => compose.act(project, "down", options));
            return;
        }
        const project = await list.projectOf(stack);
        if ((project?.containers.length ?? 0) > 0) {
            throw new DeployError("COMPOSE_MISSING", "The stack has containers but no compose file to take them down with. Put the file back, or remove the containers, then delete the stack.");
        }
    }

    /** As `docker compose up -d`: images that are missing are pulled or built, nothing is built anew. */
    async #up({ project, options }: Work): Promise<void> {
        const { compose, docker } = this.#parts;
        const model = await compose.config(project, { signal: options.signal });
        const unbuilt: string[] = [];
        for (const [service, { build, image }] of Object.entries(model.services)) {
            if (build !== undefined && (await docker.imageId(image ?? `${project.name}-${service}`)) === null) {
                unbuilt.push(service);
            }
        }
        if (unbuilt.length > 0) {
            await compose.build(project, unbuilt, { ...options, buildArgs: [] });
        }
        await compose.up(project, { ...options, shouldPull: true });
    }

    async #run(stack: string, purpose: string, work: (work: Work) => Promise<void>): Promise<void> {
        await this.#alone(stack, purpose, async () => {
            await this.#parts.files.require(stack);
            await this.#narrate(stack, work);
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

    async #narrate(stack: string, work: (work: Work) => Promise<void>): Promise<void> {
        const { terminals, signal } = this.#parts;
        terminals.open(stack);
        try {
            await work({
                project: await this.#project(stack),
                options: { signal, onLine: (_stream, text) => terminals.write(stack, `${text}\n`) },
            });
            terminals.exit(stack, 0);
        } catch (error) {
            terminals.write(stack, `${toDeployError(error).message}\n`);
            terminals.exit(stack, 1);
            throw error;
        }
    }

    async #project(stack: string): Promise<ComposeProject> {
        const { files, envFiles } = this.#parts;
        const { composeYaml, env } = await files.read(stack);
        return { name: projectName(composeYaml, env, stack), directory: files.path(stack), files: [], envFiles: await envFiles(stack) };
    }

    #done(stack: string): void {
        this.#parts.list.forgetFolders();
        this.#parts.list.forgetProjects();
        this.#parts.onDone(stack);
    }
}
