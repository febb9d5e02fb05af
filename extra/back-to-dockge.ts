import path from "node:path";
import { lockDataDirectory } from "../backend/adapters/data-directory-lock.ts";
import { SqliteAgentStore } from "../backend/store/agent-store.ts";
import { loadVault } from "../backend/vault/vault.ts";
import { openDatabase } from "../db/database.ts";
import { runCommand } from "./command-line.ts";

/**
 * `npm run back-to-dockge`: writes the passwords of agents into the database as Dockge itself reads them, in plain text. For whoever goes back
 * to a Dockge without us; everything else is as Dockge left it. The server must not run, as it would seal them again.
 */
await runCommand(async (config) => {
    const lock = await lockDataDirectory(config.dataDirectory);
    try {
        const vault = loadVault({ directory: path.join(config.dataDirectory, "git-deploy"), secretKey: config.secretKey, previousSecretKeys: config.previousSecretKeys });
        const database = await openDatabase({ directory: config.dataDirectory });
        try {
            const agents = new SqliteAgentStore(database.knex, vault);
            const unreadable = (await agents.list()).filter(({ password }) => password === null);
            const count = await agents.unsealPasswords();
            const done = count === 0 ? "There was nothing to change: no password of an agent is encrypted." : `${count} ${count === 1 ? "password of an agent is" : "passwords of agents are"} plain text now.`;
            console.log(`${unreadable.length === 0 || count > 0 ? `${done} ` : ""}Start Dockge on this folder.`);
            for (const { url } of unreadable) {
                console.error(`The password of ${url} cannot be read with this key: remove the agent in Dockge and add it again.`);
            }
        } finally {
            await database.close();
        }
    } finally {
        await lock.release();
    }
});
