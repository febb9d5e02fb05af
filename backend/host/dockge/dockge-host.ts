import path from "node:path";
import type { StackGitFields } from "../../../common/views.ts";
import type { PushName, Pushes, Result } from "../../../common/wire.ts";
import type { Config } from "../../config.ts";
import type { AuditLog, Clock, Logger, Random, UserStore } from "../../domain/ports.ts";
import { FailureReporter } from "../failure.ts";
import type { Host, HostStacks, HostUser, RawHandler } from "../host.ts";
import { largeBodiesIn } from "../http/large-bodies.ts";
import { RouteTable, type Method } from "../http/route-table.ts";
import { StackLocks } from "../stacks/exclusive.ts";
import { StackFiles } from "../stacks/stack-files.ts";
import { requireStackName } from "../stacks/stack-name.ts";
import { Connections } from "./connections.ts";
import type { Dockge, DockgeServer } from "./dockge-seams.ts";
import { DockgeStacks } from "./dockge-stacks.ts";
import { ownPages, standInFront } from "./http-front.ts";
import type { Page } from "./page.ts";
import { ProgressTerminals } from "./progress-terminals.ts";
import { StackExtension } from "./stack-extension.ts";
import { StackGuards } from "./stack-guards.ts";

const BODY_TIMEOUT_MS = 60_000;

export interface DockgeHostOptions {
    dockge: Dockge;
    server: DockgeServer;
    config: Pick<Config, "isProxyTrusted">;
    /** Dockge's own, whose log-ins count here too. */
    users: Pick<UserStore, "byId">;
    audit: Pick<AuditLog, "append">;
    logger: Logger;
    clock: Clock;
    random: Pick<Random, "uuid">;
    /** Our script, which is in Dockge's page already; null when it is not built. */
    page: Page | null;
}

/** An unmodified Dockge as a home for the core. Nothing of Dockge changes before `attach`. */
export class DockgeHost implements Host {
    readonly paths: { data: string; stacks: string };
    readonly stacks: HostStacks;
    readonly #options: DockgeHostOptions;
    readonly #routes = new RouteTable();
    readonly #locks = new StackLocks();
    readonly #files: StackFiles;
    readonly #terminals: ProgressTerminals;
    readonly #extension: StackExtension;
    readonly #connections: Connections;
    readonly #deleteHandlers: ((stack: string) => Promise<void>)[] = [];
    readonly #closeHandlers: (() => Promise<void>)[] = [];
    #closed: Promise<void> | null = null;

    constructor(options: DockgeHostOptions) {
        this.#options = options;
        const { dockge, server, config, users, logger, clock } = options;
        this.paths = { data: path.resolve(server.config.dataDir), stacks: path.resolve(server.stacksDir) };
        this.#files = new StackFiles(this.paths.stacks);
        this.#extension = new StackExtension({ files: this.#files, logger });
        this.#terminals = new ProgressTerminals({ table: dockge.terminals, sockets: () => this.#connections.loggedIn(), clock });
        this.stacks = new DockgeStacks({ dockge, server, files: this.#files, locks: this.#locks, logger, onChange: () => this.#sendList() });
        const guards = new StackGuards({
            server,
            locks: this.#locks,
            files: this.#files,
            beforeDelete: async (stack) => {
                for (const handler of this.#deleteHandlers) {
                    await handler(stack);
                }
            },
            failure: (thrown, event) => this.#connections.failure(thrown, event),
            userOf: (socket) => this.#connections.userOf(socket),
            audit: options.audit,
        });
        this.#connections = new Connections({
            server,
            users,
            isProxyTrusted: config.isProxyTrusted,
            isEncrypted: "setSecureContext" in server.httpServer,
            guards,
            extension: this.#extension,
            terminals: this.#terminals,
            failures: new FailureReporter(options),
            logger,
        });
    }

    /** From here on Dockge's port and connections have our part in them. */
    attach(): void {
        const { server, config, logger, page } = this.#options;
        standInFront(server.httpServer, ownPages(this.#routes, { isProxyTrusted: config.isProxyTrusted, bodyTimeoutMs: BODY_TIMEOUT_MS, largeBodiesDirectory: largeBodiesIn(this.paths.data), logger }, page));
        this.#connections.attach();
        if (page === null) {
            logger.warn({}, "Dockge's pages stay without our tabs: they are not built.");
        } else if (!server.indexHTML.includes(page.tags)) {
            logger.warn({}, "Dockge's pages stay without our tabs: its page has no </body>.");
        }
    }

    /** Takes no more calls, and lets the core stop. What has begun on a stack is waited for by the core. */
    close(): Promise<void> {
        this.#closed ??= this.#close();
        return this.#closed;
    }

    route(method: Method, routePath: string, handler: RawHandler, options?: { maxBytes?: number }): void {
        this.#routes.add(method, routePath, handler, options?.maxBytes);
    }

    answer(event: string, handler: (args: unknown[], user: HostUser) => Promise<Result<object>>): void {
        this.#connections.add(event, handler);
    }

    publish<P extends PushName>(event: P, payload: Pushes[P], audience?: { joinedLog: string }): void {
        if (audience !== undefined && "offset" in payload) {
            this.#connections.publishLog(payload);
            return;
        }
        this.#connections.publish(event, payload);
    }

    joinLog(connectionId: string, deploymentId: string): void {
        this.#connections.joinLog(connectionId, deploymentId);
    }

    leaveLog(connectionId: string, deploymentId: string): void {
        this.#connections.leaveLog(connectionId, deploymentId);
    }

    /** Our own lock keeps Dockge's buttons away with a message; its terminal's name keeps away what does not go through them. */
    async exclusive<T>(stack: string, purpose: string, run: () => Promise<T>): Promise<T> {
        return await this.#locks.wait(requireStackName(stack), purpose, () => this.#terminals.hold(stack, run));
    }

    extendStacks(provide: (names: string[]) => Promise<Map<string, StackGitFields>>): void {
        this.#extension.provideBy(provide);
    }

    onStackDelete(handler: (stack: string) => Promise<void>): void {
        this.#deleteHandlers.push(handler);
    }

    stackChanged(stack: string): void {
        this.#files
            .dropMarker(requireStackName(stack))
            .catch((err: unknown) => this.#options.logger.warn({ err, stack }, "the marker of an empty stack could not be removed"))
            .finally(() => this.#sendList());
    }

    listChanged(): void {
        this.#sendList();
    }

    progress(stack: string, text: string): void {
        this.#terminals.write(stack, text);
    }

    onClose(stop: () => Promise<void>): void {
        this.#closeHandlers.push(stop);
    }

    /** Dockge's own regular list does not look for new folders. */
    #sendList(): void {
        const { server, logger } = this.#options;
        server.sendStackList().catch((err: unknown) => logger.warn({ err }, "the stack list could not be sent"));
    }

    async #close(): Promise<void> {
        this.#connections.close();
        await Promise.all(
            this.#closeHandlers.map(async (stop) => {
                await stop().catch((err: unknown) => this.#options.logger.error({ err }, "a part did not stop cleanly"));
            }),
        );
    }
}
