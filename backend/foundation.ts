import path from "node:path";
import { openDatabase, type Database } from "../db/database.ts";
import { lockDataDirectory, type DataDirectoryLock } from "./adapters/data-directory-lock.ts";
import { ComposeCli } from "./adapters/docker/compose-cli.ts";
import { DockerEngine } from "./adapters/docker/docker-engine.ts";
import { dockerEnvironment, type DockerCliSettings } from "./adapters/docker/docker-environment.ts";
import { DockerTerminals } from "./adapters/docker/docker-terminals.ts";
import { recordPrograms } from "./adapters/exec.ts";
import { LocalPty } from "./adapters/local-pty.ts";
import { RunningPrograms } from "./adapters/running-programs.ts";
import { StackFolderFiles } from "./adapters/stack-folder/stack-folder.ts";
import { systemClock } from "./clock.ts";
import type { Config } from "./config.ts";
import type { AuditLog, Logger, Random } from "./domain/ports.ts";
import type { TerminalPorts } from "./host/standalone/terminals/terminals.ts";
import { systemRandom } from "./random.ts";
import { countSealed } from "./store/sealed-columns.ts";
import { createStores, type Stores } from "./store/stores.ts";
import { loadVault } from "./vault/vault.ts";

/** What both hosts need before there is a core: the database and the Engine. */
export interface Foundation {
    config: Config;
    logger: Logger;
    clock: typeof systemClock;
    random: Random;
    database: Database;
    stores: Stores;
    docker: DockerEngine;
    compose: ComposeCli;
    terminals: TerminalPorts;
    stackFolder: StackFolderFiles;
    programs: RunningPrograms;
    /** Gives the data folder back. Call it last. */
    close(): Promise<void>;
}

/** Takes the data folder, opens and migrates the database. @throws DATA_DIR_LOCKED, SECRET_KEY_INVALID */
export async function layFoundation(config: Config, logger: Logger): Promise<Foundation> {
    const lock: DataDirectoryLock = await lockDataDirectory(config.dataDirectory);
    try {
        const database = await openDatabase({ directory: config.dataDirectory });
        await database.migrate();
        const vault = loadVault({ directory: ownDirectory(config), secretKey: config.secretKey, previousSecretKeys: config.previousSecretKeys });
        const { sealed, unreadable } = await countSealed(database.knex, vault);
        if (unreadable > 0) {
            logger.warn({ unreadable, sealed }, `${unreadable} of ${sealed} stored secrets cannot be opened with the secret key there is: put the former key into GIT_DEPLOY_PREVIOUS_SECRET_KEYS, or see "The key is lost" in docs/operations.md`);
        }
        const programs = new RunningPrograms({ directory: ownDirectory(config, "programs"), random: systemRandom });
        recordPrograms(programs);
        const stores = createStores({ knex: database.knex, vault, clock: systemClock, random: systemRandom });
        const engine = { searchPath: config.searchPath, dockerSocket: config.dockerSocket };
        const stackFolder = new StackFolderFiles({ stacksDirectory: config.stacksDirectory, dataDirectory: config.dataDirectory, backupsDirectory: ownDirectory(config, "backups"), clock: systemClock, owner: config.stackOwner });
        return {
            config,
            logger,
            clock: systemClock,
            random: systemRandom,
            database,
            stores,
            docker: new DockerEngine(engine),
            compose: new ComposeCli(engine),
            terminals: terminalPorts(config, engine, stores.audit),
            stackFolder,
            programs,
            close: async () => {
                recordPrograms(null);
                await database.close();
                await lock.release();
            },
        };
    } catch (error) {
        recordPrograms(null);
        await lock.release();
        throw error;
    }
}

/** The console is a shell of this machine: it gets what `docker` needs and nothing of the server's own environment, which may hold secrets. */
function terminalPorts(config: Config, engine: DockerCliSettings, audit: AuditLog): TerminalPorts {
    const containers = new DockerTerminals(engine);
    const env = { ...dockerEnvironment(engine), LC_ALL: "C.UTF-8" };
    return { pty: new LocalPty(), shells: containers, logs: containers, audit, console: { isEnabled: config.isConsoleEnabled, directory: config.stacksDirectory, env } };
}

/** In the data folder, what is ours and not Dockge's. */
export function ownDirectory(config: Pick<Config, "dataDirectory">, ...names: string[]): string {
    return path.join(config.dataDirectory, "git-deploy", ...names);
}
