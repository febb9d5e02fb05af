import type { Server } from "node:http";
import type { StackGitFields } from "../../../common/views.ts";
import type { PushName, Pushes, Result } from "../../../common/wire.ts";
import type { Config } from "../../config.ts";
import type { Random } from "../../domain/ports.ts";
import type { Host, HostStacks, HostUser, RawHandler } from "../host.ts";
import { builtFiles } from "../http/built-files.ts";
import { largeBodiesIn } from "../http/large-bodies.ts";
import { RouteTable, type Method } from "../http/route-table.ts";
import { isDoneWithin } from "../in-time.ts";
import { LogFollowers } from "../log-followers.ts";
import { StackFiles } from "../stacks/stack-files.ts";
import { Accounts, type AccountConfig, type AccountStores } from "./accounts/accounts.ts";
import { Hub, type HubParts } from "./agents/hub.ts";
import { ClientTrust } from "./client-trust.ts";
import { Dispatcher } from "./dispatcher.ts";
import { Greeting } from "./greeting.ts";
import { makeFolder } from "./make-folder.ts";
import { LOGGED_IN_ROOM, type Session } from "./session.ts";
import { Sockets } from "./sockets.ts";
import { StackList } from "./stacks/stack-list.ts";
import { Stacks, type StacksParts } from "./stacks/stacks.ts";
import { Terminals, type TerminalPorts } from "./terminals/terminals.ts";
import type { CertificateKeeper } from "./tls/certificate-keeper.ts";
import { certificateKeeper } from "./tls/certificate-source.ts";
import { createWebServer, listenOn } from "./web-server.ts";

/** How long a stop waits for what is under way. */
const CLOSE_LIMIT_MS = 30_000;
/** For the last answers to leave. */
const LAST_WORDS_MS = 50;
/** For clients to hang up when they are asked to. */
const HANG_UP_MS = 500;
const BODY_TIMEOUT_MS = 60_000;

export interface StandaloneHostOptions
    extends AccountStores, Pick<HubParts, "agents" | "connect">, Pick<StacksParts, "compose" | "doesComposeOutliveUs" | "docker" | "stackFolder" | "clock" | "logger"> {
    config: Pick<Config, "port" | "hostname" | "dataDirectory" | "stacksDirectory" | "isProxyTrusted" | "isAnyOriginAllowed"> & AccountConfig & Partial<Pick<Config, "stackOwner" | "tls" | "publicUrl">>;
    random: Random;
    terminals: TerminalPorts;
    /** Of this product, shown to people. */
    version?: string;
    /** The built pages. */
    pagesDirectory?: string;
    bodyTimeoutMs?: number;
    closeLimitMs?: number;
}

/** Our own server: what a Dockge user has, in Dockge's protocol, and a home for the core. Its composition is the constructor. */
export class StandaloneHost implements Host {
    readonly paths: { data: string; stacks: string };
    readonly stacks: HostStacks;
    readonly #options: StandaloneHostOptions;
    readonly #routes = new RouteTable();
    readonly #closeHandlers: (() => Promise<void>)[] = [];
    readonly #stopping = new AbortController();
    readonly #trust: ClientTrust;
    readonly #certificate: CertificateKeeper | null;
    readonly #web: Server;
    readonly #dispatcher: Dispatcher;
    readonly #sockets: Sockets;
    readonly #accounts: Accounts;
    readonly #terminals: Terminals;
    readonly #stacks: Stacks;
    readonly #hub: Hub;
    readonly #greeting: Greeting;
    readonly #logFollowers = new LogFollowers<Session>({ isFarBehind: (session) => session.isFarBehind, send: (sessions, piece) => this.#sockets.pushStamped(sessions, "deploymentLog", piece) });
    #closed: Promise<void> | null = null;

