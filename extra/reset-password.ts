import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import bcrypt from "bcryptjs";
import { SqliteAccountSecurityStore } from "../backend/store/account-security-store.ts";
import { SqliteAuditLog } from "../backend/store/audit-log.ts";
import { Beans } from "../backend/store/beans.ts";
import { SqliteLoginSessionStore } from "../backend/store/login-session-store.ts";
import { SqliteUserStore } from "../backend/store/user-store.ts";
import { systemClock } from "../backend/clock.ts";
import type { Vault } from "../backend/domain/ports.ts";
import { systemRandom } from "../backend/random.ts";
import { openDatabase } from "../db/database.ts";
import { runCommand, UsageError } from "./command-line.ts";

/**
 * `npm run reset-password`: a new password for the user. It is asked for on a terminal, else read from standard input:
 * an argument would show in the list of processes. Every session ends within half a minute, also while the server runs.
 * With `--disable-2fa` the second factor is turned off as well, and with `--keep-password` nothing but that happens.
 */

const USAGE = `Usage:
  npm run reset-password -- [--username <name>] [--disable-2fa]          asks for the new password
  echo "$NEW" | npm run reset-password -- [--username <name>] [--disable-2fa]
  npm run reset-password -- [--username <name>] --disable-2fa --keep-password`;

/** As Dockge hashes. */
const BCRYPT_ROUNDS = 10;
const SHORTEST = 6;
/** bcrypt looks at no more than this. */
const LONGEST_BYTES = 72;

/** Nothing is sealed or opened here: this has to work without the key, too. */
const NO_VAULT: Vault = {
    seal: () => {
        throw new Error("Nothing is sealed here.");
    },
    open: () => {
        throw new Error("Nothing is opened here.");
    },
    isStale: () => false,
};

await runCommand(async (config) => {
    const { username, isTwoFactorOff, isPasswordKept } = readOptions();
    const database = await openDatabase({ directory: config.dataDirectory });
    try {
        await database.migrate();
        const users = new SqliteUserStore(database.knex, new Beans(database.knex));
        const user = username === undefined ? await users.first() : await users.findByName(username);
        if (user === null) {
            throw new UsageError(username === undefined ? "There is no user yet. Open the page and set one up." : `There is no user ${username}.`);
        }
        const audit = new SqliteAuditLog(database.knex, systemClock, systemRandom);
        const note = async (action: string) => await audit.append({ actor: { kind: "system", name: "command line", address: null }, action, stackId: null, subject: user.username, details: {} });
        if (!isPasswordKept) {
            const password = await readPassword(user.username);
            if (password.length < SHORTEST || Buffer.byteLength(password) > LONGEST_BYTES) {
                throw new UsageError(`A password has at least ${SHORTEST} characters and at most ${LONGEST_BYTES} bytes.`);
            }
            await users.updatePassword(user.id, await bcrypt.hash(password, BCRYPT_ROUNDS));
            await note("user.reset-password");
            console.log(`The password of ${user.username} was changed.`);
        }
        const security = new SqliteAccountSecurityStore({ knex: database.knex, vault: NO_VAULT, random: systemRandom });
        if (isTwoFactorOff) {
            await security.disableTwoFactor(user.id);
            await note("two-factor.disable");
            console.log(`Two-factor log-in of ${user.username} is off.`);
        } else if ((await security.byUser(user.id)).twoFactorSince !== null) {
            console.log("Two-factor log-in stays on. When the authenticator is lost as well, add --disable-2fa.");
        }
        const now = systemClock.now();
        await security.setSignedOutBefore(user.id, now);
        const ended = await new SqliteLoginSessionStore(database.knex).endOthers(user.id, null, now);
        console.log(`Sessions ended: ${ended.length}.`);
    } finally {
        await database.close();
    }
});

function readOptions(): { username: string | undefined; isTwoFactorOff: boolean; isPasswordKept: boolean } {
    try {
        const { values } = parseArgs({ options: { username: { type: "string" }, "disable-2fa": { type: "boolean", default: false }, "keep-password": { type: "boolean", default: false } } });
        const [isTwoFactorOff, isPasswordKept] = [values["disable-2fa"], values["keep-password"]];
        if (isPasswordKept && !isTwoFactorOff) {
            throw new UsageError("With --keep-password and without --disable-2fa there is nothing to do.");
        }
        return { username: values.username, isTwoFactorOff, isPasswordKept };
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
