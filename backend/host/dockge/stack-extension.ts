import { STACK_STATUS, type SimpleStack } from "../../../common/dockge-wire.ts";
import type { StackGitFields } from "../../../common/views.ts";
import type { Logger } from "../../domain/ports.ts";
import { NO_GIT_FIELDS } from "../stacks/no-git-fields.ts";
import type { StackFiles } from "../stacks/stack-files.ts";

export type ProvideFields = (names: string[]) => Promise<Map<string, StackGitFields>>;

interface ListPush {
    stackList: Record<string, object>;
    [other: string]: unknown;
}

/** Adds what Git knows to the stacks that Dockge sends. Never fails: a list without it is better than none. */
export class StackExtension {
    readonly #files: StackFiles;
    readonly #logger: Logger;
    #provide: ProvideFields = () => Promise.resolve(new Map<string, StackGitFields>());
    /** Dockge sends the same list to each connection in one go; it is looked up once. */
    readonly #running = new Map<string, Promise<{ fields: Map<string, StackGitFields>; waiting: string[] }>>();

    constructor(parts: { files: StackFiles; logger: Logger }) {
        this.#files = parts.files;
        this.#logger = parts.logger;
    }

    provideBy(provide: ProvideFields): void {
        this.#provide = provide;
    }

    async stack(stack: object): Promise<object> {
        const name = (stack as { name?: unknown }).name;
        if (typeof name !== "string") {
            return stack;
        }
        const { fields } = await this.#look([name]);
        return { ...stack, ...(fields.get(name) ?? NO_GIT_FIELDS) };
    }

    /** Also lists the stacks that wait for their first deployment: Dockge does not see a folder without a compose file. */
    async list(push: ListPush, endpoint: string): Promise<ListPush> {
        const { fields, waiting } = await this.#look(Object.keys(push.stackList));
        const listed = Object.entries(push.stackList).map(([name, stack]) => [name, { ...stack, ...(fields.get(name) ?? NO_GIT_FIELDS) }] as const);
        const added = waiting.filter((name) => !(name in push.stackList)).map((name) => [name, { ...waitingStack(name, endpoint), ...(fields.get(name) ?? NO_GIT_FIELDS) }] as const);
        return { ...push, stackList: Object.fromEntries([...listed, ...added]) };
    }

    async #look(names: string[]): Promise<{ fields: Map<string, StackGitFields>; waiting: string[] }> {
        const key = names.join("\0");
        let running = this.#running.get(key);
        if (running === undefined) {
            running = this.#lookNow(names).finally(() => this.#running.delete(key));
            this.#running.set(key, running);
        }
        return await running;
    }

    async #lookNow(names: string[]): Promise<{ fields: Map<string, StackGitFields>; waiting: string[] }> {
        try {
            const folders = await this.#files.scan();
            const waiting = folders.filter((folder) => folder.isMarkedEmpty).map((folder) => folder.name);
            return { fields: await this.#provide([...new Set([...names, ...waiting])]), waiting };
        } catch (err) {
            this.#logger.error({ err }, "stacks are sent without what Git knows of them");
            return { fields: new Map<string, StackGitFields>(), waiting: [] };
        }
    }
}

export function isListPush(value: unknown): value is ListPush {
    const list = (value as { stackList?: unknown } | null)?.stackList;
    return typeof list === "object" && list !== null;
}

function waitingStack(name: string, endpoint: string): SimpleStack {
    return { name, status: STACK_STATUS.draft, tags: [], isManagedByDockge: true, composeFileName: "compose.yaml", endpoint };
}
