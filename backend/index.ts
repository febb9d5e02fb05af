import { CliError, helpText, parseCli } from "./cli-options.ts";
import { ConfigError, loadConfig, readEnvFile, type Config } from "./config.ts";
import { DeployError } from "./domain/errors.ts";
import { createLogger } from "./log.ts";
import { startStandalone } from "./standalone.ts";
import { readVersion } from "./version.ts";

/** The standalone server. */
async function main(): Promise<void> {
    const argv = process.argv.slice(2);
    const { isHelpWanted, isVersionWanted } = parseCli(argv);
    if (isHelpWanted || isVersionWanted) {
        console.log(isHelpWanted ? helpText() : readVersion());
        return;
    }
    readEnvFile();
    const config = loadConfig(process.env, argv);
    const logger = createLogger(config.logLevel);
    if (config.stackOwner !== undefined && process.getuid?.() !== 0) {
        logger.warn({}, "PUID and PGID are set, but only root can give files to others; what is written into stacks belongs to the user that this server runs as");
    }
    const version = readVersion();
    const server = await startStandalone(config, logger, version);
    const { port } = server;
    logger.info({ port, dataDirectory: config.dataDirectory, stacksDirectory: config.stacksDirectory, version }, `listening on ${addressOf(config, port)}`);

    let isStopping = false;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
        process.on(signal, () => {
            if (isStopping) {
                return;
            }
            isStopping = true;
            logger.info({ signal }, "stopping: builds are left to the next start, a release in progress is finished");
            server.close().then(
                () => process.exit(0),
                (error: unknown) => {
                    logger.error({ error }, "the server did not stop cleanly");
                    process.exit(1);
                },
            );
        });
    }
}

/** To be clicked in a terminal; a server that listens on every address is at least here. */
function addressOf({ hostname, tls }: Config, port: number): string {
    const name = hostname === undefined || ["0.0.0.0", "::"].includes(hostname) ? "localhost" : hostname.includes(":") ? `[${hostname}]` : hostname;
    return `${tls === null ? "http" : "https"}://${name}:${port}`;
}

try {
    await main();
} catch (error) {
    if (error instanceof CliError) {
        console.error(error.message);
        process.exit(2);
    }
    if (error instanceof ConfigError) {
        console.error(`The settings are not right:\n${error.message}`);
        process.exit(2);
    }
    if (error instanceof DeployError) {
        console.error(`${error.code}: ${error.message}`);
        process.exit(1);
    }
    throw error;
}
