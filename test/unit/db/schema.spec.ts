import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../../db/database.ts";
import { migrationSource } from "../../../db/migration-source.ts";
import { readSchema } from "../../../db/schema.ts";

describe("db/schema.sql", () => {
    it("is what the migrations make; `npm run db:schema` writes it", async () => {
        const directory = await fs.mkdtemp(path.join(os.tmpdir(), "git-deploy-schema-"));
        const database = await openDatabase({ directory });
        try {
            await database.migrate();
            expect(await fs.readFile(path.join(import.meta.dirname, "../../../db/schema.sql"), "utf8")).toBe(await readSchema(database.knex));
        } finally {
            await database.close();
            await fs.rm(directory, { recursive: true });
        }
    });
});

describe("the list of migrations", () => {
    it("has every file of the folder, in the order of their names", async () => {
        const files = (await fs.readdir(path.join(import.meta.dirname, "../../../db/migrations"))).sort();
        const listed = await migrationSource.getMigrations([]);
        expect(listed.map((migration) => `${migrationSource.getMigrationName(migration)}.ts`)).toEqual(files);
    });
});