    constructor(options: StandaloneHostOptions) {
        this.#options = options;
        const { config, logger, docker, settings, version = "", pagesDirectory = builtFiles("frontend"), bodyTimeoutMs = BODY_TIMEOUT_MS } = options;
        this.paths = { data: config.dataDirectory, stacks: config.stacksDirectory };

        this.#dispatcher = new Dispatcher(logger);
        const trust = new ClientTrust(config, settings);
        this.#trust = trust;
        this.#certificate = certificateKeeper(config, options.clock, logger);
        this.#web = createWebServer(this.#routes, {
            get isProxyTrusted() {
                return trust.isProxyTrusted;
            },
            certificate: this.#certificate,
            bodyTimeoutMs,
            largeBodiesDirectory: largeBodiesIn(config.dataDirectory),
            logger,
            pagesDirectory,
        });
        this.#sockets = new Sockets({ server: this.#web, config: trust, dispatcher: this.#dispatcher, logger, onConnect: (session) => this.#greeting.connected(session), onDisconnect: (session) => this.#accounts.disconnected(session) });

        const files = new StackFiles(config.stacksDirectory, config.stackOwner);
        const list = new StackList({ files, docker, logger });
        const audience = () => this.#sockets.in(LOGGED_IN_ROOM);
        this.#accounts = new Accounts({
            ...options,
            files,
            connections: () => this.#sockets.all(),
            welcome: (session) => this.#inBackground(this.#greeting.loggedIn(session)),
            settingsChanged: () => {
                this.#inBackground(trust.load());
                audience().forEach((session) => this.#inBackground(this.#greeting.info(session)));
            },
        });
        this.#terminals = new Terminals({
            ...options,
            ...options.terminals,
            // Of stacks of this host only: other projects on the Engine are shown, and not touched.
            projectOf: async (stack) => {
                await files.require(stack);
                return await list.requireProjectOf(stack);
            },
        });
        this.#stacks = new Stacks({ ...options, files, list, terminals: this.#terminals, audience, sendList: (sessions, push) => this.#sockets.pushAgent(sessions, "stackList", push), primaryHostname: (endpoint) => this.#greeting.primaryHostname(endpoint), signal: this.#stopping.signal });
        this.stacks = this.#stacks.forCore;
        this.#hub = new Hub(options);
        this.#greeting = new Greeting({ auth: this.#accounts.auth, settings, stacks: this.#stacks, version, hub: this.#hub });
        for (const part of [this.#accounts, this.#hub, this.#terminals, this.#stacks]) {
            part.register(this.#dispatcher);
        }
    }

    /** Prepares the folders and the signing key, then answers the first request. @throws PORT_IN_USE */
    async listen(): Promise<{ port: number }> {
        const { config } = this.#options;
        await makeFolder(config.dataDirectory, "DOCKGE_DATA_DIR");
        await makeFolder(config.stacksDirectory, "DOCKGE_STACKS_DIR");
        await this.#accounts.start(this.#stopping.signal);
        await this.#trust.load();
        await this.#hub.start();
        await this.#certificate?.start(this.#stopping.signal);
        const port = await listenOn(this.#web, config.port, config.hostname);
        await this.#stacks.watch();
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
        if (audience !== undefined && "offset" in payload) {
            this.#logFollowers.publish(payload);
            return;
        }
        this.#sockets.pushStamped(this.#sockets.in(LOGGED_IN_ROOM), event, payload);
    }

    joinLog(connectionId: string, deploymentId: string): void {
        const session = this.#sockets.byId(connectionId);
        if (session !== undefined && this.#logFollowers.join(session, deploymentId)) {
            session.onLeave(() => this.#logFollowers.leaveAll(connectionId));
        }
    }

    leaveLog(connectionId: string, deploymentId: string): void {
        this.#logFollowers.leave(connectionId, deploymentId);
    }

    async exclusive<T>(stack: string, purpose: string, run: () => Promise<T>): Promise<T> {
        return await this.#stacks.exclusive(stack, purpose, run);
    }

    extendStacks(provide: (names: string[]) => Promise<Map<string, StackGitFields>>): void {
        this.#stacks.extendWith(provide);
    }

    onStackDelete(handler: (stack: string) => Promise<void>): void {
        this.#stacks.onDelete(handler);
    }

    stackChanged(stack: string): void {
        this.#stacks.changed(stack);
    }

    listChanged(): void {
        this.#stacks.listChanged();
    }

    progress(stack: string, text: string): void {
        this.#terminals.progress.write(stack, text);
    }

    onClose(stop: () => Promise<void>): void {
        this.#closeHandlers.push(stop);
    }

    #inBackground(work: Promise<unknown>): void {
        work.catch((err: unknown) => this.#options.logger.error({ err }, "a client could not be told the news"));
    }

    async #close(): Promise<void> {
        const { logger, clock, closeLimitMs = CLOSE_LIMIT_MS } = this.#options;
        this.#dispatcher.close();
        this.#sockets.announceClosing();
        this.#hub.close();
        const isClosed = new Promise<void>((resolve) => this.#web.close(() => resolve()));
        this.#stacks.stopWatching();
        const handlers = this.#closeHandlers.map(async (stop) => {
            await stop().catch((err: unknown) => logger.error({ err }, "a part did not stop cleanly"));
        });
        const quiet = Promise.all([...handlers, this.#stacks.idle(), this.#sockets.idle()]);
        if (!(await isDoneWithin(closeLimitMs, quiet, clock))) {
            logger.warn({}, "something was still running when the server had to stop; it is ended now");
        }
        this.#stopping.abort(new Error("The server is stopping."));
        await this.#terminals.close();
        // A closing socket drops what it has not sent yet.
        await clock.sleep(LAST_WORDS_MS);
        // Closing the sockets waits for the HTTP server, which waits for requests that may never end.
        const socketsClosed = this.#sockets.close();
        await isDoneWithin(HANG_UP_MS, socketsClosed, clock);
        this.#web.closeAllConnections();
        await Promise.all([socketsClosed, isClosed]);
    }
}
