import fs from "node:fs/promises";
import path from "node:path";
import sqlite3 from "sqlite3";
import { DeployError } from "../domain/errors.ts";

const LOCK_FILE = "server.lock";

export interface DataDirectoryLock {
    release(): Promise<void>;
}

/**
 * Keeps a second server off the same data folder. The lock is an SQLite file held in an exclusive transaction: the operating system drops it
 * with the process however that ends, so there is never a stale lock to remove by hand. Short-lived programs such as `api-token` do not take it.
 * @throws DATA_DIR_LOCKED, DATA_DIR_READ_ONLY
 */
export async function lockDataDirectory(dataDirectory: string): Promise<DataDirectoryLock> {
    const directory = path.join(dataDirectory, "git-deploy");
    await requireWritable(dataDirectory, directory);
    const database = await open(path.join(directory, LOCK_FILE));
    try {
        database.configure("busyTimeout", 0);
        await run(database, "PRAGMA journal_mode=MEMORY");
        await run(database, "BEGIN EXCLUSIVE");
    } catch (error) {
        await close(database);
        if ((error as { code?: unknown }).code === "SQLITE_BUSY") {
            throw new DeployError("DATA_DIR_LOCKED", `Another server uses ${dataDirectory} already. Stop it, or give this one a data folder of its own (DOCKGE_DATA_DIR).`, { cause: error });
        }
        throw error;
    }
    return { release: async () => await close(database) };
}

/** @throws DATA_DIR_READ_ONLY */
async function requireWritable(dataDirectory: string, directory: string): Promise<void> {
    try {
        await fs.mkdir(directory, { recursive: true, mode: 0o700 });
        await fs.access(directory, fs.constants.W_OK);
    } catch (error) {
        // On a read-only file system Node says ENOENT for a folder that it cannot make.
        const refused = await fs.access(dataDirectory, fs.constants.W_OK).then(() => error, (reason: unknown) => reason);
        const { code } = refused as NodeJS.ErrnoException;
        if (code === "EROFS" || code === "EACCES" || code === "EPERM") {
            throw new DeployError("DATA_DIR_READ_ONLY", `The data folder ${dataDirectory} cannot be written. Mount it writable and give it to the user that this server runs as, or name another folder (DOCKGE_DATA_DIR).`, { cause: error });
        }
        throw error;
    }
}

async function open(file: string): Promise<sqlite3.Database> {
    return await new Promise((resolve, reject) => {
        const database: sqlite3.Database = new sqlite3.Database(file, (error) => (error === null ? resolve(database) : reject(error)));
    });
}

async function run(database: sqlite3.Database, sql: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
        database.exec(sql, (error) => (error === null ? resolve() : reject(error)));
    });
}

async function close(database: sqlite3.Database): Promise<void> {
    await new Promise<void>((resolve, reject) => {
        database.close((error) => (error === null ? resolve() : reject(error)));
    });
}
