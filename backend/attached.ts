import path from "node:path";
import { loadConfig } from "./config.ts";
import { DeployError } from "./domain/errors.ts";
import { layFoundation, type Foundation } from "./foundation.ts";
import { createGitDeploy } from "./git-deploy.ts";
import { DockgeHost } from "./host/dockge/dockge-host.ts";
import type { Dockge, DockgeServer } from "./host/dockge/dockge-seams.ts";
import type { Page } from "./host/dockge/page.ts";
import { createLogger } from "./log.ts";
import { readVersion } from "./version.ts";

export interface Attachment {
    /** Takes no more calls, lets the core stop, gives the data folder back. */
    close(): Promise<void>;
}

export interface AttachOptions {
    dockge: Dockge;
    /** It listens already, and has migrated its database. */
    server: DockgeServer;
    page: Page | null;
    /** Aborted when Dockge could not wait any longer. */
    limit: AbortSignal;
    /** Runs what is given and lets in what has waited for us. */
    enter: (attach: () => void) => void;
}

/** The composition of the attached host. @throws ConfigError and what keeps the core from starting; Dockge is then as it was before */
export async function attachTo({ dockge, server, page, limit, enter }: AttachOptions): Promise<Attachment> {
    // Dockge also takes these from its command line.
    const config = { ...loadConfig(), dataDirectory: path.resolve(server.config.dataDir), stacksDirectory: path.resolve(server.stacksDir) };
    const logger = createLogger(config.logLevel);
    const foundation: Foundation = await layFoundation(config, logger);
    try {
        const { clock, random, stores } = foundation;
        const host = new DockgeHost({ dockge, server, config, users: stores.users, audit: stores.audit, logger, clock, random, page });
        const version = readVersion();
        const gitDeploy = createGitDeploy(foundation, host, version);
        if (limit.aborted) {
            throw new DeployError("STORE_UNAVAILABLE", "Its database could not be prepared in time.");
        }
        await openAgentPasswords(foundation);
        enter(() => host.attach());
        gitDeploy.start().catch((err: unknown) => logger.error({ err }, "Git Deploy could not take up its work"));
        logger.info({ version, dockge: server.packageJSON?.version }, "Git Deploy is attached to Dockge");
        return {
            close: once(async () => {
                await host.close();
                await foundation.close();
            }),
        };
    } catch (error) {
        await foundation.close().catch(() => undefined);
        throw error;
    }
}

/** Our own server seals them, and Dockge, whose agents they are here, reads only plain text. */
async function openAgentPasswords({ stores, logger }: Foundation): Promise<void> {
    const count = await stores.agents.unsealPasswords();
    if (count > 0) {
        logger.warn({ count }, "passwords of agents are plain text in the database again, as Dockge needs them");
    }
}

function once(run: () => Promise<void>): () => Promise<void> {
    let running: Promise<void> | null = null;
    return () => (running ??= run());
}
