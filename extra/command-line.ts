import { ConfigError, loadConfig, readEnvFile, type Config } from "../backend/config.ts";
import { DeployError } from "../backend/domain/errors.ts";

/** Wrong use of one of our commands; its message says how it is used. */
export class UsageError extends Error {}

/** Runs a command: results go to standard output, what is wrong to standard error with exit code 1 (2 for wrong use). */
export async function runCommand(command: (config: Config) => Promise<void>): Promise<void> {
    try {
        readEnvFile();
        await command(loadConfig());
    } catch (error) {
        if (error instanceof UsageError || error instanceof ConfigError) {
            console.error(error.message);
            process.exitCode = 2;
        } else if (error instanceof DeployError) {
            console.error(`${error.message} (${error.code})`);
            process.exitCode = 1;
        } else {
            console.error(error);
            process.exitCode = 1;
        }
    }
}
