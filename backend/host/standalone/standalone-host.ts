import type { Server } from "node:http";
import { directEvents, hostEvents, stackEvents } from "../../../common/dockge-wire.ts";
import type { PushName, Pushes, Result, StackGitFields } from "../../../common/wire.ts";
import type { Config } from "../../config.ts";
import type { Clock, Compose, Docker, DockerReadings, Logger, Random, StackFolder } from "../../domain/ports.ts";
import type { Host, HostStacks, HostUser, RawHandler } from "../host.ts";
import { Accounts, type AccountConfig, type AccountStores } from "./accounts/accounts.ts";
import { Hub, type HubParts } from "./agents/hub.ts";
import { audited } from "./stacks/audited-events.ts";
import { ClientTrust } from "./client-trust.ts";
import { Dispatcher } from "./dispatcher.ts";
import { StackLocks } from "../stacks/exclusive.ts";
import { Greeting } from "./greeting.ts";
import { ListPublisher } from "./stacks/list-publisher.ts";
import { builtFiles } from "../http/built-files.ts";
import { RouteTable, type Method } from "../http/route-table.ts";
import { LOGGED_IN_ROOM, logRoom, type Session } from "./session.ts";
import { Sockets } from "./sockets.ts";
import { directHandlers, hostHandlers, stackHandlers } from "./stacks/stack-events.ts";
import { OwnStack } from "../stacks/own-stack.ts";
import { StackFiles } from "../stacks/stack-files.ts";
import { StackList } from "./stacks/stack-list.ts";
import { isNewStackName, requireStackFolderName, requireStackName } from "../stacks/stack-name.ts";
import { StackOperations } from "./stacks/stack-operations.ts";
import { Stacks } from "./stacks/core-stacks.ts";
import { StacksWatcher } from "./stacks/stacks-watcher.ts";
import { TerminalHouse } from "./terminals/terminal-house.ts";
import type { TerminalPorts } from "./terminals/terminals.ts";
import { certificateKeeper } from "./tls/certificate-source.ts";
import type { CertificateKeeper } from "./tls/certificate-keeper.ts";
import { makeFolder } from "./make-folder.ts";
import { createWebServer, listenOn } from "./web-server.ts";

/** How long a stop waits for what is under way. */
const CLOSE_LIMIT_MS = 30_000;
/** For the last answers to leave. */
const LAST_WORDS_MS = 50;
/** For clients to hang up when they are asked to. */
const HANG_UP_MS = 500;
const BODY_TIMEOUT_MS = 60_000;

export interface StandaloneHostOptions extends AccountStores, Pick<HubParts, "agents" | "connect"> {
    config: Pick<Config, "port" | "hostname" | "dataDirectory" | "stacksDirectory" | "isProxyTrusted" | "isAnyOriginAllowed"> & AccountConfig & Partial<Pick<Config, "stackOwner" | "tls" | "publicUrl">>;
    logger: Logger;
    clock: Clock;
    random: Random;
    compose: Compose;
    /** Whether that Compose can replace the container that this server runs in, and finish. */
    doesComposeOutliveUs?: boolean;
    terminals: TerminalPorts;
    docker: Docker & DockerReadings;
    /** Says which env files a stack is run with, so that buttons and deployments agree; without it Dockge's rule is used. */
    stackFolder?: Pick<StackFolder, "envFiles">;
    /** Of this product, shown to people. */
    version?: string;
    /** The built pages. */
    pagesDirectory?: string;
    bodyTimeoutMs?: number;
    closeLimitMs?: number;
}

/** Our own server: what a Dockge user has, in Dockge's protocol, and a home for the core. */
export class StandaloneHost implements Host {
    readonly paths: { data: string; stacks: string };
    readonly stacks: HostStacks;
    readonly #options: StandaloneHostOptions;
    readonly #routes = new RouteTable();
    readonly #locks = new StackLocks();
    readonly #closeHandlers: (() => Promise<void>)[] = [];
    readonly #stopping = new AbortController();
    readonly #accounts: Accounts;
    readonly #files: StackFiles;
    readonly #list: StackList;
    readonly #operations: StackOperations;
    readonly #terminals: TerminalHouse;
    readonly #publisher: ListPublisher;
    readonly #greeting: Greeting;
    readonly #hub: Hub;
    readonly #watcher: StacksWatcher;
    readonly #dispatcher: Dispatcher;
    readonly #trust: ClientTrust;
    readonly #certificate: CertificateKeeper | null;
    readonly #web: Server;
    readonly #sockets: Sockets;
    #closed: Promise<void> | null = null;

