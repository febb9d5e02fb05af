import { STACK_STATUS } from "../../../common/dockge-wire.ts";
import type { StackInput } from "../../../common/schemas.ts";
import type { Logger } from "../../domain/ports.ts";
import type { HostStack, HostStacks, HostStackSummary } from "../host.ts";
import type { StackLocks } from "../stacks/exclusive.ts";
import type { StackFiles, StackTexts } from "../stacks/stack-files.ts";
import { requireStackName } from "../stacks/stack-name.ts";
import type { Dockge, DockgeServer } from "./dockge-seams.ts";

export interface DockgeStacksParts {
    dockge: Dockge;
    server: DockgeServer;
    files: StackFiles;
    locks: StackLocks;
    logger: Logger;
    onChange: () => void;
}

/**
 * States are asked of Dockge, so that everybody sees the same. Files are read and written by ourselves: Dockge's nightly builds do not
 * write `.env`, and it neither replaces a file in one step nor looks where a symbolic link leads.
 */
export class DockgeStacks implements HostStacks {
    readonly #parts: DockgeStacksParts;

    constructor(parts: DockgeStacksParts) {
        this.#parts = parts;
    }

    async list(): Promise<HostStackSummary[]> {
        const [listed, folders] = await Promise.all([this.#listed(), this.#parts.files.scan()]);
        const names = new Set(listed.map((stack) => stack.name));
        const unlisted = folders.filter((folder) => !names.has(folder.name) && (folder.composeFileName !== null || folder.isMarkedEmpty));
        return [
            ...listed.map((stack) => ({ ...stack, composeFileName: folders.find((folder) => folder.name === stack.name)?.composeFileName ?? null })),
            ...unlisted.map(({ name, composeFileName }) => ({ name, status: STACK_STATUS.unknown, isManaged: true, composeFileName })),
        ];
    }

    async get(name: string): Promise<HostStack> {
        return await this.#whole(name, await this.#parts.files.read(requireStackName(name)));
    }

    async put(name: string, input: StackInput): Promise<{ stack: HostStack; isCreated: boolean }> {
        const { files, locks, onChange } = this.#parts;
        const isCreated = !(await files.exists(requireStackName(name)));
        const edit = { composeYaml: input.composeYaml ?? null, env: input.env ?? null, isNew: isCreated, expectedHash: null };
        const saved = await locks.claim(name, "its files are being saved", () => files.save(name, edit));
        onChange();
        return { stack: await this.#whole(name, saved), isCreated };
    }

    async exists(name: string): Promise<boolean> {
        return await this.#parts.files.exists(requireStackName(name));
    }

    async #whole(name: string, texts: StackTexts): Promise<HostStack> {
        const found = (await this.#listed()).find((stack) => stack.name === name);
        const { composeFileName, composeYaml, env } = texts;
        return { name, status: found?.status ?? STACK_STATUS.unknown, isManaged: true, composeFileName, composeYaml, env };
    }

    /** Empty while Docker does not answer. */
    async #listed(): Promise<Omit<HostStackSummary, "composeFileName">[]> {
        const { dockge, server, logger } = this.#parts;
        try {
            const stacks = await dockge.listStacks(server);
            return [...stacks].map(([name, stack]) => {
                const json = stack.toSimpleJSON("") as { status?: unknown; isManagedByDockge?: unknown };
                return { name, status: typeof json.status === "number" ? json.status : STACK_STATUS.unknown, isManaged: json.isManagedByDockge === true };
            });
        } catch (err) {
            logger.warn({ err }, "Dockge cannot list its stacks; their states are unknown");
            return [];
        }
    }
}
