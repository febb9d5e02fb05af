import path from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigError, loadConfig, type Config } from "./config.ts";
import { DeployError } from "./domain/errors.ts";
import type { Logger } from "./domain/ports.ts";
import { createGitDeploy, layFoundation, type Foundation } from "./git-deploy.ts";
import { beforeListening } from "./host/dockge/before-listening.ts";
import { DockgeHost } from "./host/dockge/dockge-host.ts";
import { DockgeUnfamiliarError, importDockge, requireFamiliar, type Dockge, type DockgeServer } from "./host/dockge/dockge-seams.ts";
import { builtFiles } from "./host/http/built-files.ts";
import { createLogger } from "./log.ts";
import { readVersion } from "./version.ts";

/** Dockge must come up soon, with us or without. */
const PREPARE_LIMIT_MS = 30_000;

/**
 * Starts Dockge in its own folder, which is the working directory, with our part in it. Whatever is wrong with us or between us is said in one
 * line, and Dockge then runs as if we were not there.
 */
async function main(): Promise<void> {
    const root = process.cwd();
    await learnTypeScript();
    const settings = readSettings();
    const logger = createLogger(settings.config?.logLevel ?? "info");
    let dockge: Dockge;
    try {
        dockge = await importDockge(root);
    } catch (error) {
        leaveAlone(logger, error);
        await import(pathToFileURL(path.join(root, "backend", "index.ts")).href);
        return;
    }
    const server = dockge.createServer();
    try {
        if (settings.config === null) {
            throw settings.problem;
        }
        requireFamiliar(dockge, server);
        join(dockge, server, settings.config, logger);
    } catch (error) {
        leaveAlone(logger, error);
    }
    await server.serve();
}

/** Dockge is started from its TypeScript sources, by the program `tsx`; this entry brings it along. */
async function learnTypeScript(): Promise<void> {
    if (process.execArgv.some((argument) => argument.includes("tsx"))) {
        return;
    }
    (await import("tsx/cjs/api")).register();
    (await import("tsx/esm/api")).register();
}

function readSettings(): { config: Config } | { config: null; problem: unknown } {
    try {
        return { config: loadConfig() };
    } catch (problem) {
        return { config: null, problem };
    }
}

function join(dockge: Dockge, server: DockgeServer, settings: Config, logger: Logger): void {
    // Dockge also takes these from its command line.
    const config = { ...settings, dataDirectory: path.resolve(server.config.dataDir), stacksDirectory: path.resolve(server.stacksDir) };
    let stop = () => Promise.resolve();
    beforeListening(server.httpServer, PREPARE_LIMIT_MS, async (isTooLate) => {
        stop = await attach(dockge, server, config, logger, isTooLate);
        // Dockge waits up to 30 s for browsers to hang up before it stops anything; our builds need not wait for them.
        // Not earlier than here: until Dockge listens to signals itself, one has to end the process.
        for (const signal of ["SIGTERM", "SIGINT"] as const) {
            process.once(signal, () => void stop());
        }
    });
    const shutdown = server.shutdownFunction;
    server.shutdownFunction = async (signal) => {
        await stop();
        await shutdown.call(server, signal);
    };
}

/** @returns what stops us again; never rejects */
async function attach(dockge: Dockge, server: DockgeServer, config: Config, logger: Logger, isTooLate: AbortSignal): Promise<() => Promise<void>> {
    let foundation: Foundation | null = null;
    try {
        const laid = await layFoundation(config, logger);
        foundation = laid;
        const { clock, random, stores } = laid;
        const host = new DockgeHost({ dockge, server, config, users: stores.users, logger, clock, random, pagesDirectory: builtFiles("embed") });
        const version = readVersion();
        const gitDeploy = createGitDeploy(laid, host, version);
        if (isTooLate.aborted) {
            throw new DeployError("STORE_UNAVAILABLE", `Its database could not be prepared within ${PREPARE_LIMIT_MS / 1000} seconds.`);
        }
        host.attach();
        server.httpServer.once("listening", () => {
            gitDeploy.start().catch((err: unknown) => logger.error({ err }, "Git Deploy could not take up its work"));
        });
        logger.info({ version, dockge: server.packageJSON?.version }, "Git Deploy is attached to Dockge");
        return once(async () => {
            await host.close();
            await laid.close();
        });
    } catch (error) {
        leaveAlone(logger, error);
        await foundation?.close().catch(() => undefined);
        return () => Promise.resolve();
    }
}

function once(run: () => Promise<void>): () => Promise<void> {
    let running: Promise<void> | null = null;
    return () => (running ??= run());
}

function leaveAlone(logger: Logger, error: unknown): void {
    // These sentences say it all; behind a module that could not be loaded there may be more.
    const isPlain = error instanceof DeployError || error instanceof ConfigError || (error instanceof DockgeUnfamiliarError && error.cause === undefined);
    const why = error instanceof Error ? error.message : String(error);
    logger.error(isPlain ? {} : { err: error }, `Dockge runs without Git Deploy: ${why}`);
}

await main();
