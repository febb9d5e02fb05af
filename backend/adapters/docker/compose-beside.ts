import type { Compose, ComposeAction, ComposeModel, ComposeProject, Docker, ProgressOptions } from "../../domain/ports.ts";
import type { BesideContainer } from "./beside-container.ts";
import { actArgv, upArgv } from "./compose-cli-argv.ts";

/**
 * Compose as it is, except for what replaces the container that this server runs in: a container beside it does that and lives on.
 * Such a call returns when the work has begun; how it went shows in the state of the containers, as the server may be gone by then.
 */
export class ComposeBeside implements Compose {
    readonly #compose: Compose;
    readonly #docker: Pick<Docker, "ownProject">;
    readonly #beside: Pick<BesideContainer, "run">;

    constructor(parts: { compose: Compose; docker: Pick<Docker, "ownProject">; beside: Pick<BesideContainer, "run"> }) {
        this.#compose = parts.compose;
        this.#docker = parts.docker;
        this.#beside = parts.beside;
    }

    async config(...args: Parameters<Compose["config"]>): Promise<ComposeModel> {
        return await this.#compose.config(...args);
    }

    async build(...args: Parameters<Compose["build"]>): Promise<void> {
        await this.#compose.build(...args);
    }

    async pull(...args: Parameters<Compose["pull"]>): Promise<void> {
        await this.#compose.pull(...args);
    }

    async up(...[project, options]: Parameters<Compose["up"]>): Promise<void> {
        if (await this.#isOwn(project)) {
            await this.#handOver(upArgv(project, options), options);
        } else {
            await this.#compose.up(project, options);
        }
    }

    async act(...[project, action, options]: Parameters<Compose["act"]>): Promise<void> {
        if (await this.#isOwn(project)) {
            await this.#handOver(actArgv(project, action satisfies ComposeAction, options.services), options);
        } else {
            await this.#compose.act(project, action, options);
        }
    }

    async #isOwn({ name }: ComposeProject): Promise<boolean> {
        return (await this.#docker.ownProject()) === name;
    }

    async #handOver(argv: string[], { onLines }: ProgressOptions): Promise<void> {
        const name = await this.#beside.run(argv);
        onLines?.("out", `This server runs in this stack, so the container ${name} does the rest and outlives it. Should the server not come back: docker logs ${name}`);
    }
}
