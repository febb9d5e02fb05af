import fs from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Knex } from "knex";

const MIGRATION_FILE = /^(\d{14}_[\w-]+)\.(ts|js)$/;

/**
 * The files of `migrations/`. Names are recorded without their extension, so that a database which the TypeScript sources migrated
 * is opened by the compiled server too.
 */
export class FileMigrationSource implements Knex.MigrationSource<string> {
    readonly #directory: string;

    constructor(directory: string) {
        this.#directory = directory;
    }

    async getMigrations(): Promise<string[]> {
        const files = await fs.readdir(this.#directory);
        return files.filter((file) => MIGRATION_FILE.test(file)).sort();
    }

    getMigrationName(file: string): string {
        return file.replace(MIGRATION_FILE, "$1");
    }

    async getMigration(file: string): Promise<Knex.Migration> {
        return (await import(pathToFileURL(path.join(this.#directory, file)).href)) as Knex.Migration;
    }
}
