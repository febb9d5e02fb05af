import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import bcrypt from "bcryptjs";
import { SqliteAuditLog } from "../backend/store/audit-log.ts";
import { Beans } from "../backend/store/beans.ts";
import { SqliteUserStore } from "../backend/store/user-store.ts";
import { systemClock } from "../backend/clock.ts";
import { systemRandom } from "../backend/random.ts";
import { openDatabase } from "../db/database.ts";
import { runCommand, UsageError } from "./command-line.ts";

/**
 * `npm run reset-password`: a new password for the user. It is asked for on a terminal, else read from standard input:
 * an argument would show in the list of processes. Every login of before ends, as its token names the old password's hash.
 */

const USAGE = `Usage:
  npm run reset-password -- [--username <name>]          asks for the new password
  echo "$NEW" | npm run reset-password -- [--username <name>]`;

/** As Dockge hashes. */
const BCRYPT_ROUNDS = 10;
const SHORTEST = 6;
/** bcrypt looks at no more than this. */
const LONGEST_BYTES = 72;

await runCommand(async (config) => {
    const username = readUsername();
    const database = await openDatabase({ directory: config.dataDirectory });
    try {
        await database.migrate();
        const users = new SqliteUserStore(database.knex, new Beans(database.knex));
        const user = username === undefined ? await users.first() : await users.findByName(username);
        if (user === null) {
            throw new UsageError(username === undefined ? "There is no user yet. Open the page and set one up." : `There is no user ${username}.`);
        }
        const password = await readPassword(user.username);
        if (password.length < SHORTEST || Buffer.byteLength(password) > LONGEST_BYTES) {
            throw new UsageError(`A password has at least ${SHORTEST} characters and at most ${LONGEST_BYTES} bytes.`);
        }
        await users.updatePassword(user.id, await bcrypt.hash(password, BCRYPT_ROUNDS));
        await new SqliteAuditLog(database.knex, systemClock, systemRandom).append({
            actor: { kind: "system", name: "command line", address: null },
            action: "user.reset-password",
            stackId: null,
            subject: user.username,
            details: {},
        });
        console.log(`The password of ${user.username} was changed.`);
    } finally {
        await database.close();
    }
});

function readUsername(): string | undefined {
    try {
        return parseArgs({ options: { username: { type: "string" } } }).values.username;
    } catch (error) {
        throw new UsageError(`${(error as Error).message}\n${USAGE}`);
    }
}

async function readPassword(username: string): Promise<string> {
    if (!process.stdin.isTTY) {
        return (await text(process.stdin)).replace(/\r?\n$/, "");
    }
    const first = await ask(`New password for ${username}: `);
    if ((await ask("Once more: ")) !== first) {
        throw new UsageError("The two are not the same. Nothing was changed.");
    }
    return first;
}

/** Shows the question and not what is typed. */
async function ask(question: string): Promise<string> {
    process.stderr.write(question);
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
    const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
    try {
        return await lines.question("");
    } finally {
        lines.close();
        process.stderr.write("\n");
    }
}
