import { BesideContainer } from "./adapters/docker/beside-container.ts";
import { ComposeBeside } from "./adapters/docker/compose-beside.ts";
import type { Config } from "./config.ts";
import type { Logger } from "./domain/ports.ts";
import { layFoundation } from "./foundation.ts";
import { createGitDeploy } from "./git-deploy.ts";
import { StandaloneHost } from "./host/standalone/standalone-host.ts";

export interface StandaloneServer {
    port: number;
    /** Lets what runs end (30 s at most), then gives the data folder back. */
    close(): Promise<void>;
}

/**
 * The composition of the standalone server, which answers when this resolves.
 * @param pages another folder of built pages than our own @throws DATA_DIR_LOCKED, SECRET_KEY_INVALID, PORT_IN_USE, TLS_CERTIFICATE_INVALID
 */
export async function startStandalone(config: Config, logger: Logger, version: string, pages: { pagesDirectory?: string } = {}): Promise<StandaloneServer> {
    const foundation = await layFoundation(config, logger);
    const { clock, random, docker, terminals, stackFolder, stores } = foundation;
    const compose = new ComposeBeside({ compose: foundation.compose, docker, beside: new BesideContainer(config) });
    const host = new StandaloneHost({ config, logger, clock, random, compose, doesComposeOutliveUs: true, docker, terminals, stackFolder, version, ...pages, ...stores });
    const gitDeploy = createGitDeploy(foundation, host, version);
    const { port } = await host.listen();
    await gitDeploy.start();
    return {
        port,
        close: async () => {
            await host.close();
            await foundation.close();
        },
    };
}
