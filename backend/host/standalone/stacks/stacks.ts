import { directEvents, hostEvents, stackEvents } from "../../../../common/dockge-wire.ts";
import type { StackGitFields } from "../../../../common/views.ts";
import type { Config } from "../../../config.ts";
import type { AuditLog, Clock, Compose, Docker, DockerReadings, Logger, StackFolder } from "../../../domain/ports.ts";
import type { HostStacks } from "../../host.ts";
import { StackLocks } from "../../stacks/exclusive.ts";
import { OwnStack } from "../../stacks/own-stack.ts";
import type { StackFiles } from "../../stacks/stack-files.ts";
import { isNewStackName, requireStackFolderName, requireStackName } from "../../stacks/stack-name.ts";
import type { Dispatcher } from "../dispatcher.ts";
import type { Session } from "../session.ts";
import type { Terminals } from "../terminals/terminals.ts";
import { audited } from "./audited-events.ts";
import { CoreStacks } from "./core-stacks.ts";
import { ListPublisher, type SendList } from "./list-publisher.ts";
import { directHandlers, hostHandlers, stackHandlers } from "./stack-events.ts";
import type { StackList } from "./stack-list.ts";
import { StackOperations } from "./stack-operations.ts";
import { StacksWatcher } from "./stacks-watcher.ts";

export interface StacksParts {
    config: Pick<Config, "dataDirectory">;
    files: StackFiles;
    list: StackList;
    terminals: Terminals;
    compose: Compose;
    /** Whether that Compose can replace the container that this server runs in, and finish. */
    doesComposeOutliveUs?: boolean;
    docker: Docker & DockerReadings;
    /** Says which env files a stack is run with, so that buttons and deployments agree; without it Dockge's rule is used. */
    stackFolder?: Pick<StackFolder, "envFiles">;
    audit: Pick<AuditLog, "append">;
    clock: Clock;
    logger: Logger;
    /** Those who are told when the list changes. */
    audience: () => Session[];
    sendList: SendList;
    primaryHostname: (endpoint: string) => Promise<string>;
    /** Aborts what runs when the server cannot wait any longer. */
    signal: AbortSignal;
}

/** The stacks of our own server: their list on every screen, Dockge's buttons, and one operation at a time on each. */
export class Stacks {
    readonly forCore: HostStacks;
    readonly #parts: StacksParts;
    readonly #locks = new StackLocks();
    readonly #operations: StackOperations;
    readonly #publisher: ListPublisher;
    readonly #watcher: StacksWatcher;

    constructor(parts: StacksParts) {
        const { config, files, list, terminals, compose, docker, stackFolder, logger } = parts;
        this.#parts = parts;
        this.#publisher = new ListPublisher({ list, audience: parts.audience, send: parts.sendList, logger });
        this.#watcher = new StacksWatcher(files, { onChange: () => this.#foldersChanged(), onTime: () => this.#lookAgain() });
        this.#operations = new StackOperations({
            files,
            list,
            locks: this.#locks,
            ownStack: new OwnStack({ docker, dataDirectory: config.dataDirectory, path: (stack) => files.path(stack), doesComposeOutliveUs: parts.doesComposeOutliveUs ?? false }),
            terminals: terminals.progress,
            compose,
            docker,
            envFiles: (stack) => (isNewStackName(stack) ? (stackFolder ?? files) : files).envFiles(stack),
            onDone: () => this.#publisher.poke(),
            signal: parts.signal,
        });
        this.forCore = new CoreStacks({ files, list, operations: this.#operations });
    }

    register(dispatcher: Dispatcher): void {
        const { files, list, terminals, docker, clock, audit, primaryHostname } = this.#parts;
        const parts = { files, list, operations: this.#operations, terminals, docker, clock, primaryHostname, refreshList: (session: Session) => this.#refresh(session) };
        dispatcher.register(stackEvents, audited(stackHandlers(parts), audit), { isInEnvelope: true, check: ([name]) => void requireStackFolderName(name) });
        dispatcher.register(directEvents, directHandlers(), { isInEnvelope: false });
        dispatcher.register(hostEvents, hostHandlers(parts), { isInEnvelope: true });
    }

    /** Begins to notice what others do in the stacks folder and at the Engine. */
    async watch(): Promise<void> {
        const { docker, list, terminals, signal } = this.#parts;
        await this.#watcher.start();
        docker.watch(() => {
            list.forgetProjects();
            terminals.dockerChanged();
            this.#publisher.poke();
        }, signal);
    }

    /** Tells nobody of changes any more. Operations go on. */
    stopWatching(): void {
        this.#watcher.stop();
        this.#publisher.stop();
    }

    /** Resolves when nothing runs on any stack. */
    async idle(): Promise<void> {
        await this.#locks.idle();
    }

    /** To one connection, whether or not it has changed. Never rejects. */
    async sendList(session: Session): Promise<void> {
        await this.#publisher.sendTo(session);
    }

    /** @throws STACK_NAME_INVALID */
    async exclusive<T>(stack: string, purpose: string, run: () => Promise<T>): Promise<T> {
        return await this.#locks.wait(requireStackName(stack), purpose, run);
    }

    extendWith(provide: (names: string[]) => Promise<Map<string, StackGitFields>>): void {
        this.#parts.list.extendWith(provide);
    }

    onDelete(handler: (stack: string) => Promise<void>): void {
        this.#operations.onDelete(handler);
    }

    /** Something else than a button has changed it. */
    changed(stack: string): void {
        const { list, files, logger } = this.#parts;
        list.forgetProjects();
        files
            .dropMarker(requireStackName(stack))
            .catch((err: unknown) => logger.warn({ err, stack }, "the marker of an empty stack could not be removed"))
            .finally(() => this.#foldersChanged());
    }

    /** What the list says besides folders and containers has changed. */
    listChanged(): void {
        this.#publisher.poke();
    }

    #foldersChanged(): void {
        this.#parts.list.forgetFolders();
        this.#publisher.poke();
    }

    /** What is known is told at once: everything that happens here is noticed. A network file system tells nothing, so it is looked at all the same. */
    #refresh(session: Session): void {
        void this.sendList(session).finally(() => this.#publisher.verify());
    }

    #lookAgain(): void {
        if (this.#parts.audience().length > 0) {
            this.#publisher.verify();
        } else {
            this.#parts.list.forgetFolders();
            this.#parts.list.forgetProjects();
        }
    }
}
