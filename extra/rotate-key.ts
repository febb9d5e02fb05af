import path from "node:path";
import { lockDataDirectory } from "../backend/adapters/data-directory-lock.ts";
import { resealAll } from "../backend/store/sealed-columns.ts";
import { existingFileKeys, forgetPreviousKeyFile, rotateKeyFile } from "../backend/vault/secret-key.ts";
import { loadVault } from "../backend/vault/vault.ts";
import { openDatabase } from "../db/database.ts";
import { runCommand } from "./command-line.ts";

/**
 * `npm run rotate-key`: makes a new key and seals every stored secret anew with it. The server must not run, as it would go on with the old key.
 * With GIT_DEPLOY_SECRET_KEY the new key is the one in the settings, and the old one stands in GIT_DEPLOY_PREVIOUS_SECRET_KEYS.
 * Interrupted at any point, it is simply run again: until all is sealed anew, the old key stays beside the new one.
 */
await runCommand(async (config) => {
    const directory = path.join(config.dataDirectory, "git-deploy");
    const lock = await lockDataDirectory(config.dataDirectory);
    try {
        // Two files: an earlier rotation did not come to its end, and this one finishes it.
        if (config.secretKey === undefined && existingFileKeys(directory).length === 1) {
            rotateKeyFile(directory);
        }
        const vault = loadVault({ directory, secretKey: config.secretKey, previousSecretKeys: config.previousSecretKeys });
        const database = await openDatabase({ directory: config.dataDirectory });
        try {
            await database.migrate();
            const count = await resealAll(database.knex, vault);
            console.log(`${count} ${count === 1 ? "secret was" : "secrets were"} sealed anew.`);
        } finally {
            await database.close();
        }
        if (config.secretKey === undefined) {
            forgetPreviousKeyFile(directory);
            console.log("The former key is deleted.");
        } else {
            console.log("Remove the former key from GIT_DEPLOY_PREVIOUS_SECRET_KEYS now.");
        }
    } finally {
        await lock.release();
    }
});