    constructor(options: StandaloneHostOptions) {
        this.#options = options;
        const { config, logger, docker, compose, settings } = options;
        this.paths = { data: config.dataDirectory, stacks: config.stacksDirectory };
        this.#files = new StackFiles(config.stacksDirectory, config.stackOwner);
        this.#list = new StackList({ files: this.#files, docker, logger });
        this.#dispatcher = new Dispatcher(logger);
        const trust = new ClientTrust(config, settings);
        this.#trust = trust;
        this.#certificate = certificateKeeper(config, options.clock, logger);
        this.#web = createWebServer(this.#routes, {
            get isProxyTrusted() {
                return trust.isProxyTrusted;
            },
            certificate: this.#certificate,
            bodyTimeoutMs: options.bodyTimeoutMs ?? BODY_TIMEOUT_MS,
            logger,
            pagesDirectory: options.pagesDirectory ?? builtFiles("frontend"),
        });
        this.#sockets = new Sockets({ server: this.#web, config: trust, dispatcher: this.#dispatcher, logger, onConnect: (session) => this.#greeting.connected(session), onDisconnect: (session) => this.#accounts.disconnected(session) });
        this.#terminals = new TerminalHouse({ ...options, ports: options.terminals, files: this.#files, list: this.#list });
        this.#publisher = new ListPublisher({ list: this.#list, audience: () => this.#sockets.in(LOGGED_IN_ROOM), logger });
        this.#accounts = new Accounts({
            ...options,
            files: this.#files,
            connections: () => this.#sockets.all(),
            welcome: (session) => this.#inBackground(this.#greeting.loggedIn(session)),
            settingsChanged: () => {
                this.#inBackground(trust.load());
                this.#sockets.in(LOGGED_IN_ROOM).forEach((session) => this.#inBackground(this.#greeting.info(session)));
            },
        });
        this.#hub = new Hub(options);
        this.#greeting = new Greeting({ auth: this.#accounts.auth, settings, publisher: this.#publisher, version: options.version ?? "", hub: this.#hub });
        this.#watcher = new StacksWatcher(this.#files, () => this.#foldersChanged());
        this.#operations = new StackOperations({
            files: this.#files,
            list: this.#list,
            locks: this.#locks,
            ownStack: new OwnStack({ docker, dataDirectory: config.dataDirectory, path: (stack) => this.#files.path(stack), doesComposeOutliveUs: options.doesComposeOutliveUs ?? false }),
            terminals: this.#terminals.progress,
            compose,
            docker,
            envFiles: (stack) => (isNewStackName(stack) ? (options.stackFolder ?? this.#files) : this.#files).envFiles(stack),
            onDone: () => this.#publisher.poke(),
            signal: this.#stopping.signal,
        });
        this.stacks = new Stacks({ files: this.#files, list: this.#list, operations: this.#operations });
        this.#registerEvents();
    }

    /** Prepares the folders and the signing key, then answers the first request. @throws PORT_IN_USE */
    async listen(): Promise<{ port: number }> {
        const { config, docker } = this.#options;
        await makeFolder(config.dataDirectory, "DOCKGE_DATA_DIR");
        await makeFolder(config.stacksDirectory, "DOCKGE_STACKS_DIR");
        await this.#accounts.start(this.#stopping.signal);
        await this.#trust.load();
        await this.#hub.start();
        await this.#certificate?.start(this.#stopping.signal);
        const port = await listenOn(this.#web, config.port, config.hostname);
        await this.#watcher.start();
        docker.watch(() => this.#dockerChanged(), this.#stopping.signal);
        return { port };
    }

    /** Takes nothing new, lets what runs end (30 s at most), then lets go of everything. */
    close(): Promise<void> {
        this.#closed ??= this.#close();
        return this.#closed;
    }

    route(method: Method, path: string, handler: RawHandler, options?: { maxBytes?: number }): void {
        this.#routes.add(method, path, handler, options?.maxBytes);
    }

    answer(event: string, handler: (args: unknown[], user: HostUser) => Promise<Result<object>>): void {
        this.#dispatcher.add(event, (args, session) => handler(args, session.hostUser));
    }

    publish<P extends PushName>(event: P, payload: Pushes[P], audience?: { joinedLog: string }): void {
        for (const session of this.#sockets.in(audience === undefined ? LOGGED_IN_ROOM : logRoom(audience.joinedLog))) {
            session.pushStamped(event, payload);
        }
    }

    joinLog(connectionId: string, deploymentId: string): void {
        this.#sockets.byId(connectionId)?.join(logRoom(deploymentId));
    }

    leaveLog(connectionId: string, deploymentId: string): void {
        this.#sockets.byId(connectionId)?.leave(logRoom(deploymentId));
    }

    async exclusive<T>(stack: string, purpose: string, run: () => Promise<T>): Promise<T> {
        return await this.#locks.wait(requireStackName(stack), purpose, run);
    }

    extendStacks(provide: (names: string[]) => Promise<Map<string, StackGitFields>>): void {
        this.#list.extendWith(provide);
    }

    onStackDelete(handler: (stack: string) => Promise<void>): void {
        this.#operations.onDelete(handler);
    }

    stackChanged(stack: string): void {
        this.#list.forgetProjects();
        this.#files
            .dropMarker(requireStackName(stack))
            .catch((err: unknown) => this.#options.logger.warn({ err, stack }, "the marker of an empty stack could not be removed"))
            .finally(() => this.#foldersChanged());
    }

    progress(stack: string, text: string): void {
        this.#terminals.progress.write(stack, text);
    }

    onClose(stop: () => Promise<void>): void {
        this.#closeHandlers.push(stop);
    }

    #registerEvents(): void {
        const { docker, clock } = this.#options;
        const parts = {
            files: this.#files,
            list: this.#list,
            operations: this.#operations,
            terminals: this.#terminals,
            docker,
            clock,
            primaryHostname: (endpoint: string) => this.#greeting.primaryHostname(endpoint),
            refreshList: (session: Session) => {
                this.#list.forgetProjects();
                this.#list.forgetFolders();
                this.#inBackground(this.#publisher.sendTo(session));
                this.#publisher.poke();
            },
        };
        this.#accounts.register(this.#dispatcher);
        this.#hub.register(this.#dispatcher);
        this.#terminals.register(this.#dispatcher);
        this.#dispatcher.register(stackEvents, audited(stackHandlers(parts), this.#options.audit), { isInEnvelope: true, check: ([name]) => void requireStackFolderName(name) });
        this.#dispatcher.register(directEvents, directHandlers(), { isInEnvelope: false });
        this.#dispatcher.register(hostEvents, hostHandlers(parts), { isInEnvelope: true });
    }

    #foldersChanged(): void {
        this.#list.forgetFolders();
        this.#publisher.poke();
    }

    #dockerChanged(): void {
        this.#list.forgetProjects();
        this.#terminals.live.dockerChanged();
        this.#publisher.poke();
    }

    #inBackground(work: Promise<unknown>): void {
        work.catch((err: unknown) => this.#options.logger.error({ err }, "a client could not be told the news"));
    }

    async #close(): Promise<void> {
        const { logger } = this.#options;
        this.#dispatcher.close();
        this.#sockets.announceClosing();
        this.#hub.close();
        const isClosed = new Promise<void>((resolve) => this.#web.close(() => resolve()));
        this.#watcher.stop();
        this.#publisher.stop();
        const handlers = this.#closeHandlers.map(async (stop) => {
            await stop().catch((err: unknown) => logger.error({ err }, "a part did not stop cleanly"));
        });
        const quiet = Promise.all([...handlers, this.#locks.idle(), this.#sockets.idle()]);
        const isQuiet = await this.#within(this.#options.closeLimitMs ?? CLOSE_LIMIT_MS, quiet);
        if (!isQuiet) {
            logger.warn({}, "something was still running when the server had to stop; it is ended now");
        }
        this.#stopping.abort(new Error("The server is stopping."));
        await this.#terminals.close();
        // A closing socket drops what it has not sent yet.
        await this.#options.clock.sleep(LAST_WORDS_MS);
        // Closing the sockets waits for the HTTP server, which waits for requests that may never end.
        const socketsClosed = this.#sockets.close();
        await this.#within(HANG_UP_MS, socketsClosed);
        this.#web.closeAllConnections();
        await Promise.all([socketsClosed, isClosed]);
    }

    /** True when the work was done in time. */
    async #within(ms: number, work: Promise<unknown>): Promise<boolean> {
        const enough = new AbortController();
        const limit = this.#options.clock.sleep(ms, enough.signal).then(
            () => false,
            () => true,
        );
        try {
            return await Promise.race([work.then(() => true), limit]);
        } finally {
            enough.abort();
        }
    }
}
