import { existsSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "../backend/clock.ts";
import type { Config } from "../backend/config.ts";
import { hashApiToken, newApiToken } from "../backend/domain/api-token.ts";
import type { ApiToken } from "../backend/domain/entities.ts";
import { systemRandom } from "../backend/random.ts";
import { SqliteApiTokenStore } from "../backend/store/api-token-store.ts";
import { SqliteAuditLog } from "../backend/store/audit-log.ts";
import { Beans } from "../backend/store/beans.ts";
import { DATABASE_FILE, openDatabase } from "../db/database.ts";
import { runCommand, UsageError } from "./command-line.ts";

/** `npm run api-token`: works beside a running server and on a data folder that is still empty, so it takes no lock. */

const USAGE = `Usage:
  npm run api-token -- create --name <name> [--days <days until it expires>]
  npm run api-token -- list
  npm run api-token -- revoke <id or name>`;

const DAY_MS = 24 * 60 * 60 * 1000;

interface Stores {
    tokens: SqliteApiTokenStore;
    audit: SqliteAuditLog;
}

await runCommand(async (config) => {
    const { positionals, values } = readArguments();
    const [command, target] = positionals;
    if (command === "create" && positionals.length === 1) {
        await withStores(config, (stores) => create(stores, values.name?.trim() ?? "", values.days));
    } else if (command === "list" && positionals.length === 1) {
        await withStores(config, list);
    } else if (command === "revoke" && target !== undefined && positionals.length === 2) {
        await withStores(config, (stores) => revoke(stores, target));
    } else {
        throw new UsageError(USAGE);
    }
});

function readArguments() {
    try {
        return parseArgs({ allowPositionals: true, options: { name: { type: "string" }, days: { type: "string" } } });
    } catch (error) {
        throw new UsageError(`${(error as Error).message}\n${USAGE}`);
    }
}

async function withStores(config: Config, work: (stores: Stores) => Promise<void>): Promise<void> {
    const isNew = !existsSync(path.join(config.dataDirectory, DATABASE_FILE));
    const database = await openDatabase({ directory: config.dataDirectory });
    try {
        await database.migrate();
        if (isNew) {
            process.stderr.write(`No server has used ${path.resolve(config.dataDirectory)} yet: a database was made there. If your server keeps its own elsewhere, name that folder with DOCKGE_DATA_DIR.\n`);
        }
        await work({ tokens: new SqliteApiTokenStore(database.knex, new Beans(database.knex)), audit: new SqliteAuditLog(database.knex, systemClock, systemRandom) });
    } finally {
        await database.close();
    }
}

async function create({ tokens, audit }: Stores, name: string, days: string | undefined): Promise<void> {
    if (name === "" || name.length > 100) {
        throw new UsageError(`Give the token a name of at most 100 characters.\n${USAGE}`);
    }
    if (days !== undefined && !/^[1-9]\d{0,4}$/.test(days)) {
        throw new UsageError(`--days is a whole number of days.\n${USAGE}`);
    }
    const token = newApiToken(systemRandom);
    const now = systemClock.now();
    const row: ApiToken = {
        id: systemRandom.uuid(),
        name,
        hash: hashApiToken(token.reveal()),
        createdAt: now,
        lastUsedAt: null,
        expiresAt: days === undefined ? null : now + Number(days) * DAY_MS,
    };
    await tokens.insert(row);
    await record(audit, "api-token.create", row);
    console.log(token.reveal());
}

async function list({ tokens }: Stores): Promise<void> {
    for (const token of await tokens.all()) {
        console.log([token.id, token.name, `created ${day(token.createdAt)}`, `last used ${day(token.lastUsedAt)}`, `expires ${day(token.expiresAt)}`].join("\t"));
    }
}

async function revoke({ tokens, audit }: Stores, target: string): Promise<void> {
    const matching = (await tokens.all()).filter((token) => token.id === target || token.name === target);
    const [token] = matching;
    if (token === undefined || matching.length > 1) {
        throw new UsageError(token === undefined ? `There is no token ${target}.` : `${matching.length} tokens are named ${target}. Revoke one by its id; \`list\` shows them.`);
    }
    await tokens.remove(token.id);
    await record(audit, "api-token.revoke", token);
    console.log(`Revoked ${token.name} (${token.id}).`);
}

async function record(audit: SqliteAuditLog, action: string, token: ApiToken): Promise<void> {
    await audit.append({ actor: { kind: "system", name: "command line", address: null }, action, stackId: null, subject: token.id, details: { name: token.name } });
}

function day(time: number | null): string {
    return time === null ? "never" : new Date(time).toISOString().slice(0, 10);
}
